"""The agreement in a measure's form: good for what it showed, to whom it showed it, for a while."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing

from emergency.confirmation import is_agreement, seal_agreement


def operator() -> Any:
    """Somebody with a session."""
    return SimpleNamespace(session=SimpleNamespace(sid=uuid4()))


def test_agreement_for_the_same_thing_is_good() -> None:
    """What was shown may be done."""
    by = operator()
    assert is_agreement(
        seal_agreement(by, "lock", "1", "Ada", "active"), by, "lock", "1", "Ada", "active"
    )


@pytest.mark.parametrize(
    ("measure", "target"),
    [
        ("unlock", ("1", "Ada", "active")),
        ("lock", ("2", "Ada", "active")),
        ("lock", ("1", "Bob", "active")),
        ("lock", ("1", "Ada", "locked")),
        ("lock", ("1", "Ada")),
        ("lock", ("1", "Ada", "active", "")),
    ],
)
def test_agreement_for_anything_else_is_void(measure: str, target: tuple[str, ...]) -> None:
    """Another measure, account, name or state than the one shown."""
    by = operator()
    sealed = seal_agreement(by, "lock", "1", "Ada", "active")
    assert not is_agreement(sealed, by, measure, *target)


def test_agreement_of_another_session_is_void() -> None:
    """Neither another operator's nor one's own from before."""
    assert not is_agreement(seal_agreement(operator(), "lock", "1"), operator(), "lock", "1")


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", signing.dumps(["x"], salt="another")])
def test_agreement_that_we_did_not_seal_is_void(forged: str) -> None:
    """Nonsense, and what was signed for something else."""
    assert not is_agreement(forged, operator(), "lock", "1")


def test_agreement_that_is_old_is_void(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a quarter of an hour one looks again."""
    by = operator()
    sealed = seal_agreement(by, "lock", "1")
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 15 * 60 - 5)
    assert is_agreement(sealed, by, "lock", "1")
    monkeypatch.setattr(signing.time, "time", lambda: now + 15 * 60 + 5)
    assert not is_agreement(sealed, by, "lock", "1")
