"""How a registration is changed and a secret renewed, by one or by many at once (RFC 7592)."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from joserfc.jwk import ECKey

from sso.errors import MetadataInvalid, RegistrationMoved, WikiUnknown
from sso.services.registration import change_wiki, register_wiki, registration_of, renew_secret
from tests.database.asking import Login, a_person, a_session, issue, value, vouch_for_wikis
from vault import wikis

GOOD: dict[str, Any] = {
    "client_name": "English wiki",
    "redirect_uris": ["https://wiki.example/callback"],
    "first_party": True,
}
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}
JWKS_URI = "https://en.wiki.example/jwks"


def public() -> dict[str, Any]:
    """A public key."""
    return dict(ECKey.generate_key("P-256").as_dict(private=False))


@pytest.fixture(autouse=True)
def owner(
    admin: psycopg.Connection, playing: Callable[[str], AbstractContextManager[None]]
) -> Iterator[None]:
    """Wikis are registered by the owner."""
    with playing("owner"):
        yield


def test_change_leaves_what_it_does_not_name() -> None:
    """Every field by itself, against a registration that has all of them."""
    everything = {
        **GOOD,
        **BY_KEY,
        "client_uri": "https://wiki.example/",
        "jwks": {"keys": [public()]},
        "token_endpoint_auth_signing_alg": "ES256",
        "post_logout_redirect_uris": ["https://wiki.example/bye"],
        "backchannel_logout_uri": "https://wiki.example/backchannel",
        "policy_uri": "https://wiki.example/privacy",
        "require_pkce": False,
        "require_nonce": False,
        "require_pushed_authorization_requests": True,
        "scope": "openid profile email offline_access",
        "least_acr": "aal2",
        "default_acr_values": ["phr"],
    }
    before = register_wiki(everything)
    client_id = before["client_id"]
    del before["client_id_issued_at"]
    for field, new in {
        "client_name": "Another",
        "redirect_uris": ["https://wiki.example/other"],
        "policy_uri": None,
        "require_nonce": True,
        "least_acr": "aal1",
        "jwks": {"keys": [public()]},
    }.items():
        after = change_wiki(client_id, {field: new})
        expected = {**before, field: new}
        assert after == {name: kept for name, kept in expected.items() if kept is not None}
        before = after
    assert registration_of(client_id) == before


def test_change_from_keys_to_an_address_and_back_needs_nothing_else_said() -> None:
    """The one takes the other's place."""
    client_id = register_wiki({**GOOD, **BY_KEY, "jwks_uri": JWKS_URI})["client_id"]
    by_value = change_wiki(client_id, {"jwks": {"keys": [public()]}})
    assert "jwks_uri" not in by_value
    by_address = change_wiki(client_id, {"jwks_uri": JWKS_URI})
    assert "jwks" not in by_address


def test_change_that_cannot_be_changes_nothing(admin: psycopg.Connection) -> None:
    """Refused before anything is written, and unknown wikis are said to be."""
    before = register_wiki(GOOD)
    row = value(admin, "SELECT w::text FROM vault.wikis w")
    for changes in ({"redirect_uris": []}, {"jwks": {}}, {"scope": "profile"}):
        with pytest.raises(MetadataInvalid):
            change_wiki(before["client_id"], changes)
    with pytest.raises(WikiUnknown):
        change_wiki("nobody", {"client_name": "X"})
    with pytest.raises(WikiUnknown):
        renew_secret("nobody", overlap_seconds=0)
    assert value(admin, "SELECT w::text FROM vault.wikis w") == row


def test_change_of_a_row_that_a_database_writer_touched_is_refused(
    admin: psycopg.Connection,
) -> None:
    """It is no registration of ours: to change it would be to vouch for it."""
    client_id = register_wiki(GOOD)["client_id"]
    admin.execute("UPDATE vault.wikis SET home_uri = 'https://evil/'")
    with pytest.raises(WikiUnknown):
        change_wiki(client_id, {"client_name": "X"})
    with pytest.raises(WikiUnknown):
        renew_secret(client_id, overlap_seconds=0)


@pytest.mark.parametrize(
    ("changes", "is_revoked"),
    [
        ({"scope": "openid profile"}, True),
        ({"first_party": False}, True),
        ({"scope": "openid profile email offline_access"}, False),
        ({"client_name": "Another"}, False),
        ({"redirect_uris": ["https://wiki.example/other"]}, False),
    ],
)
def test_change_to_less_revokes_what_was_given_for_more(
    admin: psycopg.Connection, login: Login, changes: dict[str, Any], is_revoked: bool
) -> None:
    """V-revoke: turning something off ends what it made; more, and another name, end nothing."""
    metadata = {**GOOD, "scope": "openid profile email"}
    client_id = register_wiki(metadata)["client_id"]
    with login("web") as web:
        session = a_session(web, a_person(web))
        given = issue(web, session, client_id, scopes=["openid", "email"])
    assert given["status"] == "issued"
    change_wiki(client_id, changes)
    revoked = value(admin, "SELECT revoked_at IS NOT NULL FROM vault.grants")
    assert revoked is is_revoked


