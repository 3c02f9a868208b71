"""What is measured: rounds of each kind in turn, so that a busy minute hits all alike.

CPU time of the server's process tree, not time on the clock: the latter would measure who else is
using the machine.
"""

import gzip
import re
import secrets
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from argon2.low_level import Type, hash_secret_raw

from bench.http_client import Browser
from bench.processes import ProcessTree
from bench.sign_ins import PasswordSignIn, SilentSignIn

_ASSET = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


@dataclass(slots=True)
class Contender:
    """One kind of work, the callers that do it at the same time, and what it cost in each round."""

    name: str
    tree: ProcessTree
    lanes: Sequence[SilentSignIn | PasswordSignIn]
    count: int
    milliseconds: list[float] = field(default_factory=list)

    def run_round(self) -> None:
        """Do the work `count` times and note the server's CPU milliseconds for one.

        A fifth more goes before, uncounted: nobody pays for having slept while others had a turn.
        """
        each = max(1, self.count // len(self.lanes))
        waking = max(1, each // 5)
        for lane in self.lanes:
            lane.prepare(waking + each)
        self._all_lanes(waking)
        before = self.tree.cpu_seconds()
        self._all_lanes(each)
        used = self.tree.cpu_seconds() - before
        self.milliseconds.append(used * 1000 / (each * len(self.lanes)))

    def _all_lanes(self, times: int) -> None:
        with ThreadPoolExecutor(len(self.lanes)) as pool:
            for done in [pool.submit(_repeat, lane, times) for lane in self.lanes]:
                done.result()

    @property
    def median(self) -> float:
        """The median round."""
        return statistics.median(self.milliseconds)


def _repeat(act: Callable[[], None], times: int) -> None:
    for _ in range(times):
        act()


@dataclass(slots=True)
class BareArgon2:
    """Argon2id alone, with the site's own parameters: what no password sign-in can beat."""

    cost: tuple[int, int, int]
    count: int
    lanes: int
    milliseconds: list[float] = field(default_factory=list)

    def run_round(self) -> None:
        """Hash `count` times, as many at once as browsers sign in, and note CPU ms of one."""
        each = max(1, self.count // self.lanes)
        before = time.process_time()
        with ThreadPoolExecutor(self.lanes) as pool:
            for done in [pool.submit(_repeat, self._hash, each) for _ in range(self.lanes)]:
                done.result()
        used = time.process_time() - before
        self.milliseconds.append(used * 1000 / (each * self.lanes))

    def _hash(self) -> None:
        memory_kib, time_cost, parallelism = self.cost
        hash_secret_raw(
            secrets.token_bytes(32),
            secrets.token_bytes(16),
            time_cost=time_cost,
            memory_cost=memory_kib,
            parallelism=parallelism,
            hash_len=32,
            type=Type.ID,
        )

    @property
    def median(self) -> float:
        """The median round."""
        return statistics.median(self.milliseconds)


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes of a page with its style and scripts: as sent to a browser, and unpacked."""

    sent: int
    unpacked: int


def page_weight(browser: Browser, path: str) -> Weight:
    """Fetch the page and everything that it loads, as a browser does that has kept nothing."""
    sent = unpacked = 0
    page, plain = _fetch(browser, path)
    for size, text in [(page, plain), *(_fetch(browser, asset) for asset in _ASSET.findall(plain))]:
        sent += size
        unpacked += len(text.encode())
    return Weight(sent, unpacked)


def _fetch(browser: Browser, path: str) -> tuple[int, str]:
    answer = browser.get(path, **{"Accept-Encoding": "gzip"}).expect(200)
    packed = answer.headers.get("Content-Encoding") == "gzip"
    plain = gzip.decompress(answer.body) if packed else answer.body
    return len(answer.body), plain.decode()
