"""The counters over PostgreSQL count exactly, whoever counts and however many at once."""

import itertools
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.core.cache import caches
from django.db import connections

from accounts.services.throttling import CountersUnavailable
from authsite.counters import PostgreSQLCounters

pytestmark = pytest.mark.usefixtures("vault")

PROCESSES, EACH = 4, 100


@pytest.fixture
def counters() -> Iterator[PostgreSQLCounters]:
    """Empty counters in the test's site database."""
    cache = PostgreSQLCounters("default", {})
    cache.clear()
    yield cache
    cache.clear()
    cache.disconnect()


def count_in_a_process(database: dict[str, Any]) -> list[int]:
    """Be another process of the site: count, and give every value seen."""
    import django

    django.setup()
    connections["default"].settings_dict.update(database)
    cache = PostgreSQLCounters("default", {})
    seen = []
    for _ in range(EACH):
        cache.add("shared", 0, 60)
        seen.append(cache.incr("shared"))
    cache.disconnect()
    return seen


def where_the_tests_are() -> dict[str, Any]:
    """Give what another process needs to find the test's database."""
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    return {name: connections["default"].settings_dict[name] for name in names}


def test_counter_raised_by_parallel_processes_gives_each_value_once(
    counters: PostgreSQLCounters,
) -> None:
    """400 counts of four processes give exactly the numbers from 1 to 400."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool:
        seen = list(pool.map(count_in_a_process, [where_the_tests_are()] * PROCESSES))
    assert sorted(itertools.chain.from_iterable(seen)) == list(range(1, PROCESSES * EACH + 1))
    assert counters.get("shared") == PROCESSES * EACH


def test_counter_raised_by_parallel_threads_gives_each_value_once(
    counters: PostgreSQLCounters,
) -> None:
    """Threads share one connection and lose nothing."""
    counters.add("shared", 0, 60)
    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda _: counters.incr("shared"), range(300)))
    assert sorted(seen) == list(range(1, 301))


def test_counter_started_by_many_at_once_is_started_once(counters: PostgreSQLCounters) -> None:
    """Of parallel `add`s one wins, also where an expired counter lies in the way."""
    counters.add("old", 7, 0)
    with ThreadPoolExecutor(16) as pool:
        won = list(
            pool.map(lambda _: PostgreSQLCounters("default", {}).add("old", 1, 60), range(40))
        )
    assert won.count(True) == 1
    assert counters.get("old") == 1


def test_counter_after_its_time_is_gone(counters: PostgreSQLCounters) -> None:
    """An expired counter can be neither read, raised nor touched, and deleting it says so."""
    counters.set("gone", 5, 0)
    assert counters.get("gone") is None
    assert counters.get("gone", "none") == "none"
    assert not counters.touch("gone", 60)
    with pytest.raises(ValueError, match="does not exist"):
        counters.incr("gone")
    assert not counters.delete("gone")


def test_counter_touched_lives_on(counters: PostgreSQLCounters) -> None:
    """`touch` moves the end in both directions; without a timeout it never ends."""
    counters.add("kept", 1, 60)
    assert counters.touch("kept", None)
    assert counters.incr("kept") == 2
    assert counters.touch("kept", 0)
    assert counters.get("kept") is None


def test_counter_deleted_elsewhere_is_noticed(counters: PostgreSQLCounters) -> None:
    """What this process remembers is corrected by the next count."""
    counters.add("vanishing", 1, 60)
    with psycopg.connect(**_plain_parameters(), autocommit=True) as other:
        other.execute("DELETE FROM authsite_counter")
    with pytest.raises(ValueError, match="does not exist"):
        counters.incr("vanishing")
    assert counters.add("vanishing", 1, 60)


def test_counter_stands_when_the_requests_transaction_is_rolled_back(
    counters: PostgreSQLCounters,
) -> None:
    """A count has a connection of its own: Django's rollback doesn't undo it."""
    from django.db import transaction

    counters.add("spent", 1, 60)
    with transaction.atomic():
        counters.incr("spent")
        transaction.set_rollback(True)
    assert counters.get("spent") == 2


def test_known_counter_is_raised_with_one_statement(
    counters: PostgreSQLCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """django-ratelimit adds, then raises; once the counter is known, adding asks nothing."""
    counters.add("busy", 1, 60)
    asked: list[str] = []
    ask = counters._line.ask

    def listening(statement: str, parameters: Any) -> Any:
        asked.append(statement)
        return ask(statement, parameters)

    monkeypatch.setattr(counters._line, "ask", listening)
    assert not counters.add("busy", 1, 60)
    assert counters.incr("busy") == 2
    assert len(asked) == 1


def test_pruning_takes_the_expired_and_leaves_the_live(counters: PostgreSQLCounters) -> None:
    """However full the table is, a live counter is never evicted."""
    counters.add("live", 3, 60)
    for number in range(50):
        counters.set(f"dead-{number}", 1, 0)
    counters.prune()
    with psycopg.connect(**_plain_parameters()) as other:
        left = other.execute("SELECT count(*) FROM authsite_counter").fetchone()
    assert left == (1,)
    assert counters.get("live") == 3


def test_connection_cut_by_the_server_is_made_anew(counters: PostgreSQLCounters) -> None:
    """A restart of the server costs no error and no count."""
    counters.add("steady", 1, 60)
    with psycopg.connect(**_plain_parameters(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE %s",
            ["%authsite_counter%"],
        )
    assert counters.incr("steady") == 2


def test_database_that_does_not_answer_raises_a_typed_error(
    counters: PostgreSQLCounters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever counts learns that counting is impossible, and learns it fast."""
    counters.disconnect()
    with monkeypatch.context() as patch:
        patch.setitem(connections["default"].settings_dict, "PORT", "1")
        with pytest.raises(CountersUnavailable):
            counters.incr("anything")
    counters._line._not_before = 0.0


@pytest.mark.parametrize("value", ["1", 1.5, True, None, b"1"])
def test_value_that_is_no_whole_number_is_refused(
    counters: PostgreSQLCounters, value: object
) -> None:
    """The cache holds counters; nothing else can be put there by mistake."""
    with pytest.raises(TypeError):
        counters.set("odd", value)


def test_site_counts_in_this_backend_where_there_is_no_redis() -> None:
    """The settings put these counters behind django-ratelimit."""
    assert isinstance(caches["default"], PostgreSQLCounters)


def _plain_parameters() -> dict[str, Any]:
    parameters = dict(connections["default"].get_connection_params())
    for name in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(name, None)
    return parameters
