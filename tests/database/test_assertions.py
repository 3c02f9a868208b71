"""Assertions of wikis: each is spent once, whoever is faster, and remembered until it is over."""

import time
from collections import Counter

import psycopg
import pytest

from tests.database.asking import Login, a_wiki, call, random_32, value
from tests.database.racing import raced
from vault import assertions

SPEND = "api.spend_assertion_v1"
WIKI = "wiki-a"


def _soon() -> int:
    return int(time.time()) + 60


def _replays(admin: psycopg.Connection) -> list[tuple[str, str]]:
    """Client and detail of what was written down."""
    return admin.execute(
        "SELECT client_id, detail::text FROM vault.events WHERE tag = 'wiki:assertion:replayed'"
    ).fetchall()


def test_assertion_is_spent_once_and_a_replay_is_written_down(admin: psycopg.Connection) -> None:
    """V-replay: the event names the wiki, and not the id that would then stand in the trail."""
    a_wiki(admin)
    assert assertions.spend(WIKI, "first", ends_at=_soon())
    assert _replays(admin) == []
    assert not assertions.spend(WIKI, "first", ends_at=_soon())
    assert assertions.spend(WIKI, "second", ends_at=_soon())
    assert _replays(admin) == [(WIKI, "{}")]


def test_assertion_of_another_wiki_may_have_the_same_id(admin: psycopg.Connection) -> None:
    """RFC 7519 section 4.1.7: an id is its issuer's own; none can use up another's."""
    a_wiki(admin)
    a_wiki(admin, "wiki-b")
    assert assertions.spend(WIKI, "1", ends_at=_soon())
    assert assertions.spend("wiki-b", "1", ends_at=_soon())


def test_assertion_that_a_hundred_show_at_once_is_spent_by_one(
    admin: psycopg.Connection, login: Login
) -> None:
    """V-race: each with a connection of its own, as processes have."""
    a_wiki(admin)
    digest, ends_at = random_32(), _soon()
    heard = Counter(
        raced(100, login, lambda web: str(call(web, SPEND, WIKI, digest, ends_at)["status"]))
    )
    assert heard == {"spent": 1, "replayed": 99}
    assert len(_replays(admin)) == 99


REFUSED: dict[str, tuple[str | None, bytes | None, int | None, str]] = {
    "no such wiki": ("nobody", b"x" * 32, 60, "unknown"),
    "no wiki": (None, b"x" * 32, 60, "unknown"),
    "no digest": (WIKI, None, 60, "bad_request"),
    "short digest": (WIKI, b"x" * 31, 60, "bad_request"),
    "long digest": (WIKI, b"x" * 33, 60, "bad_request"),
    "no end": (WIKI, b"x" * 32, None, "bad_request"),
    "an end that never comes": (WIKI, b"x" * 32, 2 * 86400, "bad_request"),
    "an end long ago": (WIKI, b"x" * 32, -2 * 86400, "bad_request"),
    "an end beyond all time": (WIKI, b"x" * 32, 2**62, "bad_request"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_assertion_that_is_none_is_refused_and_leaves_nothing(
    admin: psycopg.Connection, login: Login, case: str
) -> None:
    """Web cannot fill the table with what is never pruned, or the trail with wikis of its own."""
    a_wiki(admin)
    client_id, digest, ahead, status = REFUSED[case]
    ends_at = None if ahead is None else int(time.time()) + ahead
    with login("web") as web:
        assert call(web, SPEND, client_id, digest, ends_at)["status"] == status
    assert value(admin, "SELECT count(*) FROM vault.spent_assertions") == 0
    assert _replays(admin) == []


def test_assertion_is_remembered_for_a_day_after_it_is_over(
    admin: psycopg.Connection, login: Login
) -> None:
    """So that a clock which is set back by some hours opens nothing; then it is pruned."""
    a_wiki(admin)
    for jti in ("old", "young"):
        assertions.spend(WIKI, jti, ends_at=_soon())
    # In the order of their ends: the first is the one that shall be over.
    for hours, number in ((25, 0), (23, 1)):
        admin.execute(
            "UPDATE vault.spent_assertions SET ends_at = now() - make_interval(hours => %s)"
            " WHERE assertion_hash = (SELECT assertion_hash FROM vault.spent_assertions"
            " ORDER BY assertion_hash OFFSET %s LIMIT 1)",
            [hours, number],
        )
    with login("worker") as worker:
        worker.execute("SELECT api.prune_v1()")
    assert value(
        admin, "SELECT now() - max(ends_at) < interval '24 hours' FROM vault.spent_assertions"
    )
    assert value(admin, "SELECT count(*) FROM vault.spent_assertions") == 1
