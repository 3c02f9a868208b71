"""Lists of accounts: locked as one, and undone exactly."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import psycopg
import pytest

from emergency.actions.account_lists import find_accounts, lock_accounts, names_in, unlock_accounts
from emergency.actions.lock_account import Lock, lock_account
from emergency.actions.unlock_account import unlock_account
from emergency.errors import ListEmpty, ListUndone, NotAllowed, NotProven, ReasonMissing
from tests.database import people
from tests.database.asking import ask, value
from tests.database.operating import enrolled, shows, signed_in
from vault import account_lists, sessions
from vault.lockouts import LOCK

Playing = Callable[[str], AbstractContextManager[None]]


def states(admin: psycopg.Connection) -> dict[str, str]:
    """Who is locked."""
    rows = ask(admin, "SELECT username, state FROM vault.accounts")
    return {row["username"]: row["state"] for row in rows}


def a_crowd(count: int) -> list[people.Member]:
    """So many accounts."""
    return [people.sign_up(f"Person {number}") for number in range(count)]


def test_list_locks_its_accounts_and_undo_unlocks_just_those(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """Who was locked before stays locked; who was unlocked and locked again meanwhile too."""
    ada, bob, carl, dora = (people.sign_up(name) for name in ("Ada", "Bob", "Carl", "Dora"))
    session = people.sign_in(ada)
    with playing("owner"):
        lock_account(bob.account_id, "before", by=None)
        done = lock_accounts(
            [one.account_id for one in (ada, bob, carl)], "a wave", by=None, how=LOCK
        )
        assert (done.accounts, done.sessions_ended) == (2, 1)
        assert done.left_alone == (("already", 1),)
        unlock_account(carl.account_id, "not them", by=None)
        lock_account(carl.account_id, "for another reason", by=None)
    assert sessions.resume(session.secret) is None
    assert states(admin) == {
        "Ada": "locked",
        "Bob": "locked",
        "Carl": "locked",
        "Dora": "active",
    }
    with playing("owner"):
        assert unlock_accounts(done.list_id, "it was not them", by=None).accounts == 1
        with pytest.raises(ListUndone):
            unlock_accounts(done.list_id, "again", by=None)
    assert states(admin) == {
        "Ada": "active",
        "Bob": "locked",
        "Carl": "locked",
        "Dora": "active",
    }
    assert dora.account_id


def test_list_of_any_length_is_locked_in_parts_and_says_how_far(
    vault: None, playing: Playing, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part is a transaction; one list, one event and one letter stand for all."""
    monkeypatch.setattr("emergency.actions.account_lists._A_PART", 2)
    crowd, said = [one.account_id for one in a_crowd(5)], []
    with playing("owner"):
        done = lock_accounts(
            crowd, "a wave", by=None, how=LOCK, progress=lambda _list, at, of: said.append((at, of))
        )
    assert done.accounts == 5
    assert said == [(2, 5), (4, 5), (5, 5)]
    [event] = ask(admin, "SELECT detail FROM vault.events WHERE tag = 'lockout:accounts:locked'")
    assert event["detail"] == {"reason": "a wave", "list": done.list_id, "accounts": 5}
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE kind = 'measure'") == 1
    with playing("owner"):
        assert unlock_accounts(done.list_id, "over", by=None).accounts == 5


