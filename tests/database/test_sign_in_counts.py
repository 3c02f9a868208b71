"""Sign-ins and failures of the last day, as the operators' first page counts them."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from tests.database.asking import Login, a_person, a_session, ask, random_32, value
from tests.database.operating import an_operator

HALF_HOUR = timedelta(minutes=30)
NUMBERS = ("signed_in", "wrong_passwords", "wrong_factors", "turned_away")


def ago(**time: float) -> datetime:
    """A moment that is over."""
    return datetime.now(UTC) - timedelta(**time)


def slot_of(at: datetime) -> datetime:
    """When the half-hour of a moment began."""
    return at - (at - datetime(2000, 1, 1, tzinfo=UTC)) % HALF_HOUR


def happened_at(admin: psycopg.Connection, at: datetime, tag: str, **detail: str) -> None:
    """An event of that time; older ones are to be written before newer ones."""
    admin.execute(
        "INSERT INTO vault.events (tag, at, detail) VALUES (%s, %s, %s)",
        [tag, at, json.dumps(detail)],
    )


def an_operators_secret(admin: psycopg.Connection, login: Login, level: str = "looker") -> bytes:
    """The secret of a live session at the operator's site."""
    with login("web") as web, login("operator") as operator:
        return an_operator(admin, web, operator, level=level)


def counted(login: Login, secret: bytes) -> dict[datetime, tuple[int, ...]]:
    """What the operator's process is told, by half-hours."""
    with login("operator") as operator:
        rows = ask(operator, "SELECT * FROM api.sign_in_counts_v1(%s)", secret)
    assert [row["slot"] for row in rows] == sorted(row["slot"] for row in rows)
    return {row["slot"]: tuple(row[name] for name in NUMBERS) for row in rows}


@pytest.mark.parametrize(
    ("tag", "detail", "numbers"),
    [
        ("account:session:opened", {"kind": "web"}, (1, 0, 0, 0)),
        ("account:session:opened", {"kind": "operator"}, (0, 0, 0, 0)),
        ("account:password:right", {}, (0, 0, 0, 0)),
        ("account:password:wrong", {}, (0, 1, 0, 0)),
        ("account:password:unjudged", {}, (0, 1, 0, 0)),
        ("account:app_password:refused", {}, (0, 1, 0, 0)),
        ("account:factor:wrong", {}, (0, 0, 1, 0)),
        ("account:factor:unjudged", {}, (0, 0, 1, 0)),
        ("account:passkey:refused", {}, (0, 0, 1, 0)),
        ("account:passkey:counter", {}, (0, 0, 1, 0)),
        ("account:password:throttled", {}, (0, 0, 0, 1)),
        ("account:factor:throttled", {}, (0, 0, 0, 1)),
        ("account:password:locked", {}, (0, 0, 0, 1)),
        ("account:password:closed", {}, (0, 0, 0, 1)),
    ],
)
def test_event_counts_in_its_half_hour_as_what_it_is(
    admin: psycopg.Connection,
    login: Login,
    tag: str,
    detail: dict[str, str],
    numbers: tuple[int, ...],
) -> None:
    """What was tried, and what became of it, stands in the half-hour in which it happened."""
    at = ago(hours=3)
    happened_at(admin, at, tag, **detail)
    found = counted(login, an_operators_secret(admin, login))
    assert found[slot_of(at)] == numbers
    assert found[slot_of(at) - HALF_HOUR] == found[slot_of(at) + HALF_HOUR] == (0, 0, 0, 0)


def test_counts_cover_a_day_in_half_hours_without_a_gap(
    admin: psycopg.Connection, login: Login
) -> None:
    """48 of them up to the one that runs; what is older is not told."""
    happened_at(admin, ago(hours=25), "account:password:wrong")
    secret = an_operators_secret(admin, login)
    for _again in range(2):
        found = list(counted(login, secret).items())
        assert len(found) == 48
        assert {b - a for (a, _), (b, _) in pairwise(found)} == {HALF_HOUR}
        assert found[-1][0] in (slot_of(ago()), slot_of(ago(minutes=1)))
        assert sum(numbers[1] for _slot, numbers in found) == 0


def test_half_hour_that_is_over_is_counted_once_and_the_running_one_each_time(
    admin: psycopg.Connection, login: Login
) -> None:
    """Looking at the page again reads what is new, not the whole day."""
    at = ago(hours=3)
    happened_at(admin, at, "account:password:wrong")
    secret = an_operators_secret(admin, login)
    assert counted(login, secret)[slot_of(at)] == (0, 1, 0, 0)
    kept = {row["slot"] for row in ask(admin, "SELECT slot FROM vault.sign_in_counts")}
    assert slot_of(at) in kept
    assert slot_of(ago()) not in kept
    admin.execute(
        "UPDATE vault.sign_in_counts SET wrong_passwords = 7 WHERE slot = %s", [slot_of(at)]
    )
    happened_at(admin, ago(), "account:password:wrong")
    found = counted(login, secret)
    assert found[slot_of(at)] == (0, 7, 0, 0)
    assert sum(numbers[1] for numbers in found.values()) == 8


def test_counts_of_the_day_before_are_forgotten(admin: psycopg.Connection, login: Login) -> None:
    """No more is kept than is shown."""
    admin.execute(
        "INSERT INTO vault.sign_in_counts VALUES (%s, 1, 1, 1, 1)", [slot_of(ago(hours=30))]
    )
    found = counted(login, an_operators_secret(admin, login))
    assert len(found) == 48
    assert value(admin, "SELECT min(slot) > now() - interval '25 hours' FROM vault.sign_in_counts")


def test_flood_is_counted_from_where_it_can_be_and_never_as_nothing(
    admin: psycopg.Connection, login: Login
) -> None:
    """Beyond two million events the time before is left out, rather than shown as quiet."""
    before, after = ago(hours=5), ago(hours=3)
    for number, at in ((1, before), (3_000_000, after), (3_000_001, after + HALF_HOUR)):
        admin.execute(
            "INSERT INTO vault.events (id, tag, at) OVERRIDING SYSTEM VALUE"
            " VALUES (%s, 'account:password:wrong', %s)",
            [number, at],
        )
    admin.execute("SELECT setval('vault.events_id_seq', 3000010)")
    found = counted(login, an_operators_secret(admin, login))
    # That of the first event that was looked at is not known in full.
    assert min(found) == slot_of(after) + HALF_HOUR
    assert found[slot_of(after) + HALF_HOUR] == (0, 1, 0, 0)


def test_counts_are_for_operators_alone_and_name_nobody(
    admin: psycopg.Connection, login: Login
) -> None:
    """A looker is told; whoever has no session of that site, or another one, is told nothing."""
    happened_at(admin, ago(hours=3), "account:password:wrong", name="Zoe")
    with login("web") as web:
        own = a_session(web, a_person(web))
    for secret in (random_32(), own):
        assert counted(login, secret) == {}
    assert value(admin, "SELECT count(*) FROM vault.sign_in_counts") == 0
    looker = an_operators_secret(admin, login)
    with login("operator") as operator:
        rows = ask(operator, "SELECT * FROM api.sign_in_counts_v1(%s)", looker)
    assert {tuple(row) for row in rows} == {("slot", *NUMBERS)}
    admin.execute("UPDATE vault.operators SET revoked_at = now()")
    assert counted(login, looker) == {}
