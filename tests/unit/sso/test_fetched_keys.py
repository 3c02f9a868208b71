"""A wiki's published keys, fetched from real servers on loopback: how often, and what is kept."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from joserfc.jwk import ECKey

from outbox.fetcher import Fetcher
from sso.services.client_keys import KeysUnusable
from sso.services.fetched_keys import (
    FETCH_SECONDS,
    FRESH_SECONDS,
    LAST_GOOD_SECONDS,
    PAUSE_SECONDS,
    WAIT_SECONDS,
    KeysAway,
    Patience,
    PublishedKeys,
)
from tests.unit.outbox.servers import Server, read_request, serving

LOOPBACK = (ip_network("127.0.0.0/8"),)


def a_set(*kids: str) -> bytes:
    """A JWK Set of new keys with these names."""
    keys = [ECKey.generate_key("P-256", {"kid": kid}) for kid in kids]
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


class Wiki:
    """A server whose answer a test changes, and a clock that it moves."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.now = 1_000.0
        self.body = a_set("one")
        self.status = "200 OK"
        self.delay = 0.0
        self.patience = Patience(clock=self.clock)

    def clock(self) -> float:
        """The time."""
        return self.now

    def published(self, path: str = "/jwks", **fetcher: Any) -> PublishedKeys:
        """What a process knows that has not asked there yet."""
        return PublishedKeys(
            f"http://keys.localhost:{self.server.port}{path}",
            fetching=Fetcher(**{"allowed": LOOPBACK, **fetcher}).fetch,
            clock=self.clock,
            patience=self.patience,
        )

    def answered(self, count: int) -> None:
        """Waits until so many questions were asked, and their answers were read."""
        ends_at = time.monotonic() + 60
        while self.asked < count or fetching_threads():
            assert time.monotonic() < ends_at
            time.sleep(0.01)

    @property
    def asked(self) -> int:
        """How often the address was asked."""
        return len(self.server.requests)


def fetching_threads() -> list[threading.Thread]:
    """Those that ask an address now."""
    return [thread for thread in threading.enumerate() if "_ask" in thread.name]


@pytest.fixture
def wiki() -> Iterator[Wiki]:
    """A wiki that publishes one key."""
    found: list[Wiki] = []

    def answer(server: Server, connected: socket.socket) -> None:
        server.requests.append(read_request(connected))
        one = found[0]
        time.sleep(one.delay)
        head = f"HTTP/1.1 {one.status}\r\nContent-Length: {len(one.body)}\r\n\r\n"
        connected.sendall(head.encode() + one.body)

    with serving(answer) as server:
        found.append(Wiki(server))
        yield found[0]
        found[0].answered(0)


def kids(published: PublishedKeys) -> list[str | None]:
    """The names of the keys that are to be used now."""
    return [key.kid for key in published.keys().keys]


def test_keys_are_fetched_once_and_kept_for_minutes(wiki: Wiki) -> None:
    """A hundred sign-ins are one request; what is published then is seen after five minutes."""
    published = wiki.published()
    for _ in range(100):
        assert kids(published) == ["one"]
    assert wiki.asked == 1
    assert b"Accept: application/jwk-set+json" in wiki.server.requests[0]
    wiki.body = a_set("two")
    wiki.now += FRESH_SECONDS - 1
    assert kids(published) == ["one"]
    wiki.now += 1
    assert kids(published) == ["two"]
    assert wiki.asked == 2


def test_keys_of_a_wiki_that_changed_them_are_asked_for_anew_once_a_minute(wiki: Wiki) -> None:
    """A key that is not known yet is worth one question; a stranger gets no second one by it."""
    published = wiki.published()
    old = published.keys()
    wiki.body = a_set("two")
    assert published.newer(than=old) is old
    assert wiki.asked == 1
    wiki.now += PAUSE_SECONDS
    for _ in range(20):
        assert [key.kid for key in published.newer(than=old).keys] == ["two"]
    assert wiki.asked == 2
    new = published.keys()
    for _ in range(20):
        published.newer(than=new)
    assert wiki.asked == 2