def test_list_stopped_halfway_locks_the_rest_when_given_again(
    vault: None, playing: Playing, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was locked stays locked, and nobody is locked twice."""
    monkeypatch.setattr("emergency.actions.account_lists._A_PART", 1)
    crowd = [one.account_id for one in a_crowd(3)]

    class Stopped(Exception):
        """Somebody pressed Ctrl-C."""

    def stop(_list: int, at: int, _of: int) -> None:
        if at == 2:
            raise Stopped

    with playing("owner"):
        with pytest.raises(Stopped):
            lock_accounts(crowd, "a wave", by=None, how=LOCK, progress=stop)
        assert list(states(admin).values()).count("locked") == 2
        done = lock_accounts(crowd, "a wave", by=None, how=LOCK)
    assert (done.accounts, done.left_alone) == (1, (("already", 2),))
    assert set(states(admin).values()) == {"locked"}


def test_list_never_locks_the_last_operator_nor_the_one_who_acts(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """A list of everybody leaves somebody who can undo it."""
    crowd = [people.sign_up(name) for name in ("Ada", "Chief", "Locker")]
    chief = enrolled(playing, crowd[1].account_id, "chief")
    enrolled(playing, crowd[2].account_id, "locker")
    ids = [one.account_id for one in crowd]
    acting = signed_in(playing, chief)
    with playing("operator"):
        done = lock_accounts(ids, "all of them", by=shows(acting, chief), how=LOCK)
    assert done.left_alone == (("self", 1),)
    assert states(admin) == {"Ada": "locked", "Chief": "active", "Locker": "locked"}
    with playing("owner"):
        done = lock_accounts(ids, "all of them", by=None, how=LOCK)
    assert done.left_alone == (("already", 2), ("last_operator", 1))
    assert states(admin)["Chief"] == "active"


def test_list_takes_the_right_level_a_passkey_and_a_reason(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """As a single lock does; and no list is begun by what was refused."""
    crowd = [people.sign_up(name) for name in ("Ada", "Looker", "Locker")]
    looker = enrolled(playing, crowd[1].account_id, "looker")
    locker = enrolled(playing, crowd[2].account_id, "locker")
    looking, locking = signed_in(playing, looker), signed_in(playing, locker)
    ids = [crowd[0].account_id]
    with playing("operator"):
        with pytest.raises(NotAllowed):
            lock_accounts(ids, "x", by=shows(looking, looker), how=LOCK)
        with pytest.raises(NotProven):
            lock_accounts(ids, "x", by=locking, how=LOCK)
        with pytest.raises(NotProven):
            unlock_accounts(1, "x", by=locking)
        with pytest.raises(ReasonMissing):
            lock_accounts(ids, " ", by=shows(locking, locker), how=LOCK)
        with pytest.raises(ListEmpty):
            lock_accounts([], "x", by=shows(locking, locker), how=LOCK)
    assert states(admin)["Ada"] == "active"
    assert value(admin, "SELECT count(*) FROM vault.lockouts") == 0


def test_part_of_another_list_that_was_undone_is_refused(vault: None, playing: Playing) -> None:
    """A list that an operator undid while it ran stops there."""
    ada, bob = people.sign_up("Ada"), people.sign_up("Bob")
    with playing("owner"):
        begun = account_lists.lock([ada.account_id], "x", None, Lock())
        assert begun.list_id is not None
        unlock_accounts(begun.list_id, "stop", by=None)
        more = account_lists.lock([bob.account_id], "x", None, Lock(), list_id=begun.list_id)
    assert more.status == "gone"


def test_names_of_a_list_are_read_as_people_write_them(vault: None, playing: Playing) -> None:
    """Remarks, blank lines, repetitions, small first letters, underscores, ids; and nonsense."""
    ada, bob = people.sign_up("Ada the great"), people.sign_up("Bob")
    text = f"""
        # of the night
        ada_the great   # as wikis write it
        {str(bob.account_id).upper()}
        Bob
        Bob
        nobody here
        #only a remark
        a#b
        bad|name
    """
    with playing("owner"):
        found = find_accounts(names_in(text), by=None)
    assert [one.username for one in found.accounts] == ["Ada the great", "Bob"]
    assert found.unknown == ("nobody here", "a", "bad|name")
    assert ada.account_id in {one.account_id for one in found.accounts}


def test_oversized_and_odd_lists_are_bad_requests(vault: None, playing: Playing) -> None:
    """Nothing is locked by what is no list."""
    ada = people.sign_up("Ada")
    with playing("owner"):
        for accounts in ([], [UUID(int=number) for number in range(1001)]):
            assert account_lists.lock(accounts, "x", None, Lock()).status == "bad_request"
        assert (
            account_lists.lock([ada.account_id], "x", None, Lock(told="x" * 301)).status
            == "bad_request"
        )
        with pytest.raises(ListUndone):
            unlock_accounts(4711, "x", by=None)
