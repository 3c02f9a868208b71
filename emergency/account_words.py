"""The page of one account in words: its factors, and what became of its logouts and letters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from emergency.details import Factor, Logout

_Text = str | Promise
# In the order of the page: its name, and what the times beside it are of.
_FACTORS: Final[tuple[tuple[str, _Text, _Text], ...]] = (
    ("password", _("Password"), _("set")),
    ("passkey", _("Passkeys"), _("added")),
    ("totp", _("Authenticator apps"), _("added")),
    ("recovery_codes", _("Recovery codes left"), _("made")),
    ("app_password", _("App passwords"), _("made")),
    ("address", _("Confirmed addresses"), _("confirmed")),
    ("operator_passkey", _("Passkeys of the operator's site"), _("enrolled")),
)
_UNASKED: Final = {"operator_passkey"}  # said only where there are any


@dataclass(frozen=True)
class FactorLine:
    """One kind of factor: how many, and since when."""

    name: _Text
    count: int
    is_yes_or_no: bool
    verb: _Text
    times: list[datetime]


@dataclass(frozen=True)
class EndedSession:
    """A session that ended lately, and the wikis that had to be told."""

    agent_label: str
    ended_at: datetime
    wikis: list[Logout]


def factor_lines(found: Iterable[Factor]) -> list[FactorLine]:
    """All kinds in their order, those too of which there is none."""
    by_kind = {factor.kind: factor for factor in found}
    lines = []
    for kind, name, verb in _FACTORS:
        factor = by_kind.get(kind)
        if factor is None and kind in _UNASKED:
            continue
        times = factor.added_at if factor else []
        count = factor.count if factor else 0
        # Of many, the first and the last tell enough.
        shown = [times[0], times[-1]] if len(times) > 1 else times
        lines.append(FactorLine(name, count, kind == "password", verb, shown))
    return lines


def ended_sessions(logouts: Iterable[Logout]) -> list[EndedSession]:
    """The sessions of these lines, in their order, each with its wikis."""
    sessions: dict[object, EndedSession] = {}
    for line in logouts:
        session = sessions.setdefault(line.sid, EndedSession(line.agent_label, line.ended_at, []))
        if line.client_id:
            session.wikis.append(line)
    return list(sessions.values())
