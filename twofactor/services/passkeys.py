"""Showing a passkey, adding one, naming and removing one's own (WebAuthn Level 3 section 7).

A challenge is spent as soon as an answer to it is presented, before anything is looked at: no
answer is tried twice, whatever became of it.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, cast
from uuid import UUID

import structlog

from accounts.errors import AccountError, AccountLocked, ProofGone, SignInClosed
from accounts.services.attempts import Attempt
from accounts.services.lock_notices import locked_by_passkey
from accounts.services.second_factors import has_password
from accounts.services.sessions import Origin, Session
from twofactor.errors import (
    AttemptOver,
    CeremonyRefused,
    LastPasskey,
    NoSuchFactor,
    PasskeyCopied,
    PasskeyTaken,
    PasskeyUnknown,
    TooManyPasskeys,
)
from twofactor.services import ceremonies, makers
from vault import challenges, passkeys
from vault.passkeys import NewPasskey, Offered, OwnPasskey, Passkey

log = structlog.get_logger(__name__)

Purpose = Literal["sign_in", "reauthenticate", "operator"]
_REFUSALS: Final = {
    "counter": PasskeyCopied,
    "locked": AccountLocked,
    "closed": SignInClosed,
    "unknown": PasskeyUnknown,
}


@contextmanager
def _refusal_logged() -> Iterator[None]:
    """Every refusal leaves a word in the log; nothing that was sent, and nobody's name."""
    try:
        yield
    except AccountError as error:
        log.warning("passkey_refused", why=getattr(error, "why", "") or error.code)
        raise


def spend(challenge: bytes | None) -> bytes:
    """The challenge, spent. Raises ``CeremonyRefused`` for none, or one presented before."""
    if challenge is None or not challenges.spend(challenge):
        raise CeremonyRefused("challenge")
    return challenge


def _found(answer: ceremonies.Answer) -> Passkey:
    passkey = passkeys.find(answer.credential_id)
    if passkey is None:
        raise PasskeyUnknown("unknown")
    return passkey


@_refusal_logged()
def show(
    text: str,
    challenge: bytes | None,
    *,
    purpose: Purpose,
    origin: Origin,
    session: Session | None = None,
) -> Attempt:
    """Opens an attempt by a passkey alone, which has to have verified its user.

    ``session`` is needed to reauthenticate, and is whose the passkey has to be. Raises
    ``CeremonyRefused`` and its kinds, ``AccountLocked``, ``SignInClosed``, ``ProofGone`` (the
    session), ``VaultUnavailable``.
    """
    spent = spend(challenge)
    answer = ceremonies.read_answer(text)
    if session is None and answer.user_handle is None:
        raise CeremonyRefused("user handle")  # section 7.2 step 6: nobody was named before
    passkey = _found(answer)
    if session is not None and passkey.account_id != session.account_id:
        raise PasskeyUnknown("of another account")
    shown = ceremonies.verify_authentication(
        answer, passkey, challenge=spent, verification="required"
    )
    verdict = passkeys.prove(
        passkey,
        sign_count=shown.sign_count,
        backed_up=shown.backed_up,
        user_verified=shown.user_verified,
        purpose=purpose,
        origin=origin,
        session_secret=session.secret if session is not None else None,
    )
    return _judged(verdict, passkey if purpose != "operator" else None, ProofGone)


@_refusal_logged()
def show_as_second(
    text: str,
    challenge: bytes | None,
    attempt: Attempt,
    *,
    origin: Origin,
    session: Session | None = None,
) -> Attempt:
    """Adds a passkey to an attempt, after a first proof; gives the attempt with it.

    It need not verify its user: the first proof is the other factor. Raises as ``show``, and
    ``AttemptOver``.
    """
    spent = spend(challenge)
    answer = ceremonies.read_answer(text)
    passkey = _found(answer)
    if passkey.account_id != attempt.account_id:
        raise PasskeyUnknown("of another account")
    shown = ceremonies.verify_authentication(
        answer, passkey, challenge=spent, verification="preferred"
    )
    verdict = passkeys.prove(
        passkey,
        sign_count=shown.sign_count,
        backed_up=shown.backed_up,
        user_verified=shown.user_verified,
        purpose=cast("passkeys.Purpose", attempt.purpose),
        origin=origin,
        attempt=attempt,
        session_secret=session.secret if session is not None else None,
    )
    return _judged(verdict, passkey, AttemptOver)


def _judged(
    verdict: passkeys.Verdict, passkey: Passkey | None, gone: type[ProofGone | AttemptOver]
) -> Attempt:
    """The attempt that a passkey opened, or was added to; of an operator's no more is told."""
    if verdict.attempt is not None:
        return verdict.attempt
    if verdict.status == "gone":
        raise gone
    if verdict.status == "locked" and passkey is not None:
        raise locked_by_passkey(passkey.credential_id)
    raise _REFUSALS[verdict.status]


def options_to_show(challenge: bytes, session: Session | None) -> dict[str, Any]:
    """What a browser is asked for: any passkey of this site's, or one of a session's person."""
    held = _offered(passkeys.own_passkeys(session)) if session is not None else []
    return ceremonies.authentication_options(challenge, offered=held, verification="required")


def options_after_first_proof(challenge: bytes, attempt: Attempt) -> dict[str, Any]:
    """What a browser is asked for within an attempt: one of its account's passkeys."""
    return ceremonies.authentication_options(
        challenge, offered=passkeys.offer(attempt), verification="preferred"
    )


