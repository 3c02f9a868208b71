"""The provider's keys at hand: fetched rarely, found when new, kept while it is away."""

import threading
from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from authsite_client import KeysUnavailable, KeyUnknown, ProviderUnavailable
from authsite_client.jws import VerificationKey
from authsite_client.keys import Keys

PUBLIC = ec.generate_private_key(ec.SECP256R1()).public_key()


class Source:
    """Publishes keys by name, counts who asks, and can be away."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.is_away = False
        self.fetches = 0
        self.now = 1000.0
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self) -> Mapping[str, VerificationKey]:
        self.fetches += 1
        self.meanwhile()
        if self.is_away:
            raise ProviderUnavailable("away")
        return {name: VerificationKey(name, "ES256", PUBLIC) for name in self.names}

    def keys(self) -> Keys:
        """A cache of it: fresh for 300 s, at most an hour old, a pause of 30 s."""
        return Keys(self, fresh_seconds=300, oldest_seconds=3600, clock=lambda: self.now)


def test_keys_are_fetched_once_while_they_are_fresh() -> None:
    """Verifying does not ask."""
    source = Source("a")
    keys = source.keys()
    assert source.fetches == 0
    for _ in range(50):
        assert keys.find("a").kid == "a"
    assert source.fetches == 1
    source.now += 301
    keys.find("a")
    assert source.fetches == 2


def test_unknown_kid_is_looked_for_once_and_then_not_for_a_while() -> None:
    """Whoever invents kids cannot make us flood the provider."""
    source = Source("a")
    keys = source.keys()
    keys.find("a")
    for number in range(100):
        with pytest.raises(KeyUnknown):
            keys.find(f"invented-{number}")
    assert source.fetches == 2
    source.now += 31
    with pytest.raises(KeyUnknown):
        keys.find("invented")
    assert source.fetches == 3


def test_rotated_key_is_found_at_once() -> None:
    """A kid not met before makes us ask, and the old one is gone with the answer."""
    source = Source("a")
    keys = source.keys()
    keys.find("a")
    for name in ("b", "c"):
        source.names = (name,)
        assert keys.find(name).kid == name
    with pytest.raises(KeyUnknown):
        keys.find("a")


def test_keys_work_while_the_provider_is_away_up_to_their_age() -> None:
    """Old ones are better than none for an hour here, and not for a second longer."""
    source = Source("a")
    keys = source.keys()
    keys.find("a")
    source.is_away = True
    source.now += 3600
    assert keys.find("a").kid == "a"
    with pytest.raises(KeysUnavailable):
        keys.find("b")  # perhaps it exists: nobody can say
    fetches = source.fetches
    keys.find("a")
    assert source.fetches == fetches  # it is left alone for a while
    source.now += 1
    with pytest.raises(KeysUnavailable):
        keys.find("a")
    source.is_away = False
    assert keys.find("a").kid == "a"


def test_keys_that_were_never_had_are_asked_for_each_time() -> None:
    """A wiki that starts before its provider works as soon as that is there."""
    source = Source("a")
    source.is_away = True
    keys = source.keys()
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            keys.find("a")
    source.is_away = False
    assert keys.find("a").kid == "a"


def test_first_keys_asked_for_by_many_threads_are_fetched_once() -> None:
    """They wait for one fetch, whether it succeeds or fails."""
    source = Source("a")
    keys = source.keys()
    started = threading.Barrier(20)
    is_asked, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        is_asked.set()
        go_on.wait(60)

    source.meanwhile = slowly
    found: list[str] = []

    def find() -> None:
        started.wait(60)
        found.append(keys.find("a").kid)

    threads = [threading.Thread(target=find) for _ in range(20)]
    for thread in threads:
        thread.start()
    is_asked.wait(60)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert (found, source.fetches) == (["a"] * 20, 1)