# --- races --------------------------------------------------------------------------------------


def _at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each gives, or the error that it raises."""
    start = threading.Barrier(len(acts))
    heard: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        start.wait(timeout=60)
        try:
            heard[number] = acts[number]()
        except RegistrationMoved as error:
            heard[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return heard


def test_changes_at_once_are_made_whole_or_refused_and_none_is_lost(
    admin: psycopg.Connection,
) -> None:
    """Eight fields by eight threads: who was told that it worked finds it; the others try again."""
    client_id = register_wiki(GOOD)["client_id"]
    changes: list[dict[str, Any]] = [
        {"client_name": "Another"},
        {"policy_uri": "https://wiki.example/privacy"},
        {"client_uri": "https://wiki.example/home"},
        {"scope": "openid profile email"},
        {"least_acr": "aal2"},
        {"id_token_signed_response_alg": "ES256"},
        {"require_pushed_authorization_requests": True},
        {"post_logout_redirect_uris": ["https://wiki.example/bye"]},
    ]
    heard = _at_once([lambda one=one: change_wiki(client_id, one) for one in changes])
    made = [one for one, told in zip(changes, heard, strict=True) if isinstance(told, dict)]
    assert made
    now = registration_of(client_id)
    for change in made:
        assert change.items() <= now.items()
    told = value(admin, "SELECT count(*) FROM vault.events WHERE tag = 'wiki:registration:changed'")
    assert told == len(made)


def test_secrets_renewed_at_once_leave_each_that_was_shown_good_or_refused() -> None:
    """Nobody is shown a secret that somebody else's renewal had overwritten unseen."""
    first = register_wiki(GOOD)
    client_id = first["client_id"]
    heard = _at_once([lambda: renew_secret(client_id, overlap_seconds=60) for _ in range(6)])
    shown = [told["client_secret"] for told in heard if isinstance(told, dict)]
    assert shown
    wikis.forget()
    wiki = wikis.find(client_id)
    assert wiki is not None
    good = [secret for secret in (first["client_secret"], *shown) if wiki.is_secret(secret)]
    # The last two of those that followed each other.
    assert len(good) == 2
    assert set(good) & set(shown)


# --- secrets ------------------------------------------------------------------------------------


def test_secret_renewed_says_until_when_the_older_one_is_good() -> None:
    """In each answer until then, and the older one itself in none."""
    first = register_wiki(GOOD)
    client_id = first["client_id"]
    assert "older_client_secret_expires_at" not in first
    renewed = renew_secret(client_id, overlap_seconds=3600)
    ends_at = renewed["older_client_secret_expires_at"]
    assert abs(ends_at - time.time() - 3600) < 30
    later = change_wiki(client_id, {"client_name": "Another"})
    assert later["older_client_secret_expires_at"] == ends_at
    assert "client_secret" not in later
    for answer in (renewed, later, registration_of(client_id)):
        assert first["client_secret"] not in json.dumps(answer)


def test_secret_that_is_over_is_not_spoken_of(admin: psycopg.Connection) -> None:
    """And nothing of a wiki shows either of them."""
    client_id = register_wiki(GOOD)["client_id"]
    renew_secret(client_id, overlap_seconds=60)
    admin.execute("UPDATE vault.wikis SET older_secret_ends_at = 1")
    vouch_for_wikis(admin)
    assert "older_client_secret_expires_at" not in registration_of(client_id)
    wiki = wikis.registered(client_id)
    assert wiki is not None
    assert "secret_hash=" not in repr(wiki[0])


@pytest.mark.parametrize("seconds", [-1, 30 * 86400 + 1])
def test_secret_renewed_for_longer_than_a_month_is_refused(seconds: int) -> None:
    """An overlap is for a change that is under way, not for keeping two secrets."""
    client_id = register_wiki(GOOD)["client_id"]
    with pytest.raises(MetadataInvalid):
        renew_secret(client_id, overlap_seconds=seconds)


def test_secret_of_a_wiki_without_one_is_not_renewed() -> None:
    """A key is changed where it is published, or by changing the registration."""
    client_id = register_wiki({**GOOD, **BY_KEY, "jwks_uri": JWKS_URI})["client_id"]
    with pytest.raises(MetadataInvalid):
        renew_secret(client_id, overlap_seconds=0)
