"""Wikis under a MAC: every field that was registered counts, to web and to the worker."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import (
    a_wiki,
    call,
    random_32,
    reported,
    value,
)
from tests.database.vouched import ada, wiki
from vault import wikis
from vault.keys import KeyRing, new_key
from vault.wikis import Wiki

__all__ = ["ada", "wiki"]
Playing = Callable[[str], AbstractContextManager[None]]


# The last address of one list as the first of the next.
MOVED = "redirect_uris = redirect_uris[1:1], post_logout_redirect_uris = redirect_uris[2:2]"
MOVED += " || post_logout_redirect_uris"


@pytest.mark.parametrize(
    "change",
    [
        "name = 'Evil'",
        "first_party = false",
        "secret_hash = sha256('the writer''s')",
        "secret_hash = NULL",
        "token_endpoint_auth_method = 'none'",
        "home_uri = 'https://evil/'",
        "redirect_uris = redirect_uris || '{https://evil/}'",
        "redirect_uris = '{https://evil/}'",
        MOVED,
        "redirect_uris = ARRAY[array_to_string(redirect_uris, '')]",
        "post_logout_redirect_uris = '{https://evil/}'",
        "backchannel_logout_uri = 'https://evil/'",
        "backchannel_logout_uri = ''",
        "backchannel_logout_uri = NULL",
        "response_types = '{code,id_token}'",
        "require_pkce = false",
        "id_token_alg = 'ES256'",
        "scopes = scopes || '{offline_access}'",
        "client_id = 'wiki-b'",
        "jwks = '{}'",
        "jwks_uri = 'https://evil/'",
        "assertion_alg = 'RS256'",
        "require_par = true",
        "require_nonce = false",
        "policy_uri = 'https://evil/'",
        "older_secret_hash = sha256('the writer''s')",
        "older_secret_ends_at = 4102444800",
        "mac = ''",
        "mac = sha256('x')",
        "mac_key = 'other'",
    ],
)
def test_wiki_that_a_database_writer_changed_is_as_if_it_did_not_exist(
    admin: psycopg.Connection, playing: Playing, change: str
) -> None:
    """To web and to the worker, on the front page too; and it is written down."""
    a_wiki(admin, secret_hash=random_32(), post_logout_redirect_uris=["https://wiki.example/bye"])
    admin.execute(f"UPDATE vault.wikis SET {change}")
    client_id = value(admin, "SELECT client_id FROM vault.wikis")
    for role in ("web", "worker"):
        admin.execute("DELETE FROM vault.events")
        wikis.forget()
        with playing(role):
            assert wikis.find(client_id) is None
        assert reported(admin) == {("wiki", client_id)}
    assert wikis.front_page() == []


def test_wiki_out_of_service_is_still_the_one_that_was_registered(
    admin: psycopg.Connection,
) -> None:
    """Its state changes by lockouts, outside the MAC; so does what is said of it."""
    a_wiki(admin)
    admin.execute("UPDATE vault.wikis SET state = 'suspended', state_reason = 'taken over'")
    found = wikis.find("wiki-a")
    assert found is not None
    assert found.state == "suspended"
    assert reported(admin) == set()


def test_wiki_of_a_key_that_was_taken_out_is_refused(wiki: Wiki) -> None:
    """Until it is vouched for under a key of today."""
    wikis.forget()
    ring = KeyRing.parse("AUTHSITE_WIKI_KEYS", new_key("t2"))
    with override_settings(WIKI_KEYS=ring):
        assert wikis.find(wiki.client_id) is None
    wikis.forget()
    assert wikis.find(wiki.client_id) == wiki


def test_wiki_without_a_mac_is_not_registered(admin: psycopg.Connection, wiki: Wiki) -> None:
    """Not even by the owner: its row would be nobody's."""
    for mac, status in (
        (None, "unreadable"),
        (b"", "unreadable"),
        (b"x" * 31, "unreadable"),
        (b"x" * 32, "registered"),
    ):
        row = {**vars(wiki), "client_id": "wiki-b", "mac": mac, "mac_key": "t1"}
        text = json.dumps(row, default=lambda value: f"\\x{value.hex()}")
        assert call(admin, "api.console_register_wiki_v1", text)["status"] == status


def test_wiki_with_a_very_long_name_is_reported_all_the_same(admin: psycopg.Connection) -> None:
    """A writer does not hide a row by an id that is too long to be written down."""
    a_wiki(admin, "w" * 150)
    admin.execute("UPDATE vault.wikis SET name = 'Evil'")
    assert wikis.find("w" * 150) is None
    assert reported(admin) == {("wiki", "w" * 100)}
