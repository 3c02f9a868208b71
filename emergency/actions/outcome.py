"""What a measure did; the vault's status words become results or typed refusals here alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from emergency.errors import (
    LastOperator,
    LastPasskeyHere,
    MeasureRefused,
    NoAddress,
    NotAllowed,
    NotProven,
    OwnAccount,
    ReasonMissing,
    TargetUnknown,
    TooOften,
)
from vault.errors import VaultRefused
from vault.lockouts import Outcome

_REFUSALS: Mapping[str, type[MeasureRefused]] = {
    "forbidden": NotAllowed,
    "unproven": NotProven,
    "bad_request": ReasonMissing,
    "unknown": TargetUnknown,
    "self": OwnAccount,
    "last_operator": LastOperator,
    "last": LastPasskeyHere,
    "no_address": NoAddress,
    "too_often": TooOften,
}


@dataclass(frozen=True)
class Done:
    """A measure that was taken."""

    status: str
    sessions_ended: int = 0
    said: tuple[str, ...] = ()  # what more there is to say of it


def settle(outcome: Outcome, *, done: str, already: type[MeasureRefused] | None = None) -> Done:
    """Gives what was done. Raises the refusal that the vault's status stands for.

    ``already`` is what the status of that name means for this measure.
    """
    if outcome.status == done:
        return Done(done, outcome.sessions_ended)
    if outcome.status == "already" and already is not None:
        raise already
    if outcome.status in _REFUSALS:
        raise _REFUSALS[outcome.status]
    raise VaultRefused("lockout", outcome.status)
