"""From a sign-out at the auth site to two wikis that refuse: everything as `make run` has it.

Somebody signs in from one wiki and silently at the other, then signs out at the auth site; both
wikis are asked for a page with the old cookies until neither takes them any more.
"""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bench.demo_run import demo_folder, running_demo
from bench.http_client import Answer, Browser, Connection

# The wikis' own (demo/wiki/cookies.py).
_COOKIE = "__Host-wiki-session"
_ASK_SECONDS = 0.01
_PATIENCE_SECONDS = 60.0
_MOST_BETWEEN = 1.0  # seconds; the worker looks for jobs five times in one
# One browser does what hundreds would do from networks of their own.
_UNLIMITED = {f"AUTHSITE_RATE_{what}": "1000000/s" for what in ("SIGN_IN", "TOKEN")}


class NeverRefused(Exception):
    """A wiki goes on with a session that has ended, or had none; the message says which."""


@dataclass(slots=True)
class SignedOut:
    """Milliseconds on the clock from the request to sign out, one number for each time."""

    answered_ms: list[float] = field(default_factory=list)
    """Until the auth site had answered."""
    first_ms: list[float] = field(default_factory=list)
    """Until one wiki refused."""
    both_ms: list[float] = field(default_factory=list)
    """Until both did."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody's browser, as it is towards each of the three sites."""

    site: Browser
    wikis: tuple[Browser, ...]
    username: str
    password: str = field(repr=False)

    def sign_in(self) -> None:
        """Sign in from the first wiki, silently at the others. Raises ``UnexpectedAnswer``."""
        for wiki in self.wikis:
            answer = self.site.get(_path_to(wiki.get("/auth/login")))
            if answer.status == 200:
                given = {"username": self.username, "password": self.password}
                answer = self.site.post("/login", {**answer.hidden_fields(), **given})
            wiki.get(_path_to(answer)).expect(303)
            if not _is_in(wiki):
                raise NeverRefused("a wiki refuses a session that has only begun")

    def sign_out(self) -> SignedOut:
        """Sign out at the auth site and wait for the wikis. Raises ``NeverRefused``."""
        hidden = self.site.get("/logout").expect(200).hidden_fields()
        # Else each would come at the same point of the worker's rhythm: so long after its last job.
        time.sleep(random.uniform(0, _MOST_BETWEEN))  # noqa: S311 - no secret
        began = time.monotonic()
        with ThreadPoolExecutor(len(self.wikis)) as pool:
            asking = [pool.submit(_refused_at, wiki) for wiki in self.wikis]
            self.site.post("/logout", hidden).expect(200)
            answered = time.monotonic()
            refused = sorted(one.result() for one in asking)
        first, both = refused[0], refused[-1]
        return SignedOut(*([(at - began) * 1000] for at in (answered, first, both)))


def sign_out_times(count: int) -> SignedOut:
    """Do it so often, with a demo that is thrown away. Raises ``NeverRefused``."""
    total = SignedOut()
    with _somebody() as person:
        for _ in range(count):
            person.sign_in()
            once = person.sign_out()
            total.answered_ms += once.answered_ms
            total.first_ms += once.first_ms
            total.both_ms += once.both_ms
    return total


@contextmanager
def _somebody() -> Iterator[_Person]:
    with demo_folder() as folder, running_demo(folder, _UNLIMITED) as demo:
        described = demo.description()
        account: dict[str, Any] = described["accounts"][0]
        yield _Person(
            _browser(described["issuer"]),
            tuple(_browser(wiki["url"]) for wiki in described["wikis"]),
            account["username"],
            account["password"],
        )


def _browser(origin: str) -> Browser:
    parts = urlsplit(origin)
    return Browser(Connection(parts.hostname or "", parts.port or 80), origin)


def _path_to(answer: Answer) -> str:
    """Give path and query of where a redirect leads."""
    parts = urlsplit(answer.expect(303).headers["Location"])
    return f"{parts.path}?{parts.query}"


def _is_in(wiki: Browser) -> bool:
    """Whether a wiki takes its cookie: it takes it away where it does not.

    As a program asks: a person without a session would be sent to the auth site.
    """
    wiki.get("/pages", Accept="*/*").expect(200)
    return _COOKIE in wiki.cookies


def _refused_at(wiki: Browser) -> float:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while _is_in(wiki):
        if time.monotonic() > give_up:
            raise NeverRefused("a wiki goes on with a session that has ended")
        time.sleep(_ASK_SECONDS)
    return time.monotonic()
