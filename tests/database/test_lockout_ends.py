"""Lockouts with an end: the worker lifts what is due, and nothing opens by itself before."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from emergency.actions.account_lists import lock_accounts
from emergency.actions.doors import close_door
from emergency.actions.lock_account import Lock, lock_account
from emergency.actions.signing_key_lockout import withdraw_keys
from emergency.actions.suspend_wiki import suspend_wiki
from emergency.actions.unlock_account import unlock_account
from emergency.errors import AlreadyClosed, AlreadyLocked, AlreadySuspended, ReasonMissing
from outbox.measures import lift_due as lift_now
from tests.database import people
from tests.database.asking import a_wiki, ask, value
from tests.database.rotating import kept_keys
from vault import lockouts

Playing = Callable[[str], AbstractContextManager[None]]


def in_an_hour() -> datetime:
    """An end."""
    return datetime.now(UTC) + timedelta(hours=1)


def pass_an_hour(admin: psycopg.Connection) -> None:
    """As if an hour had gone by since the lockouts were placed."""
    for table in ("lockouts", "account_locks"):
        admin.execute(
            f"UPDATE vault.{table} SET ends_at = ends_at - interval '1 hour',"
            " placed_at = placed_at - interval '1 hour'"
        )


def lift(playing: Playing) -> int:
    """What the worker does every few seconds."""
    with playing("worker"):
        return lockouts.lift_due()


def test_every_kind_of_lockout_ends_when_it_is_due_and_not_before(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """A single account, a list, the doors, a wiki, the signing keys: all as they were before."""
    ada, bob, carl = (people.sign_up(name) for name in ("Ada", "Bob", "Carl"))
    a_wiki(admin)
    with kept_keys(admin), playing("owner"):
        how = Lock(ends_at=in_an_hour())
        lock_account(ada.account_id, "x", by=None, how=how)
        lock_accounts([bob.account_id, carl.account_id], "x", by=None, how=how)
        for door in ("sign_up", "sign_in", "unknown_devices"):
            close_door(door, "x", by=None, ends_at=in_an_hour())
        suspend_wiki("wiki-a", "x", by=None, ends_at=in_an_hour())
        withdraw_keys("x", by=None, ends_at=in_an_hour())
        assert lift(playing) == 0
        closed = "SELECT count(*) FROM vault.lockouts WHERE lifted_at IS NULL"
        assert value(admin, closed) == 6
        pass_an_hour(admin)
        assert value(admin, closed) == 6, "nothing opens before the worker has lifted it"
        assert lift(playing) == 9
        assert lift(playing) == 0
        assert value(admin, closed) == 0
        assert value(admin, "SELECT count(*) FROM vault.accounts WHERE state = 'locked'") == 0
        [site] = ask(admin, "SELECT sign_up_open, sign_in_open, sign_in_known_only FROM vault.site")
        assert site == {"sign_up_open": True, "sign_in_open": True, "sign_in_known_only": False}
        assert value(admin, "SELECT state FROM vault.wikis") == "active"
        assert value(admin, "SELECT count(*) FROM vault.signing_keys WHERE lockout_id > 0") == 0
    lifted = ask(
        admin,
        "SELECT tag, detail FROM vault.events WHERE tag LIKE 'lockout:%%' AND detail ? 'by_itself'",
    )
    assert len(lifted) == 9
    assert all(row["detail"]["reason"] == "its time was over" for row in lifted)


def test_worker_lifts_by_its_own_recurring_task(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """What the worker registers is what lifts."""
    with playing("owner"):
        close_door("sign_up", "x", by=None, ends_at=in_an_hour())
    pass_an_hour(admin)
    with playing("worker"):
        lift_now()
    assert value(admin, "SELECT sign_up_open FROM vault.site")


def test_lock_that_was_lifted_early_and_placed_again_holds_its_own_time(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """The end of the first says nothing about the second."""
    ada = people.sign_up("Ada")
    with playing("owner"):
        lock_account(ada.account_id, "x", by=None, how=Lock(ends_at=in_an_hour()))
        unlock_account(ada.account_id, "x", by=None)
        lock_account(ada.account_id, "for good", by=None)
    pass_an_hour(admin)
    assert lift(playing) == 0
    assert value(admin, "SELECT state FROM vault.accounts") == "locked"


def test_clock_set_back_keeps_closed_what_is_closed(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """An hour back is an hour longer: an end opens nothing early."""
    ada = people.sign_up("Ada")
    with playing("owner"):
        lock_account(ada.account_id, "x", by=None, how=Lock(ends_at=in_an_hour()))
    # All that stands in the rows lies an hour later than the clock has it.
    admin.execute("UPDATE vault.account_locks SET ends_at = ends_at + interval '1 hour'")
    pass_an_hour(admin)
    assert lift(playing) == 0
    assert people.prove(ada).status == "locked"


def test_lockout_with_an_end_is_made_longer_without_a_moment_between(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """Placed once more with a later end or none it lasts longer; never shorter."""
    ada = people.sign_up("Ada")
    a_wiki(admin)
    soon, later = in_an_hour(), in_an_hour() + timedelta(hours=1)
    ends = (
        "SELECT array_agg(ends_at) FROM (SELECT ends_at FROM vault.account_locks"
        " UNION ALL SELECT ends_at FROM vault.lockouts) e"
    )
    with playing("owner"):
        for end, stands in ((later, later), (soon, later), (None, None), (later, None)):
            for place in (
                lambda at: lock_account(ada.account_id, "x", by=None, how=Lock(ends_at=at)),
                lambda at: close_door("sign_in", "x", by=None, ends_at=at),
                lambda at: suspend_wiki("wiki-a", "x", by=None, ends_at=at),
            ):
                try:
                    place(end)
                except (AlreadyLocked, AlreadyClosed, AlreadySuspended):
                    assert end != stands
            assert value(admin, ends) == [stands] * 3
    assert value(admin, "SELECT count(*) FROM vault.account_locks") == 1


def test_end_of_one_lock_lifts_no_other(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """Unlocked and locked anew while the worker was on its way: the new one stays."""
    ada = people.sign_up("Ada")
    with playing("owner"):
        lock_account(ada.account_id, "x", by=None, how=Lock(ends_at=in_an_hour()))
        first = value(admin, "SELECT max(id) FROM vault.account_locks")
        unlock_account(ada.account_id, "x", by=None)
        lock_account(ada.account_id, "for good", by=None)
    for is_over in (True, False):
        lifted = "SELECT vault.unlock_account(%s, 'over', NULL, %s, %s)"
        assert value(admin, lifted, ada.account_id, first, is_over) == "already"
    assert value(admin, "SELECT state FROM vault.accounts") == "locked"


@pytest.mark.parametrize("away", [timedelta(0), timedelta(hours=-1), timedelta(days=367)])
def test_end_that_is_none_is_refused(vault: None, playing: Playing, away: timedelta) -> None:
    """Not in the past, and not beyond a year: the vault says so."""
    ada = people.sign_up("Ada")
    with playing("owner"):
        how = Lock(ends_at=datetime.now(UTC) + away)
        with pytest.raises(ReasonMissing):
            lock_account(ada.account_id, "x", by=None, how=how)
        with pytest.raises(ReasonMissing):
            close_door("sign_up", "x", by=None, ends_at=how.ends_at)
    assert people.prove(ada).status == "right"
