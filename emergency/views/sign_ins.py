"""The sign-ins and failures of the last day as the first page shows them: plots, and a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from emergency.actions.sign_ins import SignInCounts
from emergency.plot import HIGH, WIDE, Bar, Line, bars_for, lines_for, most_of

SLOT: Final = timedelta(minutes=30)
SLOTS: Final = 48
_LABELS: Final = 4  # along the axis of times, which they part evenly

_KINDS: Final[tuple[tuple[str, str | Promise, str | Promise], ...]] = (
    ("signed_in", _("Signed in"), _("Sign-ins at this site, by whatever way.")),
    (
        "wrong_passwords",
        _("Wrong passwords"),
        _("App passwords too, and tries whose answer nobody waited for."),
    ),
    (
        "wrong_factors",
        _("Wrong second factors"),
        _("Wrong codes, and passkeys that were refused."),
    ),
    (
        "turned_away",
        _("Turned away untried"),
        _("After too many guesses, at a locked account, or while sign-in was closed."),
    ),
)


@dataclass(frozen=True)
class Slot:
    """A half-hour."""

    begin: datetime

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.begin + SLOT


@dataclass(frozen=True)
class Plot:
    """One kind's plot: its words, its sum, its highest half-hour, and what is drawn."""

    slug: str
    title: str | Promise
    hint: str | Promise
    total: int
    most: int
    highest: Slot | None
    lines: list[Line]
    bars: list[tuple[Bar, Slot]]
    width: int = WIDE * SLOTS
    height: int = HIGH


@dataclass(frozen=True)
class SignIns:
    """All that the first page shows of it. ``is_cut``: there was too much to count all of it."""

    plots: list[Plot]
    labels: list[datetime]
    rows: list[tuple[Slot, list[int]]]
    is_cut: bool


def sign_ins_of(counted: Sequence[SignInCounts]) -> SignIns | None:
    """The plots of what was counted, up to the half-hour that runs; None where nothing was."""
    if not counted:
        return None
    slots = [Slot(counted[-1].slot - SLOT * back) for back in range(SLOTS - 1, -1, -1)]
    found = {one.slot: _numbers(one) for one in counted}
    known = [found.get(slot.begin) for slot in slots]
    return SignIns(
        plots=[_plot(number, slots, known) for number in range(len(_KINDS))],
        labels=[slot.begin for slot in slots[:: SLOTS // _LABELS]],
        rows=[
            (slot, numbers)
            for slot, numbers in zip(reversed(slots), reversed(known), strict=True)
            if numbers and any(numbers)
        ],
        is_cut=None in known,
    )


def _numbers(one: SignInCounts) -> list[int]:
    return [one.signed_in, one.wrong_passwords, one.wrong_factors, one.turned_away]


def _plot(number: int, slots: list[Slot], known: list[list[int] | None]) -> Plot:
    slug, title, hint = _KINDS[number]
    counts = [None if numbers is None else numbers[number] for numbers in known]
    most = most_of(counts)
    return Plot(
        slug=slug,
        title=title,
        hint=hint,
        total=sum(filter(None, counts)),
        most=most,
        highest=slots[counts.index(most)] if most else None,
        lines=lines_for(most),
        bars=[(bar, slots[bar.place]) for bar in bars_for(counts)],
    )
