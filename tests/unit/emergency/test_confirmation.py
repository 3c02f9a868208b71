"""What the operator's pages give out signed: good for what it showed, to whom, for a while."""

from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing

from accounts.services.sessions import encoded
from emergency.confirmation import agreed_challenge, open_ceremony, seal_agreement, seal_ceremony
from vault.attempts import new_secret

CHALLENGE = new_secret()
BROWSER = encoded(new_secret())


def operator() -> Any:
    """Somebody with a session."""
    return SimpleNamespace(session=SimpleNamespace(sid=uuid4()))


def test_agreement_for_the_same_thing_gives_its_challenge() -> None:
    """What was shown may be done, with the passkey that was asked for there."""
    by = operator()
    sealed = seal_agreement(by, CHALLENGE, "lock", "1", "Ada", "active")
    assert agreed_challenge(sealed, by, "lock", "1", "Ada", "active") == CHALLENGE


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
    sealed = seal_agreement(by, CHALLENGE, "lock", "1", "Ada", "active")
    assert agreed_challenge(sealed, by, measure, *target) is None


def test_agreement_of_another_session_is_void() -> None:
    """Neither another operator's nor one's own from before."""
    sealed = seal_agreement(operator(), CHALLENGE, "lock", "1")
    assert agreed_challenge(sealed, operator(), "lock", "1") is None


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        "a:b:c",
        signing.dumps(["x"], salt="another"),
        signing.dumps([], salt="emergency.measure"),
        signing.dumps({}, salt="emergency.measure"),
        signing.dumps(["x"], salt="emergency.measure"),
    ],
    # By number: their text is another in each process, for each has keys of its own.
    ids=count(),
)
def test_agreement_that_we_did_not_seal_is_void(forged: str) -> None:
    """Nonsense, and what was signed for something else."""
    assert agreed_challenge(forged, operator(), "lock", "1") is None
    assert open_ceremony(forged, "sign_in", BROWSER) is None


def test_agreement_that_is_old_is_void(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a quarter of an hour one looks again."""
    by = operator()
    sealed = seal_agreement(by, CHALLENGE, "lock", "1")
    page = seal_ceremony("sign_in", BROWSER, CHALLENGE)
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 15 * 60 - 5)
    assert agreed_challenge(sealed, by, "lock", "1")
    assert open_ceremony(page, "sign_in", BROWSER)
    monkeypatch.setattr(signing.time, "time", lambda: now + 15 * 60 + 5)
    assert agreed_challenge(sealed, by, "lock", "1") is None
    assert open_ceremony(page, "sign_in", BROWSER) is None


def test_ceremony_is_of_its_browser_and_use() -> None:
    """A page's challenge is another browser's in nobody's hands, nor another page's."""
    page = seal_ceremony("enrol", BROWSER, CHALLENGE, "a", "b")
    assert open_ceremony(page, "enrol", BROWSER) == (CHALLENGE, ["a", "b"])
    for use, browser in (
        ("sign_in", BROWSER),
        ("enrol", encoded(new_secret())),
        ("enrol", None),
        ("enrol", ""),
    ):
        assert open_ceremony(page, use, browser) is None


def test_ceremony_and_agreement_are_not_each_other() -> None:
    """What is shown to anybody is no measure's, and what is a measure's signs nobody in."""
    by = operator()
    sealed = seal_agreement(by, CHALLENGE, "lock", "1")
    assert open_ceremony(sealed, str(by.session.sid), BROWSER) is None
    page = seal_ceremony(str(by.session.sid), BROWSER, CHALLENGE)
    assert agreed_challenge(page, by, "lock", "1") is None


def test_page_says_nothing_of_the_browsers_cookie() -> None:
    """Whoever sees the page's text has its digest alone."""
    assert BROWSER not in seal_ceremony("sign_in", BROWSER, CHALLENGE)
