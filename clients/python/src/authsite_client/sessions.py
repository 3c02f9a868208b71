"""The rule: what a wiki may do for a browser that presents its session's cookie.

``judge`` decides by the record and the time alone, and asks nobody; ``settle`` says what the
provider's answer makes of a record. Both are pure. No answer is ever "anonymous": a cookie whose
session is over gets a sign-in or an error.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from .marks import Marks
from .tokens import AccessClaims

STALE_SECONDS: Final = 15 * 60
RETRY_SECONDS: Final = 10

# Why a session is over: nobody knows it; the provider told us, or a higher epoch was seen; the
# provider refused to go on; it had nothing to go on with; the provider was away for too long.
Why = Literal["unknown", "logged_out", "overtaken", "refused", "expired", "unconfirmed"]


@dataclass(frozen=True)
class SessionRecord:
    """One of a wiki's own sessions as its store keeps it; over means gone.

    ``key`` is the SHA-256 of the cookie's secret, in hex. ``version`` grows by one with each
    change. ``failed_at`` is when the provider last could not be reached, since it last answered.
    """

    key: str
    claims: AccessClaims
    refresh_token: str | None = field(repr=False)
    id_token: str = field(repr=False)
    confirmed_at: int
    failed_at: int | None = None
    version: int = 1


@dataclass(frozen=True)
class Live:
    """The access token is good: reading and writing, without asking anybody."""

    claims: AccessClaims
    may_read = may_write = True


@dataclass(frozen=True)
class Unsure:
    """The token is over since then and the provider does not answer: reading may go on a while."""

    claims: AccessClaims
    since: int
    may_read = True
    may_write = False


@dataclass(frozen=True)
class NeedsRefresh:
    """The token is over: ask the provider before anything else."""

    may_read = may_write = False


@dataclass(frozen=True)
class Ended:
    """The session is over: a sign-in or an error, and never anonymous treatment of a write."""

    why: Why
    may_read = may_write = False


Answer = Live | Unsure | Ended


def judge(
    record: SessionRecord | None,
    marks: Marks,
    now: int,
    *,
    stale_seconds: int = STALE_SECONDS,
    retry_seconds: int = RETRY_SECONDS,
) -> Answer | NeedsRefresh:
    """What is to be done for a session. Raises nothing.

    Takes the record (None: the store has none), what was seen of its person and session, and the
    wiki's time in seconds since 1970. The later of that and of ``marks.latest_time`` counts, so
    that a clock set back revives nothing. In this order:

    1. no record, or the session was logged out, or its epoch is lower than one seen: ``Ended``;
    2. the token is not over, and was not seen over before: ``Live``;
    3. no refresh token: ``Ended``;
    4. the provider could not be reached within ``retry_seconds``: ``Unsure``, until
       ``stale_seconds`` after the token's end, then ``Ended``;
    5. ``NeedsRefresh``.
    """
    if record is None:
        return Ended("unknown")
    why = _ended_by(record.claims, marks)
    if why is not None:
        return Ended(why)
    time = max(now, marks.latest_time)
    if time < record.claims.exp and record.failed_at is None:
        return Live(record.claims)
    if record.refresh_token is None:
        return Ended("expired")
    if record.failed_at is None or time >= record.failed_at + retry_seconds:
        return NeedsRefresh()
    return _unsure(record, time, stale_seconds)


def _ended_by(claims: AccessClaims, marks: Marks) -> Why | None:
    """What was seen that ends a session, whatever its own record says."""
    if marks.is_logged_out(claims):
        return "logged_out"
    return "overtaken" if claims.epoch.is_overtaken_by(marks.epoch) else None


def _unsure(record: SessionRecord, time: int, stale_seconds: int) -> Unsure | Ended:
    if time < record.claims.exp + stale_seconds:
        return Unsure(record.claims, since=record.claims.exp)
    return Ended("unconfirmed")


@dataclass(frozen=True)
class Refreshed:
    """What the provider gave for a refresh token, verified."""

    claims: AccessClaims
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)


@dataclass(frozen=True)
class Refused:
    """The provider said no."""


@dataclass(frozen=True)
class Unreachable:
    """The provider said nothing, or nothing to rely on."""


def settle(
    record: SessionRecord,
    outcome: Refreshed | Refused | Unreachable,
    now: int,
    *,
    stale_seconds: int = STALE_SECONDS,
) -> SessionRecord | Ended:
    """The record as it is to be kept after asking the provider, or why it is over. Raises nothing.

    An unreachable provider ends a session only once it cannot be ``Unsure`` any more.
    """
    if isinstance(outcome, Refused):
        return Ended("refused")
    following = record.version + 1
    if isinstance(outcome, Refreshed):
        return SessionRecord(
            key=record.key,
            claims=outcome.claims,
            refresh_token=outcome.refresh_token,
            id_token=outcome.id_token,
            confirmed_at=now,
            version=following,
        )
    if now >= record.claims.exp + stale_seconds:
        return Ended("unconfirmed")
    return replace(record, failed_at=now, version=following)
