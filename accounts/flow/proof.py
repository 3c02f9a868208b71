"""A fresh proof, carried by the browser that gave it: for one session, five minutes at the most.

It is an attempt to reauthenticate with all that the account asks for. The session's cookie alone is
never one. The vault looks at everything again when the proof is used.
"""

import time
from typing import Final

from accounts.errors import FlowUnusable
from accounts.flow.sealing import decrypt, encrypt, is_of_browser, is_over
from accounts.services.attempts import Attempt, from_plain, plain
from accounts.services.sessions import Session

PROOF_SECONDS: Final = 300  # as the vault's policy has it
_USE: Final = "proof"


def seconds_left(attempt: Attempt, now: float | None = None) -> int:
    """How long an attempt is still fresh: it began with its first proof."""
    return attempt.auth_time + PROOF_SECONDS - int(time.time() if now is None else now)


def seal_proof(attempt: Attempt, session: Session, browser: str) -> str:
    """Seals what was proven for this session and browser, for as long as it is fresh."""
    claims = {"sid": str(session.sid), "attempt": plain(attempt)}
    return encrypt(_USE, browser, seconds_left(attempt), claims)


def open_proof(
    sealed: str, session: Session, browser: str | None, *, now: float | None = None
) -> Attempt | None:
    """The proof, if it is this session's and browser's and still fresh; else None."""
    try:
        claims = decrypt(_USE, sealed)
        attempt = from_plain(claims["attempt"])
    except FlowUnusable:
        return None
    if not is_of_browser(claims, browser) or is_over(claims, now):
        return None
    is_own = claims["sid"] == str(session.sid) and attempt.account_id == session.account_id
    return attempt if is_own and attempt.purpose == "reauthenticate" else None
