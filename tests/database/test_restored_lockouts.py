"""Lockouts after a restore: what was closed since the dump is, what was opened since is open."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from emergency.actions.doors import close_door
from emergency.actions.lock_account import Lock, lock_account
from emergency.actions.lost_lines import LostLines
from emergency.actions.signing_key_lockout import withdraw_keys
from emergency.actions.suspend_wiki import suspend_wiki
from tests.database.asking import a_wiki, ask, value
from tests.database.people import sign_up
from tests.database.rotating import kept_keys
from tests.database.test_restores import line
from tests.database.trail import Play
from vault import restores

Reapply = Callable[..., str]
DOORS = ("sign_up", "sign_in", "unknown_devices")


@pytest.fixture
def reapply(vault: None, playing: Play) -> Reapply:
    """Applies a line as the owner; a dry run first, and once more, which changes nothing."""

    def act(tag: str, account: UUID | None = None, **changes: Any) -> str:
        event = line(tag, account, **changes)
        with playing("owner"):
            said = restores.reapply(event, dry=True)
            assert restores.reapply(event, dry=False) == said
            assert restores.reapply(event, dry=False) == "already"
        return said

    return act


def flags(admin: psycopg.Connection) -> tuple[bool, bool, bool]:
    """How the doors stand: each closed or not."""
    [row] = ask(
        admin,
        "SELECT NOT sign_up_open AS a, NOT sign_in_open AS b, sign_in_known_only AS c"
        " FROM vault.site",
    )
    return row["a"], row["b"], row["c"]


@pytest.mark.parametrize("number", range(3))
def test_door_that_was_closed_or_opened_since_is_so_again(
    reapply: Reapply, admin: psycopg.Connection, number: int
) -> None:
    """With its record, by which it is shown and undone."""
    detail = {"door": DOORS[number], "reason": "an attack"}
    assert reapply("lockout:site:closed", detail=detail) == "applied"
    assert flags(admin)[number]
    assert sum(flags(admin)) == 1
    live = "SELECT reason FROM vault.lockouts WHERE lifted_at IS NULL"
    assert value(admin, live) == "an attack"
    assert reapply("lockout:site:opened", detail=detail) == "applied"
    assert sum(flags(admin)) == 0
    assert ask(admin, live) == []


def test_lock_of_before_the_dump_does_not_stand_for_the_one_since(
    reapply: Reapply, playing: Play, admin: psycopg.Connection
) -> None:
    """Its end would open the account, though whoever locked it since set none."""
    ada = sign_up("Ada")
    a_wiki(admin)
    soon = datetime.now(UTC) + timedelta(hours=1)
    with playing("owner"):
        lock_account(ada.account_id, "before", by=None, how=Lock(ends_at=soon))
        suspend_wiki("wiki-a", "before", by=None, ends_at=soon)
        close_door("sign_in", "before", by=None, ends_at=soon)
    since = {"reason": "since"}
    assert reapply("lockout:account:locked", ada.account_id, detail=since) == "applied"
    assert reapply("lockout:wiki:suspended", client_id="wiki-a", detail=since) == "applied"
    closed = {"door": "sign_in", **since}
    assert reapply("lockout:site:closed", detail=closed) == "applied"
    ends = (
        "SELECT reason, ends_at FROM vault.account_locks WHERE lifted_at IS NULL"
        " UNION ALL SELECT reason, ends_at FROM vault.lockouts WHERE lifted_at IS NULL"
    )
    assert ask(admin, ends) == [{"reason": "since", "ends_at": None}] * 3


def test_end_of_a_lock_since_the_dump_is_kept(reapply: Reapply, admin: psycopg.Connection) -> None:
    """Until when is in the line."""
    ada = sign_up("Ada")
    until = 4_000_000_000
    detail = {"reason": "x", "until": until}
    assert reapply("lockout:account:locked", ada.account_id, detail=detail) == "applied"
    ends = "SELECT extract(epoch FROM ends_at)::bigint FROM vault.account_locks"
    assert value(admin, ends) == until


def test_signing_keys_withdrawn_since_stay_out(
    reapply: Reapply, playing: Play, admin: psycopg.Connection
) -> None:
    """Those that the line names, whatever a lockout in the dump held; undone, they come back."""
    published = "SELECT kid FROM vault.signing_keys k WHERE vault.is_published(k) ORDER BY kid"
    with kept_keys(admin):
        kids = [row["kid"] for row in ask(admin, published)]
        with playing("owner"):
            withdraw_keys("before", by=None)
        admin.execute("UPDATE vault.signing_keys SET lockout_id = NULL WHERE kid = %s", [kids[0]])
        detail = {"kids": kids, "reason": "since"}
        assert reapply("lockout:signing_keys:withdrawn", detail=detail) == "applied"
        assert ask(admin, published) == []
        assert reapply("lockout:signing_keys:restored", detail=detail) == "applied"
        assert [row["kid"] for row in ask(admin, published)] == kids


def test_last_word_on_each_door_is_what_counts() -> None:
    """And a list's accounts have lines of their own."""
    lost = LostLines()
    for number, (tag, detail) in enumerate(
        (
            ("lockout:site:closed", {"door": "sign_in"}),
            ("lockout:site:closed", {"door": "sign_up"}),
            ("lockout:site:opened", {"door": "sign_in"}),
            ("lockout:accounts:locked", {"list": 1}),
            ("lockout:site:sessions_ended", {}),
            ("lockout:signing_keys:withdrawn", {"kids": ["a"]}),
            ("lockout:signing_keys:restored", {"kids": ["a"]}),
        )
    ):
        lost.add(line(tag, id=number, detail=detail))
    assert [(event["tag"], event["detail"].get("door")) for event in lost.events()] == [
        ("lockout:site:closed", "sign_up"),
        ("lockout:site:opened", "sign_in"),
        ("lockout:signing_keys:restored", None),
    ]
