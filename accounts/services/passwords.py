"""Proving and changing passwords: one guess, the same work and words for every name."""

import hashlib
from dataclasses import replace
from typing import Literal

from accounts.errors import (
    KnownDevicesOnly,
    PasswordTooLong,
    ProofGone,
    SignInClosed,
    TooManyGuesses,
    UsernameInvalid,
    WrongNameOrPassword,
    WrongPassword,
)
from accounts.services.lock_notices import locked_by_name
from accounts.services.password_rules import check_new_password, normalise_password
from accounts.services.usernames import usable_username
from vault import passwords as vault_passwords
from vault.attempts import Attempt
from vault.events import Origin
from vault.passwords import Verdict
from vault.sessions import Session


def name_to_ask_for(typed: str) -> str:
    """The canonical name; for what cannot be a name, one that nobody has, so that the vault does
    the same work and charges the same budget."""
    try:
        return usable_username(typed)
    except UsernameInvalid:
        digest = hashlib.sha256(typed.encode("utf-8", "surrogatepass")).hexdigest()
        return f"#{digest}"  # no name contains a number sign


def check_not_refused(status: str, wait_seconds: int, username: str) -> None:
    """Whether a guess by (canonical) name was judged at all, and might have let somebody in.

    Raises ``TooManyGuesses``, ``KnownDevicesOnly``, ``AccountLocked``, ``SignInClosed``.
    """
    if status == "wait":
        raise TooManyGuesses(wait_seconds)
    if status == "known_only":
        raise KnownDevicesOnly
    if status == "locked":
        raise locked_by_name(username)
    if status == "closed":
        raise SignInClosed


def _attempt(
    verdict: Verdict, username: str, wrong: type[WrongNameOrPassword | WrongPassword]
) -> Attempt:
    check_not_refused(verdict.status, verdict.wait_seconds, username)
    if verdict.status == "gone":
        raise ProofGone
    if verdict.attempt is None:
        raise wrong
    return verdict.attempt


def verify_password(username: str, password: str, *, origin: Origin) -> Attempt:
    """Takes one guess at signing in with a typed name and password; gives the open attempt.

    Raises ``WrongNameOrPassword``, ``TooManyGuesses``, ``KnownDevicesOnly``, ``AccountLocked``,
    ``SignInClosed``, ``PasswordTooLong`` (before any hashing), ``VaultUnavailable``,
    ``HashingBusy``.
    """
    name = name_to_ask_for(username)
    verdict = vault_passwords.prove(
        name, normalise_password(password), purpose="sign_in", origin=origin
    )
    return _attempt(verdict, name, WrongNameOrPassword)


def prove_own_password(session: Session, password: str, *, origin: Origin) -> Attempt:
    """Takes one guess at the password of whoever is signed in; gives an attempt to reauthenticate.

    Raises ``WrongPassword``, ``TooManyGuesses``, ``KnownDevicesOnly``, ``AccountLocked``,
    ``ProofGone`` (the session ended), ``VaultUnavailable``, ``HashingBusy``.
    """
    try:
        guess = normalise_password(password)
    except PasswordTooLong:  # none that is set can be
        raise WrongPassword from None
    verdict = vault_passwords.prove(
        session.username,
        guess,
        purpose="reauthenticate",
        origin=origin,
        session_secret=session.secret,
    )
    return _attempt(verdict, session.username, WrongPassword)


def remove_own_password(
    session: Session, proof: Attempt, *, language: str, origin: Origin
) -> Literal["removed", "none", "few"]:
    """Takes the password away, by fresh proof: a passkey is the way in from then on.

    ``few`` means that there are too few passkeys, or no recovery code. Raises ``ProofGone``,
    ``VaultUnavailable``.
    """
    status = vault_passwords.remove(session, proof, language=language, origin=origin)
    if status == "gone" or status == "weak":  # noqa: PLR1714 - mypy narrows by equality alone
        raise ProofGone
    return status


def change_password(
    session: Session,
    proof: Attempt | str,
    *,
    new: str,
    email: str | None,
    language: str,
    origin: Origin,
) -> tuple[Session, int]:
    """Sets a new password by a fresh proof, or by the current one; ends every other session.

    Gives this session under its new secret, and how many others ended. Raises what
    ``check_new_password`` and ``prove_own_password`` raise, and ``ProofGone`` when the proof or the
    session is gone, or lacks a second factor that is held.
    """
    new = normalise_password(new)
    check_new_password(new, username=session.username, email=email, has_second_factor=False)
    attempt = prove_own_password(session, proof, origin=origin) if isinstance(proof, str) else proof
    change = vault_passwords.change(session, attempt, new, language=language, origin=origin)
    if change is None:
        raise ProofGone
    renewed = replace(
        session,
        secret=change.session_secret,
        account_epoch=session.account_epoch + 1,
        amr=attempt.amr,
        auth_time=attempt.auth_time,
    )
    return renewed, change.others_ended
