"""Signing keys out of service: what they signed is refused, and the undo is exact."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg
import pytest

from emergency.actions.signing_key_lockout import restore_keys, withdraw_keys
from emergency.errors import KeysInService, KeysWithdrawn, ReasonMissing
from tests.database.asking import ask, value
from tests.database.console import Console
from tests.database.rotating import kept_keys
from vault import signing_keys

Playing = Callable[[str], AbstractContextManager[None]]
STANDING = "SELECT kid, alg, state, retired_at FROM vault.signing_keys ORDER BY kid"


@pytest.fixture(autouse=True)
def kept(vault: None, admin: psycopg.Connection) -> Iterator[None]:
    """The signing keys of all tests, whatever becomes of them in this one."""
    with kept_keys(admin):
        yield
    signing_keys.forget()


def published() -> tuple[set[str], dict[str, str]]:
    """What is published and what signs, as a process that has just started sees it."""
    signing_keys.forget()
    found = signing_keys.key_set()
    return {key["kid"] for key in found.published}, {a: k.kid for a, k in found.active.items()}


def test_withdrawn_keys_sign_and_verify_nothing_and_come_back_exactly(
    playing: Playing, admin: psycopg.Connection
) -> None:
    """Undone, everything is as it was: which sign, which are retired and since when."""
    before, standing = published(), ask(admin, STANDING)
    with playing("owner"):
        done = withdraw_keys("seen in a log", by=None)
    assert set(done.kids) == before[0]
    assert published() == (set(), {})
    with pytest.raises(signing_keys.NoSigningKey):
        signing_keys.signing_key("ES256")
    with playing("owner"):
        with pytest.raises(KeysWithdrawn):  # there is none any more
            withdraw_keys("again", by=None)
        assert set(restore_keys("a false alarm", by=None).kids) == before[0]
        with pytest.raises(KeysInService):
            restore_keys("again", by=None)
    assert published() == before
    assert ask(admin, STANDING) == standing
    tags = [
        row["tag"]
        for row in ask(
            admin, "SELECT tag FROM vault.events WHERE tag LIKE 'lockout:signing%%' ORDER BY id"
        )
    ]
    assert tags == ["lockout:signing_keys:withdrawn", "lockout:signing_keys:restored"]


def test_new_keys_made_meanwhile_sign_and_the_old_ones_stay_out(
    playing: Playing, admin: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """The console's command replaces them for good: there is nothing left to put back."""
    before = published()[0]
    with playing("owner"):
        withdraw_keys("seen in a log", by=None)
    made = Console(playing, capsys).answer(
        "rotatekeys", "--signing", "--compromised", "--reason", "seen in a log"
    )["signing_keys"]
    assert published() == (set(made.values()), made)
    assert not before & set(made.values())
    assert value(admin, "SELECT count(*) FROM vault.lockouts WHERE lifted_at IS NULL") == 0
    with playing("owner"), pytest.raises(KeysInService):
        restore_keys("too late", by=None)


def test_key_added_while_the_others_are_withdrawn_signs_alone(playing: Playing) -> None:
    """``createsigningkeys`` makes what is missing; the undo brings the others back beside it."""
    before, _ = published()
    with playing("owner"):
        withdraw_keys("seen in a log", by=None)
        made = {signing_keys.create(alg) for alg in signing_keys.ALGORITHMS}
    assert published()[0] == made
    with playing("owner"):
        restore_keys("a false alarm", by=None)
    assert published()[0] == before | made


def test_key_that_came_since_is_taken_by_the_lockout_that_holds(playing: Playing) -> None:
    """A lockout that was forgotten must not protect the key that leaked next; one undo for all."""
    before, _ = published()
    with playing("owner"):
        withdraw_keys("seen in a log", by=None)
        made = {signing_keys.create(alg) for alg in signing_keys.ALGORITHMS}
        assert set(withdraw_keys("that one too", by=None).kids) == made
        assert published() == (set(), {})
        restore_keys("a false alarm", by=None)
    assert published()[0] == before | made


def test_withdrawal_without_a_reason_does_nothing(playing: Playing) -> None:
    """It would stop every sign-in to a wiki."""
    before = published()
    with playing("owner"), pytest.raises(ReasonMissing):
        withdraw_keys(" ", by=None)
    assert published() == before