def _offered(held: Sequence[OwnPasskey]) -> list[Offered]:
    return [Offered(passkey.credential_id, passkey.transports) for passkey in held]


@dataclass(frozen=True)
class Made:
    """A passkey whose ceremony holds, with the name of its maker's model; stored nowhere yet."""

    passkey: NewPasskey
    name: str


def options_to_make(
    challenge: bytes, user_handle: bytes, username: str, session: Session | None = None
) -> dict[str, Any]:
    """What a browser is asked for to make a new passkey, on a device that has none of them yet.

    Without a session it will be the only way in.
    """
    held = _offered(passkeys.own_passkeys(session)) if session is not None else []
    return ceremonies.registration_options(
        challenge,
        user_handle=user_handle,
        username=username,
        verification=needed_of(session),
        held=held,
    )


def needed_of(session: Session | None) -> ceremonies.Verification:
    """Whether a new passkey has to verify its user: it has, where there is no password."""
    return "preferred" if session is not None and has_password(session) else "required"


def user_handle_for(session: Session) -> bytes:
    """By what authenticators know this session's person: the same for all of their passkeys."""
    held = passkeys.own_passkeys(session)
    return held[0].user_handle if held else ceremonies.new_user_handle()


@_refusal_logged()
def made(
    text: str, challenge: bytes | None, user_handle: bytes, session: Session | None = None
) -> Made:
    """Verifies what a browser has made. Raises ``CeremonyRefused`` and its kinds."""
    passkey = ceremonies.verify_registration(
        text,
        challenge=spend(challenge),
        user_handle=user_handle,
        verification=needed_of(session),
    )
    return Made(passkey, makers.name_of(passkey.aaguid, passkey.transports))


def add(
    session: Session,
    proof: Attempt,
    new: Made,
    *,
    language: str,
    origin: Origin,
    ends_others: bool = True,
) -> None:
    """Stores a new passkey, by fresh proof; ends the person's other sessions, unless told not to.

    Raises ``PasskeyTaken``, ``TooManyPasskeys``, ``ProofGone``, ``VaultUnavailable``.
    """
    check_added(
        passkeys.add(
            session,
            proof,
            new.passkey,
            name=new.name,
            language=language,
            origin=origin,
            ends_others=ends_others,
        )
    )


def check_added(status: str) -> None:
    """What the vault says of a new passkey.

    Raises ``PasskeyTaken``, ``TooManyPasskeys``, ``ProofGone``.
    """
    if status == "exists":
        raise PasskeyTaken
    if status == "full":
        raise TooManyPasskeys
    if status != "added":
        raise ProofGone


@dataclass(frozen=True)
class ShownPasskey:
    """One of a person's own passkeys, as their page shows it; ``key`` names it there."""

    key: str
    credential_id: bytes
    name: str
    is_synced: bool
    knows_user: bool
    created_at: datetime
    last_used_at: datetime | None


def key_of(credential_id: bytes) -> str:
    """How pages name a passkey: by a digest, so that its id stands in no address."""
    return base64.urlsafe_b64encode(hashlib.sha256(credential_id).digest()[:15]).decode()


def own(session: Session) -> list[ShownPasskey]:
    """The passkeys of this session's person, the oldest first. Raises ``VaultUnavailable``."""
    return [
        ShownPasskey(
            key_of(passkey.credential_id),
            passkey.credential_id,
            passkey.name,
            passkey.is_synced,
            passkey.knows_user,
            passkey.created_at,
            passkey.last_used_at,
        )
        for passkey in passkeys.own_passkeys(session)
    ]


def _own_by_key(session: Session, key: str) -> bytes:
    by_key = {key_of(held.credential_id): held for held in passkeys.own_passkeys(session)}
    if key not in by_key:
        raise NoSuchFactor
    return by_key[key].credential_id


def rename(session: Session, key: str, name: str) -> None:
    """Gives one of one's own passkeys another name. Raises ``NoSuchFactor``, ``ProofGone``."""
    status = passkeys.rename(session, _own_by_key(session, key), name)
    if status == "unknown":
        raise NoSuchFactor
    if status != "renamed":
        raise ProofGone


def remove(session: Session, proof: Attempt, key: str, *, language: str, origin: Origin) -> None:
    """Takes one of one's own passkeys away, by fresh proof.

    Raises ``LastPasskey``, ``NoSuchFactor``, ``ProofGone``, ``VaultUnavailable``.
    """
    status = passkeys.remove(
        session, proof, _own_by_key(session, key), language=language, origin=origin
    )
    if status == "last":
        raise LastPasskey
    if status == "unknown":
        raise NoSuchFactor
    if status != "removed":
        raise ProofGone


def plain(new: Made) -> dict[str, Any]:
    """A new passkey as JSON can hold it: for sealing alone."""
    fields = {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for name, value in vars(new.passkey).items()
    }
    return {**fields, "aaguid": str(new.passkey.aaguid), "name": new.name}


def from_plain(fields: dict[str, Any]) -> Made:
    """The new passkey that was sealed."""
    given = dict(fields)
    name = given.pop("name")
    for field in ("credential_id", "user_handle", "public_key"):
        given[field] = base64.b64decode(given[field])
    given["aaguid"] = UUID(given["aaguid"])
    given["transports"] = tuple(given["transports"])
    return Made(replace(NewPasskey(**given)), name)
