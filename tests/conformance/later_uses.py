"""Codes that are used again after thirty seconds, while the other modules run.

Each is redeemed when the run begins. Its module comes last and waits only for what is left.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from tests.conformance.plans import CODE, Plan
from tests.conformance.site import Site
from tests.conformance.suite import Flow, Suite

MODULE: Final = "oidcc-codereuse-30seconds"
LATER_SECONDS: Final = 30.0


@dataclass(frozen=True)
class LaterUse:
    """Userinfo just before the second use, after how many seconds that came, and userinfo after."""

    before: httpx.Response
    seconds: float
    again: httpx.Response
    after: httpx.Response


class LaterUses:
    """The uses of a run, by plan."""

    def __init__(self, running: dict[Plan, Future[LaterUse]]) -> None:
        self._running = running

    def of(self, plan: Plan) -> LaterUse:
        """The plan's; waits for what is left of its time. Raises what went wrong with it."""
        return self._running[plan].result(timeout=2 * LATER_SECONDS)


@contextmanager
def later_uses(site: Site, plans: tuple[Plan, ...] = CODE) -> Iterator[LaterUses]:
    """Redeems a code in each plan now, and uses it again when the time has come."""
    is_over = threading.Event()
    with ThreadPoolExecutor(max_workers=len(CODE)) as threads:
        try:
            running = {}
            for plan in plans:
                flow = threads.submit(_flow, site, plan)
                wait([flow])  # one after another, each before the first module
                running[plan] = threads.submit(_again, site, plan, flow, is_over)
            yield LaterUses(running)
        finally:
            is_over.set()  # whoever gives up waits for none of them


def _flow(site: Site, plan: Plan) -> Flow:
    with site.http() as http:
        suite = Suite(site, plan, http)
        with suite.browser() as browser:
            return suite.flow(browser)


def _again(site: Site, plan: Plan, begun: Future[Flow], is_over: threading.Event) -> LaterUse:
    flow = begun.result()  # what went wrong there is told where this is asked for, and only there
    began = time.monotonic()  # after the first use
    is_over.wait(LATER_SECONDS)
    with site.http() as http:
        suite = Suite(site, plan, http)
        before = suite.call_userinfo(flow.access_token)
        seconds = time.monotonic() - began
        again = suite.call_token(flow.token_request)
        return LaterUse(before, seconds, again, suite.call_userinfo(flow.access_token))
