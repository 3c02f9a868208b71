"""The counters over Redis count exactly too. Needs a redis-server or valkey-server on the PATH."""

import itertools
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import caches
from django.test import RequestFactory, override_settings

from accounts.errors import TooManyRequests
from accounts.services.throttling import CountersUnavailable, charge
from authsite.counters import RedisCounters

PROGRAM = shutil.which("valkey-server") or shutil.which("redis-server")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no redis-server or valkey-server here")

THREADS, EACH = 8, 50


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server of our own on loopback, kept in memory only; its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert PROGRAM is not None
    process = subprocess.Popen(
        [PROGRAM, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.terminate()
        process.wait(60)


def _caches(url: str) -> dict[str, dict[str, str]]:
    return {"default": {"BACKEND": "authsite.counters.RedisCounters", "LOCATION": url}}


def test_counter_raised_by_parallel_threads_gives_each_value_once(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    """400 counts of eight threads give exactly the numbers from 1 to 400."""
    counters = RedisCounters(redis[0], {})

    def count(_thread: int) -> list[int]:
        seen = []
        for _ in range(EACH):
            counters.add("shared", 0, 60)
            seen.append(counters.incr("shared"))
        return seen

    with ThreadPoolExecutor(THREADS) as pool:
        seen = list(pool.map(count, range(THREADS)))
    assert sorted(itertools.chain.from_iterable(seen)) == list(range(1, THREADS * EACH + 1))


def test_limit_counted_on_redis_holds_and_says_when(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    """The eleventh of ten is refused, with the seconds to wait."""
    request = RequestFactory().post("/login", REMOTE_ADDR="192.0.2.7")
    with override_settings(CACHES=_caches(redis[0])):
        for _ in range(10):
            charge(request, "sign-in", "10/h")
        with pytest.raises(TooManyRequests) as refused:
            charge(request, "sign-in", "10/h")
        assert 1 <= refused.value.retry_after <= 3600
        caches["default"].clear()


def test_act_without_a_budget_of_its_own_is_refused_while_redis_is_down(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    """Signing up waits for the counters; signing in goes on, since the vault still counts."""
    url, process = redis
    request = RequestFactory().post("/signup", REMOTE_ADDR="192.0.2.7")
    with override_settings(CACHES=_caches(url)):
        charge(request, "sign-up", "10/h", vault_budget=False)
        process.terminate()
        process.wait(60)
        with pytest.raises(CountersUnavailable):
            charge(request, "sign-up", "10/h", vault_budget=False)
        charge(request, "sign-in", "10/h")