def test_keys_that_many_threads_need_at_once_are_fetched_by_one(wiki: Wiki) -> None:
    """At the start, and at a change: the others wait for the answer and take it."""
    published = wiki.published()
    wiki.delay = 0.2
    assert _at_once(lambda: kids(published)) == [["one"]] * 12
    assert wiki.asked == 1
    old = published.keys()
    wiki.now += PAUSE_SECONDS
    wiki.body = a_set("two")
    newer = _at_once(lambda: [key.kid for key in published.newer(than=old).keys])
    assert newer == [["two"]] * 12
    assert wiki.asked == 2


def _at_once(act: Callable[[], Any]) -> list[Any]:
    start, answers = threading.Barrier(12), []

    def run() -> None:
        start.wait(timeout=60)
        answers.append(act())

    threads = [threading.Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


BROKEN: dict[str, tuple[str, bytes]] = {
    "an error": ("500 Oops", b""),
    "a redirect": ("302 Found\r\nLocation: http://127.0.0.1/", b""),
    "gone": ("404 Not Found", b'{"keys": []}'),
    "no JSON": ("200 OK", b"<html>down for maintenance</html>"),
    "no object": ("200 OK", b"[]"),
    "no set": ("200 OK", b"{}"),
    "deep": ("200 OK", b"[" * 60_000),
    "no UTF-8": ("200 OK", b'{"keys": "\xff"}'),
    "oversized": ("200 OK", a_set("x") + b" " * 70_000),
}


@pytest.mark.parametrize("case", BROKEN)
def test_keys_last_for_an_hour_while_the_address_gives_none(wiki: Wiki, case: str) -> None:
    """A wiki whose web server stumbles goes on; one that never was heard has nothing to go by."""
    published, other = wiki.published(), wiki.published()
    assert kids(published) == ["one"]
    good, wiki.body = wiki.body, BROKEN[case][1]
    wiki.status = BROKEN[case][0]
    with pytest.raises(KeysAway):
        other.keys()
    wiki.now += FRESH_SECONDS
    asked = wiki.asked
    for _ in range(5):
        assert kids(published) == ["one"]
    assert wiki.asked == asked + 1, "one question a minute, not one a request"
    wiki.now += LAST_GOOD_SECONDS - FRESH_SECONDS - 1
    assert kids(published) == ["one"]
    wiki.now += 1
    with pytest.raises(KeysAway):
        published.keys()
    wiki.status, wiki.body = "200 OK", good
    wiki.now += PAUSE_SECONDS
    assert kids(published) == ["one"]


WITHDRAWN: dict[str, bytes] = {
    "none": b'{"keys": []}',
    "none of use": b'{"keys": [{"kty": "EC", "crv": "P-521"}]}',
    "a private one": json.dumps(
        {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}
    ).encode(),
    "no list": b'{"keys": {}}',
}


@pytest.mark.parametrize("case", WITHDRAWN)
def test_keys_that_the_wiki_took_back_are_over_with_its_next_answer(wiki: Wiki, case: str) -> None:
    """An answer without a good key is the wiki's own word, unlike no answer."""
    published = wiki.published()
    assert kids(published) == ["one"]
    wiki.body = WITHDRAWN[case]
    wiki.now += FRESH_SECONDS
    for _ in range(3):
        with pytest.raises(KeysUnusable):
            published.keys()
    assert wiki.asked == 2
    wiki.body = a_set("two")
    wiki.now += PAUSE_SECONDS
    assert kids(published) == ["two"], "what it mended is seen soon"


def test_keys_of_slow_addresses_hold_the_process_up_for_a_moment_a_minute(wiki: Wiki) -> None:
    """However many wikis a stranger names, and whatever they have published before."""
    known = [wiki.published(f"/{number}") for number in range(3)]
    olds = [published.keys() for published in known]
    wiki.now += FRESH_SECONDS
    wiki.delay = 2 * WAIT_SECONDS
    began = time.monotonic()
    for published, old in zip(known, olds, strict=True):
        assert published.keys() is old, "the last good ones, while the answer is on its way"
        with pytest.raises(KeysAway):
            published.newer(than=old)
    for number in range(20):
        for _ in range(5):
            with pytest.raises(KeysAway):
                wiki.published(f"/new/{number}").keys()
    assert time.monotonic() - began < 5 * WAIT_SECONDS  # of 23 addresses
    assert len(fetching_threads()) <= 8


def test_keys_of_slow_addresses_hold_many_threads_up_for_the_same_moment(wiki: Wiki) -> None:
    """Whoever stands still beside another costs the process nothing, and gets nothing more."""
    wiki.delay = 2 * WAIT_SECONDS
    paths = [f"/{number}" for number in range(12)]

    def find() -> bool:
        with pytest.raises(KeysAway):
            wiki.published(paths.pop()).keys()
        return True

    began = time.monotonic()
    for _ in range(2):
        assert _at_once(find) == [True] * 12
        paths = [f"/more/{number}" for number in range(12)]
    assert time.monotonic() - began < WAIT_SECONDS + 1


def test_answer_that_is_there_is_taken_while_others_wait_for_a_slow_one() -> None:
    """Whoever stands still for a slow wiki keeps nobody from what a quick one has said."""
    patience, slow, quick = Patience(), threading.Event(), threading.Event()
    quick.set()
    waiting = threading.Thread(target=patience.wait, args=(slow,))
    waiting.start()
    time.sleep(0.2)
    began = time.monotonic()
    assert patience.wait(quick)
    took, was_waiting = time.monotonic() - began, waiting.is_alive()
    slow.set()
    waiting.join(timeout=30)
    assert was_waiting
    assert took < WAIT_SECONDS / 3


def test_keys_that_come_slowly_are_there_for_who_asks_again(wiki: Wiki) -> None:
    """At first, and after a change: nobody is told that a key is wrong which was not fetched."""
    published = wiki.published()
    wiki.delay = WAIT_SECONDS + 0.5
    assert WAIT_SECONDS + 0.5 < FETCH_SECONDS
    with pytest.raises(KeysAway):
        published.keys()
    wiki.answered(1)
    old = published.keys()
    wiki.body = a_set("two")
    wiki.now += PAUSE_SECONDS
    for _ in range(2):
        with pytest.raises(KeysAway):
            published.newer(than=old)
    wiki.answered(2)
    assert kids(published) == ["two"]
    assert wiki.asked == 2


def test_keys_of_an_address_that_hangs_are_asked_for_once_a_minute(wiki: Wiki) -> None:
    """What never answers is over after some seconds, and then nobody waits for it."""
    published = wiki.published()
    wiki.delay = 30.0
    with pytest.raises(KeysAway):
        published.keys()
    began = time.monotonic()
    wiki.answered(1)
    assert time.monotonic() - began < wiki.delay / 2
    for _ in range(100):
        with pytest.raises(KeysAway):
            published.keys()
    assert wiki.asked == 1
    wiki.now += PAUSE_SECONDS
    with pytest.raises(KeysAway):
        published.keys()
    assert wiki.asked == 2


def test_keys_at_an_address_inside_are_not_fetched(wiki: Wiki) -> None:
    """V-ssrf: neither by name nor by number, whatever the wiki was registered with."""
    with pytest.raises(KeysAway):
        wiki.published(allowed=()).keys()
    inside = PublishedKeys(
        f"https://keys.example:{wiki.server.port}/",
        fetching=Fetcher(allowed=(), resolver=lambda _host: ["127.0.0.1"]).fetch,
        patience=wiki.patience,
    )
    with pytest.raises(KeysAway):
        inside.keys()
    assert wiki.server.connections == 0


def test_keys_at_a_name_that_is_bound_anew_are_asked_where_it_was_checked(wiki: Wiki) -> None:
    """Rebinding: the name is looked up once for each question, and never between check and call."""
    asked: list[str] = []

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    published = PublishedKeys(
        f"http://keys.example:{wiki.server.port}/jwks",
        fetching=Fetcher(allowed=LOOPBACK, resolver=resolver).fetch,
        clock=wiki.clock,
        patience=wiki.patience,
    )
    assert kids(published) == ["one"]
    assert len(asked) == 1
    wiki.now += FRESH_SECONDS
    assert kids(published) == ["one"], "the last good ones, since it leads inside now"
    assert (len(asked), wiki.asked) == (2, 1)
