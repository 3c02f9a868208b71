"""Sessions of this site, as views and wikis' endpoints see them."""

import base64
import binascii
from uuid import UUID

from accounts.errors import ProofGone, SecondFactorNeeded, SignInClosed
from vault import session_logouts
from vault import sessions as vault_sessions
from vault.attempts import SECRET_BYTES, Attempt, new_secret
from vault.errors import FactorMissing, SignInShut
from vault.events import Origin
from vault.session_logouts import EndedSession, ToldWiki, own_logouts, progress
from vault.sessions import Session, SessionSummary, own_sessions

__all__ = [
    "EndedSession",
    "Origin",
    "Session",
    "SessionSummary",
    "ToldWiki",
    "cookie_value",
    "decoded",
    "encoded",
    "end_everywhere",
    "end_one_session",
    "end_other_sessions",
    "end_session",
    "new_secret",
    "open_session",
    "own_logouts",
    "own_sessions",
    "progress",
    "resume_session",
]


def encoded(secret: bytes) -> str:
    """A secret as a cookie carries it: base64url without padding."""
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def cookie_value(session: Session) -> str:
    """What the browser keeps of a session: its secret."""
    return encoded(session.secret)


def decoded(cookie: str) -> bytes | None:
    """The secret in a cookie, or None when it cannot be one."""
    try:
        secret = base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == SECRET_BYTES else None


def resume_session(cookie: str) -> Session | None:
    """The live session of a cookie, or None. Raises ``VaultUnavailable``."""
    secret = decoded(cookie)
    return vault_sessions.resume(secret) if secret is not None else None


def open_session(
    attempt: Attempt,
    *,
    kept: bool,
    agent_label: str,
    origin: Origin,
    old: Session | None,
    proof: Attempt | None = None,
) -> Session:
    """Turns what was proven into a session under a new secret; ``proof`` is a fresh one within it.

    Raises ``ProofGone`` when the attempt was used, expired or overtaken by a lockout,
    ``SecondFactorNeeded`` when the account holds one that was not shown, and ``SignInClosed``.
    """
    try:
        session = vault_sessions.open_session(
            attempt,
            kept=kept,
            agent_label=agent_label,
            origin=origin,
            old=old,
            proof_secret=proof.secret if proof is not None else None,
        )
    except FactorMissing as error:
        raise SecondFactorNeeded from error
    except SignInShut as error:
        raise SignInClosed from error
    if session is None:
        raise ProofGone
    return session


def end_other_sessions(session: Session, origin: Origin) -> int:
    """Ends all other sessions of the same person; gives how many. Raises ``ProofGone``."""
    ended = vault_sessions.end_others(session, origin)
    if ended is None:
        raise ProofGone
    return ended


def end_one_session(session: Session, sid: UUID, origin: Origin) -> bool:
    """Ends one of the person's sessions, by its public id; False where there is none such."""
    return vault_sessions.end_other(session, sid, origin)


def end_everywhere(session: Session, origin: Origin) -> list[UUID]:
    """Ends all sessions of the person, this one too; gives their sids. Raises ``ProofGone``."""
    ended = session_logouts.end_everywhere(session, origin)
    if ended is None:
        raise ProofGone
    return ended


def end_session(session: Session, origin: Origin) -> list[str]:
    """Ends a session; gives the names of the wikis that are being told."""
    return vault_sessions.end(session, origin)
