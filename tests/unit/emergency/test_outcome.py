"""The vault's status words become results or typed refusals."""

import pytest

from emergency import errors
from emergency.actions.outcome import Done, settle
from vault.errors import VaultRefused
from vault.lockouts import Outcome


def test_outcome_that_was_wanted_is_done() -> None:
    """With the number of sessions that ended."""
    assert settle(Outcome("locked", 3), done="locked") == Done("locked", 3)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("forbidden", errors.NotAllowed),
        ("unproven", errors.NotProven),
        ("bad_request", errors.ReasonMissing),
        ("unknown", errors.TargetUnknown),
        ("self", errors.OwnAccount),
        ("last_operator", errors.LastOperator),
        ("last", errors.LastPasskeyHere),
        ("already", errors.AlreadyLocked),
    ],
)
def test_outcome_that_was_refused_raises_its_own_error(
    status: str, error: type[errors.MeasureRefused]
) -> None:
    """Each word has one class, with a sentence and a stable code."""
    with pytest.raises(error) as raised:
        settle(Outcome(status), done="locked", already=errors.AlreadyLocked)
    assert str(raised.value) == error.code
    assert str(error.message).endswith(".")


@pytest.mark.parametrize("status", ["already", "new", ""])
def test_outcome_that_nobody_foresaw_is_no_success(status: str) -> None:
    """A word that means nothing here is a bug, and says so."""
    with pytest.raises(VaultRefused):
        settle(Outcome(status), done="locked")
