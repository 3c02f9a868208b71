"""A browser that has signed in before has guesses of its own: strangers cannot keep it out."""

import psycopg
import pytest

from tests.database.asking import Login
from tests.database.people import sign_up
from tests.database.racing import raced
from vault import passwords, sessions
from vault.attempts import new_secret
from vault.events import Origin
from vault.passwords import Verdict

RIGHT, WRONG = "correct horse battery staple", "not this one"


def _guess(password: str, device: bytes | None, username: str = "Ada") -> Verdict:
    origin = Origin("192.0.2.7/32", "Firefox on Linux", device)
    return passwords.prove(username, password, purpose="sign_in", origin=origin)


def _known_device() -> bytes:
    """A device that signs in to Ada's account, once."""
    device = new_secret()
    verdict = _guess(RIGHT, device)
    assert verdict.attempt is not None
    origin = Origin("", "", device)
    assert sessions.open_session(verdict.attempt, kept=False, agent_label="", origin=origin)
    return device


@pytest.fixture
def ada(vault: None) -> None:
    """An account with a password."""
    sign_up("Ada", RIGHT)


def test_owner_on_a_known_device_gets_in_while_strangers_use_up_the_budget(ada: None) -> None:
    """Everybody else waits; the browser that was here before does not."""
    device = _known_device()
    for _ in range(10):
        assert _guess(WRONG, None).status == "wrong"
    assert _guess(RIGHT, None).status == "wait"
    assert _guess(RIGHT, new_secret()).status == "wait"
    assert _guess(RIGHT, device).status == "right"


def test_known_device_has_a_budget_too_and_leaves_the_strangers_theirs(ada: None) -> None:
    """A stolen device secret buys ten guesses in a row, and frees nobody else's."""
    device = _known_device()
    for _ in range(10):
        assert _guess(WRONG, device).status == "wrong"
    assert _guess(RIGHT, device).status == "wait"
    assert _guess(RIGHT, None).status == "right"


def test_device_known_to_one_account_is_a_stranger_to_another(ada: None) -> None:
    """What is known is the pair of browser and account."""
    device = _known_device()
    sign_up("Grace", RIGHT)
    for _ in range(10):
        assert _guess(WRONG, None, "Grace").status == "wrong"
    assert _guess(RIGHT, device, "Grace").status == "wait"


def test_device_is_not_known_by_a_right_password_alone(ada: None) -> None:
    """Only a session that was opened makes a browser known: all factors, not the first."""
    device = new_secret()
    assert _guess(RIGHT, device).status == "right"
    for _ in range(10):
        assert _guess(WRONG, None).status == "wrong"
    assert _guess(RIGHT, device).status == "wait"


def test_device_the_twenty_first_forgets_the_one_unused_longest(
    ada: None, admin: psycopg.Connection, login: Login
) -> None:
    """Twenty at the most for an account, however fast they come."""
    first = _known_device()
    raced(20, login, lambda _connection: _known_device())
    count = admin.execute("SELECT count(*) FROM vault.device_credentials").fetchone()
    assert count is not None
    assert count[0] <= 21  # two that end at once may each leave the other's to the next
    _known_device()
    assert admin.execute("SELECT count(*) FROM vault.device_credentials").fetchone() == (20,)
    for _ in range(10):
        assert _guess(WRONG, None).status == "wrong"
    assert _guess(RIGHT, first).status == "wait"


def test_device_secret_is_stored_as_a_digest(ada: None, admin: psycopg.Connection) -> None:
    """A dump of the vault holds no device's secret."""
    device = _known_device()
    row = admin.execute("SELECT secret_hash FROM vault.device_credentials").fetchone()
    assert row is not None
    assert row[0] != device
