"""Signing keys under their seals: what is published is made from what a seal holds."""

from collections.abc import Iterator

import psycopg
import pytest
from django.test import override_settings
from joserfc import jwk

from tests.database.asking import ask, reported
from tests.database.rotating import kept_keys
from vault import signing_keys
from vault.keys import KeyRing, new_key
from vault.signing_keys import NoSigningKey


@pytest.fixture(autouse=True)
def _nothing_remembered(vault: None) -> Iterator[None]:
    signing_keys.forget()
    yield
    signing_keys.forget()


def test_keys_are_published_as_they_were_sealed(admin: psycopg.Connection) -> None:
    """Every key of the table, its public half alone, with its thumbprint for an id."""
    published = signing_keys.key_set().published
    rows = ask(admin, "SELECT kid FROM vault.signing_keys")
    assert {row["kid"] for row in rows} == {key["kid"] for key in published}
    for key in published:
        assert jwk.import_key(dict(key)).thumbprint() == key["kid"]
        assert not {"d", "p", "q"} & set(key)
        assert key["use"] == "sig"


def test_keys_under_a_seal_that_does_not_open_are_left_out(admin: psycopg.Connection) -> None:
    """Nothing is published, nothing signs, and each is written down."""
    kids = {row["kid"] for row in ask(admin, "SELECT kid FROM vault.signing_keys")}
    for key_id in ("t1", "t2"):  # another key of that id, and an id that the ring lacks
        signing_keys.forget()
        admin.execute("DELETE FROM vault.events")
        ring = KeyRing.parse("AUTHSITE_SIGNING_KEYS", new_key(key_id))
        with override_settings(SIGNING_KEYS=ring):
            assert signing_keys.key_set().published == ()
            with pytest.raises(NoSigningKey):
                signing_keys.signing_key("ES256")
        assert reported(admin) == {("signing_key", kid) for kid in kids}


@pytest.fixture
def retired(admin: psycopg.Connection) -> Iterator[set[str]]:
    """Keys that are published no more: all that there are."""
    with kept_keys(admin):
        admin.execute(
            "UPDATE vault.signing_keys SET state = 'retired',"
            " retired_at = now() - interval '2 days'"
        )
        yield {row["kid"] for row in ask(admin, "SELECT kid FROM vault.signing_keys")}


def test_keys_that_are_read_again_are_not_opened_again(
    monkeypatch: pytest.MonkeyPatch, admin: psycopg.Connection
) -> None:
    """To open one takes a quarter of a second; which ones there are is asked all the same."""
    monkeypatch.setattr(signing_keys, "_CACHE_SECONDS", 0.0)
    before, again = signing_keys.key_set(), signing_keys.key_set()
    assert again is not before
    assert {alg: id(key.key) for alg, key in before.active.items()} == {
        alg: id(key.key) for alg, key in again.active.items()
    }
    with kept_keys(admin):
        admin.execute("DELETE FROM vault.signing_keys WHERE alg = 'RS256'")
        assert set(signing_keys.key_set().active) == {"ES256"}


def test_keys_that_were_opened_count_under_their_own_ring_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also while this process remembers what another ring has opened."""
    monkeypatch.setattr(signing_keys, "_CACHE_SECONDS", 0.0)
    assert signing_keys.key_set().active
    for key_id in ("t1", "t2"):
        ring = KeyRing.parse("AUTHSITE_SIGNING_KEYS", new_key(key_id))
        with override_settings(SIGNING_KEYS=ring):
            assert signing_keys.key_set().published == ()
    assert signing_keys.key_set().active


def test_past_keys_are_public_halves_that_are_opened_once(
    retired: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody signs with them any more; a stranger's hint makes this process open none again."""
    monkeypatch.setattr(signing_keys, "_CACHE_SECONDS", 0.0)
    before, again = list(signing_keys.past_keys()), list(signing_keys.past_keys())
    assert {key.kid for key in before} == retired
    assert not any(key.is_private for key in before)
    assert [id(key) for key in before] == [id(key) for key in again]


def test_past_keys_may_go_with_their_ring(retired: set[str], admin: psycopg.Connection) -> None:
    """Left out without an alarm; one that is sealed with somebody's own key is written down."""
    for key_id, written in (("t2", set()), ("t1", {("signing_key", kid) for kid in retired})):
        signing_keys.forget()
        admin.execute("DELETE FROM vault.events")
        ring = KeyRing.parse("AUTHSITE_SIGNING_KEYS", new_key(key_id))
        with override_settings(SIGNING_KEYS=ring):
            assert list(signing_keys.past_keys()) == []
        assert reported(admin) == written
