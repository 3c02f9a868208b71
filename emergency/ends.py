"""When a lockout ends, as operators say it: after so long, or at a time in UTC."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_SPAN = re.compile(r"(?P<number>[0-9]{1,6})\s*(?P<unit>m|h|d)")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_LONGEST: Final = timedelta(days=366)  # the vault's own bound


class EndUnreadable(ValueError):
    """The text says no end, or none within a year from now."""


def read_end(text: str, now: datetime) -> datetime | None:
    """The end that ``text`` says (``90m``, ``2h``, ``3d``, ``2026-11-30 06:00``, in UTC).

    None for nothing: the lockout holds until somebody lifts it. Raises ``EndUnreadable``.
    """
    said = text.strip().upper()
    if not said:
        return None
    end = _read(said, now)
    if not now < end < now + _LONGEST:
        raise EndUnreadable
    return end


def _read(said: str, now: datetime) -> datetime:
    span = _SPAN.fullmatch(said.lower())
    try:
        if span is not None:
            return now + timedelta(**{_UNITS[span["unit"]]: int(span["number"])})
        read = datetime.fromisoformat(said.removesuffix("UTC").strip())
    except (ValueError, OverflowError):
        raise EndUnreadable from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
