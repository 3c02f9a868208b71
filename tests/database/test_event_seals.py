"""The sealed trail: what is removed, changed, reordered or added later shows."""

import threading
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings

from outbox import sealing
from tests.database.asking import Login, ask, call, random_32, value
from tests.database.people import prove, sign_in, sign_up
from tests.database.trail import Trail, still_writing, trail
from vault import event_seals, events
from vault.event_seals import Finding
from vault.keys import KeyRing, new_key

__all__ = ["trail"]


def kinds(findings: list[Finding]) -> list[tuple[str, int | None]]:
    """What was found, and in which seals."""
    return [(found.kind, found.seal) for found in findings]


def test_lines_are_sealed_once_in_their_order(trail: Trail) -> None:
    """Each line in one seal, each seal after the one before; nothing is left, nothing is found."""
    trail.sealed(3, 1, 5)
    assert trail.seal() == 0
    assert ask(trail.admin, "SELECT number, ids::text, lines FROM vault.event_seals") == [
        {"number": 1, "ids": "{[1,4)}", "lines": 3},
        {"number": 2, "ids": "{[4,5)}", "lines": 1},
        {"number": 3, "ids": "{[5,10)}", "lines": 5},
    ]
    assert trail.findings() == []


def test_lines_of_a_busy_minute_are_sealed_in_several_batches(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch is bounded; sealing goes on until none waits."""
    monkeypatch.setattr(event_seals, "BATCH", 4)
    monkeypatch.setattr(event_seals, "_SEALS_AT_ONCE", 2)
    trail.write(11)
    assert trail.seal() == 11
    assert value(trail.admin, "SELECT array_agg(lines ORDER BY number) FROM vault.event_seals") == [
        *(4, 4, 3)
    ]
    assert trail.findings() == []


CHANGES = {
    "at": "at + interval '1 microsecond'",
    "tag": "'account:password:right'",
    "account_id": "gen_random_uuid()",
    "sid": "NULL",
    "client_id": "''",
    "actor_id": "gen_random_uuid()",
    "network": "''",
    "agent": "NULL",
    "detail": """'{"a": "2"}'""",
}


@pytest.mark.parametrize("column", CHANGES)
def test_line_that_was_changed_is_found_whatever_the_column(trail: Trail, column: str) -> None:
    """Every column is sealed; NULL and empty are not the same."""
    trail.sealed(2)
    trail.write(sid=uuid4(), client_id=None, network=None, agent=b"", detail='{"a": 2}')
    trail.seal()
    trail.sealed(2)
    trail.admin.execute(f"UPDATE vault.events SET {column} = {CHANGES[column]} WHERE id = 3")
    assert trail.findings() == [Finding("changed", 2, "{[3,4)}")]
    assert trail.findings(since=3) == []


def test_line_that_was_removed_is_found_by_its_id(trail: Trail) -> None:
    """Whichever of them, and also when all of a seal's are gone."""
    trail.sealed(3, 2)
    trail.admin.execute("DELETE FROM vault.events WHERE id IN (2, 4, 5)")
    assert trail.findings() == [Finding("removed", 1, "{[2,3)}"), Finding("removed", 2, "{[4,6)}")]


def test_lines_that_changed_places_are_found(trail: Trail) -> None:
    """Two lines that took each other's ids: nothing is missing, and the order is wrong."""
    trail.sealed(5)
    trail.admin.execute(
        "WITH gone AS (DELETE FROM vault.events WHERE id IN (2, 4) RETURNING *)"
        " SELECT 6 - id AS id, at, tag, detail INTO TEMP swapped FROM gone"
    )
    trail.admin.execute(
        "INSERT INTO vault.events (id, at, tag, detail) OVERRIDING SYSTEM VALUE TABLE swapped"
    )
    assert trail.findings() == [Finding("reordered", 1, "{[2,3),[4,5)}")]


def test_line_that_was_added_later_is_found(trail: Trail) -> None:
    """Below the newest seal there is no free place, and none below the first id."""
    trail.sealed(2)
    trail.admin.execute("SELECT setval('vault.events_id_seq', 4)")
    trail.sealed(1)
    trail.admin.execute("UPDATE vault.event_sealing SET holes = '{}'")
    for number in (-7, 4):
        trail.admin.execute(
            "INSERT INTO vault.events (id, tag) OVERRIDING SYSTEM VALUE"
            " VALUES (%s, 'account:password:right')",
            [number],
        )
    assert trail.findings() == [Finding("added", 1, "{[-7,-6)}"), Finding("added", 2, "{[4,5)}")]


# Ids commit in any order.


def test_line_that_commits_late_is_sealed_late(trail: Trail) -> None:
    """Its id is waited for, and others are sealed meanwhile; a rolled back one is no finding."""
    trail.write()
    with still_writing() as slow, still_writing() as undone:
        trail.write(2)
        assert trail.seal() == 3
        undone.rollback()
        assert value(trail.admin, "SELECT holes::text FROM vault.event_sealing") == "{[2,4)}"
        assert trail.findings() == []
        slow.commit()
        assert trail.findings() == []
    trail.write()
    assert trail.seal() == 2
    assert value(trail.admin, "SELECT ids::text FROM vault.event_seals WHERE number = 2") == (
        "{[2,3),[6,7)}"
    )
    assert trail.findings() == []


@pytest.mark.parametrize(("age", "holes"), [(59, "{[1,2)}"), (61, "{}")])
def test_hole_is_given_up_when_the_line_above_it_is_an_hour_old(
    trail: Trail, age: int, holes: str
) -> None:
    """Until then it is looked at; the line that commits after that is a finding."""
    with still_writing() as slow:
        trail.write(age=age)
        assert trail.seal() == 1
        assert value(trail.admin, "SELECT holes::text FROM vault.event_sealing") == holes
        slow.commit()
    trail.write()
    assert trail.seal() == (2 if holes != "{}" else 1)
    assert trail.findings() == ([] if holes != "{}" else [Finding("added", 1, "{[1,2)}")])


def test_line_in_a_hole_that_was_given_up_is_found_even_when_it_is_sealed(trail: Trail) -> None:
    """A writer of the database who reopens a hole makes the worker seal it, and is found."""
    trail.admin.execute("SELECT setval('vault.events_id_seq', 5)")
    trail.write(3)
    trail.seal()
    trail.admin.execute("UPDATE vault.events SET at = at - interval '2 hours'")
    trail.admin.execute("TRUNCATE vault.event_seals")
    trail.admin.execute("UPDATE vault.event_sealing SET number = 0, upto = 0, holes = '{}'")
    assert trail.seal() == 3
    assert value(trail.admin, "SELECT holes::text FROM vault.event_sealing") == "{}"
    trail.admin.execute("UPDATE vault.event_sealing SET holes = '{[1,6)}'")
    trail.admin.execute(
        "INSERT INTO vault.events (id, tag) OVERRIDING SYSTEM VALUE"
        " VALUES (3, 'account:password:right')"
    )
    assert trail.seal() == 1
    assert trail.findings() == [Finding("added", 2, "{[3,4)}")]


# The chain.


@pytest.mark.parametrize(
    "change",
    [
        "lines = lines + 1",
        "ids = ids - '{[4,5)}'",
        "sealed_at = sealed_at - interval '1 microsecond'",
        "digest = sha256('x')",
        "mac = sha256('x')",
        "mac_key = 'other'",
    ],
)
def test_seal_that_was_changed_is_found(trail: Trail, change: str) -> None:
    """Nothing of a seal can be changed without the key."""
    trail.sealed(2, 2, 2)
    trail.admin.execute(f"UPDATE vault.event_seals SET {change} WHERE number = 2")
    assert ("broken_mac", 2) in kinds(trail.findings())


def test_seals_that_are_missing_are_found(trail: Trail) -> None:
    """In the middle, at the beginning and at the end."""
    trail.sealed(1, 1, 1, 1, 1)
    trail.admin.execute("DELETE FROM vault.event_seals WHERE number IN (1, 3, 5)")
    found = kinds(trail.findings())
    gaps = [number for kind, number in found if kind == "gap_in_chain"]
    assert gaps == [2, 4, 5]


def test_seal_of_a_stranger_is_found(trail: Trail) -> None:
    """A whole trail made anew needs the worker's key."""
    trail.sealed(2)
    strange = KeyRing.parse("AUTHSITE_EVENT_KEYS", new_key("t1"))
    trail.write(2)
    with trail.playing("worker"), override_settings(EVENT_KEYS=strange):
        event_seals.seal_closed_batch()
    assert kinds(trail.findings()) == [("broken_mac", 2)]


def test_marker_that_was_set_back_is_found(trail: Trail) -> None:
    """How far sealing has come has no MAC; the seals say otherwise."""
    trail.sealed(1, 1)
    trail.admin.execute("UPDATE vault.event_sealing SET number = 1, upto = 1")
    trail.write()
    assert trail.seal() == 0
    assert ("gap_in_chain", 2) in kinds(trail.findings())


def test_workers_that_seal_at_once_make_one_chain(trail: Trail) -> None:
    """Each line is sealed once, whoever is faster."""
    trail.write(40)
    barrier = threading.Barrier(4)
    sealed: list[int] = []

    def work() -> None:
        barrier.wait(timeout=60)
        sealed.append(event_seals.seal_closed_batch())

    with trail.playing("worker"):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert sum(sealed) == 40
    assert trail.findings() == []


def test_seal_that_comes_too_late_is_stale(trail: Trail, login: Login) -> None:
    """Of two seals for the same lines one is taken; what no line stands for is refused."""
    trail.write(2)
    with login("worker") as worker:
        batch = call(worker, "api.unsealed_events_v1", 10)
        arguments: dict[str, Any] = {
            "number": batch["number"],
            "ids": batch["ids"],
            "lines": batch["lines"],
            "digest": batch["digest"],
            "mac": random_32(),
            "mac_key": "t1",
            "sealed_at": batch["sealed_at"],
            "previous": 0,
        }

        def add(**changes: Any) -> str:
            answer = call(worker, "api.add_event_seal_v1", *{**arguments, **changes}.values())
            return str(answer["status"])

        hour = 3_600_000_000
        for refused in (
            {"ids": "{[1,4)}", "lines": 3},
            {"ids": "{[1,2)}"},
            {"ids": "{}", "lines": 1},
            {"ids": "{[,3)}"},
            {"ids": "nonsense"},
            {"number": 2},
            {"sealed_at": batch["sealed_at"] - hour},
            {"sealed_at": batch["sealed_at"] + hour},
        ):
            assert add(**refused) == "bad_request", refused
        assert add() == "sealed"
        assert add() == "stale"
        # A line that is sealed is not sealed again.
        assert add(number=2, previous=1) == "bad_request"


# What is kept of networks and agents.


def test_salts_that_are_dropped_break_no_seal(trail: Trail, login: Login) -> None:
    """After 90 days a digest of a network says nothing, and the seals hold as they did."""
    prove(sign_up("Ada"))
    trail.seal()
    trail.admin.execute("UPDATE vault.event_salts SET day = day - 92")
    with login("worker") as worker:
        worker.execute("SELECT api.prune_v1()")
    assert value(trail.admin, "SELECT count(*) FROM vault.event_salts WHERE day < now()") == 1
    assert trail.findings() == []


def test_salt_within_its_time_is_kept(trail: Trail, login: Login) -> None:
    """For 90 days operators can tell whether two lines came from one network."""
    trail.admin.execute("INSERT INTO vault.event_salts VALUES (vault.today() - 90, 'salt')")
    with login("worker") as worker:
        worker.execute("SELECT api.prune_v1()")
    assert value(trail.admin, "SELECT count(*) FROM vault.event_salts WHERE salt = 'salt'") == 1


# The worker's minute.


def test_worker_reports_a_broken_seal(trail: Trail) -> None:
    """It looks at the newest seals each minute, and says which is broken."""
    trail.sealed(1, 1)
    with trail.playing("worker"):
        sealing.keep_trail()
        assert trail.refused_rows() == []
        trail.admin.execute("DELETE FROM vault.events WHERE id = 2")
        sealing.keep_trail()
    assert trail.refused_rows() == [("event_seal", "2")]


def test_worker_looks_at_older_seals_too(trail: Trail) -> None:
    """One by chance: all of them, in time."""
    trail.sealed(*[1] * 6)
    trail.admin.execute("DELETE FROM vault.events WHERE id < 4")
    with trail.playing("worker"):
        found = {number for _ in range(100) for number in event_seals.broken_seals(6)}
    assert found == {1, 2, 3}


def test_trail_that_cannot_be_sealed_is_reported(trail: Trail) -> None:
    """After five minutes without a seal; what waits for less is no trouble."""
    trail.write(age=4)
    trail.admin.execute("REVOKE EXECUTE ON FUNCTION api.add_event_seal_v1 FROM authsite_worker")
    try:
        with trail.playing("worker"):
            sealing.keep_trail()
            assert trail.refused_rows() == []
            assert trail.findings() == []
            trail.admin.execute("UPDATE vault.events SET at = at - interval '2 minutes'")
            sealing.keep_trail()
    finally:
        trail.admin.execute("GRANT EXECUTE ON FUNCTION api.add_event_seal_v1 TO authsite_worker")
    assert trail.refused_rows() == [("event_sealing", "behind")]
    assert trail.findings() == [Finding("unsealed_too_long", None)]


def test_line_of_an_impossible_time_is_sealed_as_any(trail: Trail) -> None:
    """A writer of the database cannot keep the trail from being sealed or looked at."""
    for at in ("infinity", "-infinity", "294276-12-31 UTC"):
        trail.write(at=at, tag="site:row:refused")
        assert trail.findings() == []
    assert trail.seal() == 3
    assert trail.hand_over() == 1
    assert trail.findings() == trail.store_findings() == []


# One's own part.


def test_own_events_are_ones_own_newest_first(trail: Trail) -> None:
    """Page by page, without networks, agents, other people's lines or an operator's reason."""
    ada, bob = sign_up("Ada"), sign_up("Bob")
    session = sign_in(ada)
    sign_in(bob)
    trail.write(tag="lockout:sessions:ended", account_id=ada.account_id, detail='{"reason": "x"}')
    first = events.own_events(session, limit=2)
    assert [line.tag for line in first] == ["lockout:sessions:ended", "account:session:opened"]
    assert first[0].detail == {}
    rest = events.own_events(session, before=first[-1].id)
    assert [line.tag for line in rest] == ["account:password:right", "account:sign_up:success"]
    assert events.own_events(session, before=rest[-1].id) == []


def test_own_events_without_a_session_are_nobodys(trail: Trail, login: Login) -> None:
    """By a session's secret alone, and no more than 200 lines at once."""
    session = sign_in(sign_up("Ada"))
    with login("web") as web:
        own = "SELECT * FROM api.own_events_v1(%s, NULL, %s)"
        assert ask(web, own, random_32(), 10) == []
        for limit in (0, -1, 201, None):
            assert ask(web, own, session.secret, limit) == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("SELECT * FROM vault.events")
