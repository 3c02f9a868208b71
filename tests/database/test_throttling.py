"""Limits by network: exact under parallel attempts, honest about when to come back.

Named after the class of incidents that it keeps out: V-limit.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import caches
from django.http import HttpRequest
from django.test import RequestFactory

from accounts.errors import TooManyRequests
from accounts.services.throttling import CountersUnavailable, charge

pytestmark = pytest.mark.usefixtures("vault")

RATE = "10/h"


@pytest.fixture(autouse=True)
def counters() -> Iterator[Any]:
    """Empty counters."""
    cache = caches["default"]
    cache.clear()
    yield cache
    cache.clear()


def attempt(peer: str = "192.0.2.7") -> HttpRequest:
    """Make one stranger's request."""
    return RequestFactory().post("/login", REMOTE_ADDR=peer)


def is_let_through(peer: str = "192.0.2.7", group: str = "sign_in") -> bool:
    """Tell whether one more attempt is let through."""
    try:
        charge(attempt(peer), group, RATE)
    except TooManyRequests:
        return False
    return True


def test_parallel_attempts_over_the_limit_are_refused_exactly() -> None:
    """V-limit: 50 parallel guesses consume 50 units; 10 get through, not 11."""
    with ThreadPoolExecutor(16) as pool:
        through = list(pool.map(lambda _: is_let_through(), range(50)))
    assert through.count(True) == 10


def test_refusal_says_when_the_window_ends() -> None:
    """`retry_after` is the window's rest: within the hour, never zero."""
    for _ in range(10):
        charge(attempt(), "sign_in", RATE)
    with pytest.raises(TooManyRequests) as refusal:
        charge(attempt(), "sign_in", RATE)
    assert 1 <= refusal.value.retry_after <= 3600


def test_limit_of_one_network_leaves_others_alone() -> None:
    """Neighbours in the same /64 share a limit; other networks and other groups have theirs."""
    assert [is_let_through("2001:db8::1") for _ in range(11)].count(True) == 10
    assert not is_let_through("2001:db8::2")
    assert is_let_through("2001:db8:0:1::1")
    assert is_let_through("2001:db8::1", group="sign_up")


@pytest.fixture
def broken_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counters cannot be reached."""

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise CountersUnavailable

    monkeypatch.setattr(caches["default"], "add", fail)


@pytest.mark.usefixtures("broken_counters")
def test_act_with_a_budget_in_the_vault_goes_on_while_counters_are_down() -> None:
    """Signing in stays possible: the vault's own budget still holds."""
    charge(attempt(), "sign_in", RATE)


@pytest.mark.usefixtures("broken_counters")
def test_act_without_another_limit_is_refused_while_counters_are_down() -> None:
    """Nobody signs up or has mail sent uncounted."""
    with pytest.raises(CountersUnavailable):
        charge(attempt(), "sign_up", RATE, vault_budget=False)


def test_counter_that_vanished_between_two_steps_is_counted_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crash of the unlogged table in mid-request neither refuses nor frees anybody."""
    cache = caches["default"]
    charge(attempt(), "sign_in", RATE)
    cache._line.ask("DELETE FROM authsite_counter", {})  # as the server's recovery would
    charge(attempt(), "sign_in", RATE)
    assert cache._line.ask("SELECT array_agg(value) FROM authsite_counter", {}) == ([1],)
