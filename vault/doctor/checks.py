"""What a check is, and what comes of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import psycopg

from vault.doctor.patient import Patient

Look = Callable[[Patient], Iterator[str]]
_MOST_LINES = 20


class Note(str):
    """A line that is told beside a result, and is no fault."""

    __slots__ = ()


class Skipped(Exception):
    """The check cannot be made here; the message says why, and what would let it be made."""


@dataclass(frozen=True)
class Check:
    """One thing that must hold. ``look`` gives a line for each place where it does not."""

    id: str
    promise: str
    remedy: str
    look: Look = field(repr=False)


def check(remedy: str) -> Callable[[Look], Check]:
    """Makes a function a check: its name is the id, its docstring what must hold.

    ``remedy`` says what to do when it does not. The ids are stable: monitors know them.
    """

    def made(look: Look) -> Check:
        promise = " ".join((look.__doc__ or "").split())
        return Check(look.__name__.replace("_", "-"), promise, remedy, look)

    return made


@dataclass(frozen=True)
class Result:
    """What came of one check."""

    check: Check
    result: Literal["ok", "finding", "skipped"]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def run(check: Check, patient: Patient) -> Result:
    """Makes one check, in a transaction that is rolled back.

    An error of the database is a finding, told by its code alone: its text may quote a row.
    """
    faults: list[str] = []
    notes: list[str] = []
    more = 0
    try:
        with patient.rolled_back():
            for line in check.look(patient):
                if isinstance(line, Note):
                    notes.append(line)
                elif len(faults) < _MOST_LINES:
                    faults.append(line)
                else:
                    more += 1
    except Skipped as why:
        return Result(check, "skipped", notes=(str(why),))
    except psycopg.Error as error:
        patient.refuse_if_gone()
        faults.append(f"this could not be looked at: {code(error)}")
    if more:
        faults.append(f"and {more} more")
    return Result(check, "finding" if faults else "ok", tuple(faults), tuple(notes))


def skip(check: Check, why: str) -> Result:
    """A check that was not asked for."""
    return Result(check, "skipped", notes=(why,))


def code(error: psycopg.Error) -> str:
    """An error as its SQLSTATE and name, which say nothing of any row."""
    return f"{error.sqlstate or 'no SQLSTATE'} {type(error).__name__}"
