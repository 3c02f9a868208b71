"""Signing up without a password: a name, a passkey, and recovery codes that were kept."""

from typing import Final

from accounts.errors import SignUpClosed, UsernameLooksAlike, UsernameTaken
from accounts.services.attempts import Attempt
from accounts.services.email_addresses import EmailAddress
from accounts.services.sessions import Origin
from accounts.services.usernames import creatable_username, username_skeletons
from twofactor.errors import PasskeyTaken
from twofactor.services.passkeys import Made
from vault import passkey_accounts
from vault.accounts import prepare
from vault.passkey_accounts import NewKeys

_REFUSALS: Final = {
    "taken": UsernameTaken,
    "alike": UsernameLooksAlike,
    "closed": SignUpClosed,
    "exists": PasskeyTaken,
}


def check_name(typed: str) -> str:
    """The canonical form of a name that could be given out now.

    Raises ``UsernameInvalid`` and its kinds, ``SignUpClosed``, ``VaultUnavailable``.
    """
    name = creatable_username(typed)
    state = passkey_accounts.name_state(name, username_skeletons(name))
    if state != "free":
        raise _REFUSALS[state]
    return name


def register_with_passkey(
    username: str,
    new: Made,
    codes: tuple[str, ...],
    address: EmailAddress | None,
    *,
    origin: Origin,
) -> Attempt:
    """Signs a person up; gives the attempt that their passkey has proven.

    Raises ``UsernameInvalid`` and its kinds (somebody was faster), ``SignUpClosed``,
    ``PasskeyTaken``, ``VaultUnavailable``, ``HashingBusy``.
    """
    name = creatable_username(username)
    preparation = prepare()
    if not preparation.sign_up_open:
        raise SignUpClosed
    outcome = passkey_accounts.register(
        preparation,
        username=name,
        skeletons=username_skeletons(name),
        keys=NewKeys(new.passkey, new.name, codes),
        address=address,
        origin=origin,
    )
    if not isinstance(outcome, Attempt):
        raise _REFUSALS[outcome]
    return outcome
