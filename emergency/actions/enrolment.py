"""Enrolling an operator's passkey by a link that the console made: looked at, then used once."""

from typing import Any

from accounts.services.sessions import decoded
from emergency.errors import LinkGone, TooManyOperatorPasskeys
from twofactor.errors import CeremonyRefused, PasskeyTaken
from twofactor.services import ceremonies, passkeys
from vault import operator_passkeys, operators
from vault.events import Origin
from vault.operator_passkeys import Invite
from vault.passkeys import Offered

__all__ = [
    "CeremonyRefused",
    "Invite",
    "PasskeyTaken",
    "enrol",
    "find_invite",
    "options_to_enrol",
    "user_handle_for",
]


def find_invite(typed: str) -> Invite:
    """The link that somebody followed or typed, or its part behind the ``#``; changes nothing.

    Raises ``LinkGone``, ``VaultUnavailable``.
    """
    token = decoded(typed.strip().rpartition("#")[2])
    found = operator_passkeys.find_invite(token) if token is not None else None
    # That they are an operator is a row under a MAC of its own.
    if found is None or not operators.is_operator(found.account_id):
        raise LinkGone
    return found


def user_handle_for(invite: Invite) -> bytes:
    """By what authenticators know this operator: the same for all of their passkeys here."""
    return invite.user_handle or ceremonies.new_user_handle()


def options_to_enrol(invite: Invite, challenge: bytes, user_handle: bytes) -> dict[str, Any]:
    """What a browser is asked for to make the passkey, on a device that has none of them yet."""
    return ceremonies.registration_options(
        challenge,
        user_handle=user_handle,
        username=invite.username,
        held=[Offered(credential_id, ()) for credential_id in invite.held],
    )


def enrol(
    invite: Invite, credential: str, challenge: bytes, user_handle: bytes, *, origin: Origin
) -> None:
    """Verifies what a browser has made and stores it, which uses the link up.

    The challenge is spent, whatever comes of it. Raises ``CeremonyRefused`` and its kinds,
    ``PasskeyTaken``, ``TooManyOperatorPasskeys``, ``LinkGone``, ``VaultUnavailable``.
    """
    made = passkeys.made(credential, challenge, user_handle)
    status = operator_passkeys.enrol(invite, made.passkey, name=made.name, origin=origin)
    if status == "exists":
        raise PasskeyTaken
    if status == "full":
        raise TooManyOperatorPasskeys
    if status != "enrolled":
        raise LinkGone
