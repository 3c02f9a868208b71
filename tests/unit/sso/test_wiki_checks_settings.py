"""``checkwiki``: the wiki's clock, its keys, how it is registered, and what its calls came to."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from sso.services.wiki_checks import Finding
from tests.unit.sso.wiki_sites import (
    GOOD,
    NOW,
    QUIET,
    a_site,
    a_wiki,
    answer,
    checked,
    faults,
    notes,
    of,
)


@pytest.mark.parametrize(
    ("ahead", "verdict", "says"),
    [
        (20, "ok", "within 30 seconds"),
        (45, "note", "seconds ahead: our ID tokens look old"),
        (-45, "note", "seconds behind: our ID tokens look as if they came from the future"),
        (300, "wrong", "expired before time"),
        (-7200, "wrong", "from the future"),
    ],
)
def test_clock_that_is_off_is_said_with_what_follows(ahead: int, verdict: str, says: str) -> None:
    """Half a minute is noted, a minute is wrong, in both directions."""
    at = datetime.now(UTC) + timedelta(seconds=ahead)
    statuses = {"GET / ": 200, "GET /callback": 400, "GET /bye": 200, "POST /logout": 400}
    found = of({line: answer(status, at=at) for line, status in statuses.items()})
    [clock] = [one for one in found if one.about.startswith("clock")]
    assert clock.verdict == verdict
    assert says in clock.says


def test_page_from_a_cache_does_not_make_the_clock_wrong() -> None:
    """Its Date is of when it was made, and its Age says how long ago that was."""
    at = datetime.now(UTC) - timedelta(hours=1)
    old = {
        "GET / ": answer(200, at=at, Age="3600"),
        "GET /callback": answer(400, at=at, Age="3600"),
    }
    quiet = {"backchannel_logout_uri": None, "post_logout_redirect_uris": ()}
    [clock] = [one for one in of(old, **quiet) if one.about.startswith("clock")]
    assert clock.verdict == "ok"


EC: dict[str, Any] = dict(
    ECKey.generate_key("P-256", {"kid": "one"}, private=True).as_dict(private=True)
)
PUBLIC = {name: value for name, value in EC.items() if name != "d"}
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt", "secret_hash": None}


def keys_of(body: bytes, status: int = 200, **changes: Any) -> list[Finding]:
    """What is found of a wiki whose key address answers so."""
    with a_site({**GOOD, "GET /keys": answer(status, body)}) as server:
        base = f"http://127.0.0.1:{server.port}"
        return checked(a_wiki(base, **{**BY_KEY, "jwks_uri": f"{base}/keys", **changes}))


def test_keys_by_address_are_listed_with_what_they_sign() -> None:
    """Which kid, for which algorithm."""
    rsa = RSAKey.generate_key(2048, {"kid": "two"}).as_dict(private=False)
    found = keys_of(json.dumps({"keys": [PUBLIC, rsa]}).encode())
    assert faults(found) == []
    [keys] = [one for one in found if one.about.startswith("keys")]
    assert keys.says == "one (ES256), two (RS256 or PS256)"


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{}", 404, "404 instead of 200"),
        (b"<html>", 200, "it is not JSON"),
        (b"[" * 60_000, 200, "it is not JSON"),
        (b"{}", 200, "write a JWK Set"),
        (json.dumps({"keys": [EC]}).encode(), 200, "holds a private key"),
        (json.dumps({"keys": []}).encode(), 200, "no key of the set can sign"),
    ],
)
def test_keys_that_are_of_no_use_are_wrong(body: bytes, status: int, says: str) -> None:
    """The private half of one most of all."""
    [fault] = faults(keys_of(body, status))
    assert says in fault
    assert EC["d"] not in fault


def test_keys_for_another_algorithm_than_the_registered_one_are_wrong() -> None:
    """No assertion of that wiki would be accepted."""
    found = keys_of(json.dumps({"keys": [PUBLIC]}).encode(), assertion_alg="RS256")
    [fault] = faults(found)
    assert "none is for RS256" in fault


def test_keys_by_value_are_looked_at_without_a_call() -> None:
    """They stand in the registration."""
    found = of({}, **BY_KEY, jwks=json.dumps({"keys": [PUBLIC]}))
    assert [one.says for one in found if one.about == "keys"] == ["one (ES256)"]


def test_keys_of_a_wiki_that_does_not_use_them_are_noted() -> None:
    """Somebody believes that it authenticates by them."""
    other = {"token_endpoint_auth_method": "client_secret_basic"}
    assert "not used" in notes(keys_of(json.dumps({"keys": [PUBLIC]}).encode(), **other))


SOON = int((NOW + timedelta(hours=1)).timestamp())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id_token_alg": "RS256"}, "ES256 is signed many times faster"),
        ({"require_pkce": False}, "PKCE: not asked of it"),
        ({"require_pkce": False, "require_nonce": False}, "neither PKCE nor a nonce"),
        ({"backchannel_logout_uri": None}, "goes on after it has ended here"),
        ({"backchannel_logout_uri": None, "scopes": ("openid",)}, "outlives ours"),
        ({"older_secret_hash": b"x", "older_secret_ends_at": SOON}, "is still good, until"),
        ({"first_party": False}, "not the family's own"),
        ({"token_endpoint_auth_method": "none"}, "whoever has a code"),
        ({"post_logout_redirect_uris": ()}, "people stay on our page"),
    ],
)
def test_weak_registration_is_noted_with_what_follows(changes: dict[str, Any], says: str) -> None:
    """Nothing is wrong with it, but somebody should have meant it."""
    found = of({}, **changes)
    assert faults(found) == []
    assert says in notes(found)


def test_suspended_wiki_is_wrong_with_the_reason() -> None:
    """Nobody can sign in to it, whatever else is right."""
    last = replace(QUIET, state_reason="defaced")
    assert faults(of({}, last, state="suspended")) == [
        "state: suspended, so nobody can sign in to it: defaced"
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"given_up": 2, "last_error": "status_500"}, "0 wait, 2 were given up"),
        ({"waiting": 3, "last_error": "timed_out"}, "the last error was timed_out"),
        ({"redeemed_at": None}, "no code was ever redeemed"),
        ({"redeemed_at": None, "refused_at": NOW, "refused_why": "client"}, "refused"),
    ],
)
def test_calls_that_failed_are_wrong(changes: dict[str, Any], says: str) -> None:
    """What the operators' page shows is said here too."""
    assert any(says in fault for fault in faults(of({}, replace(QUIET, **changes))))


def test_wiki_that_was_never_used_is_noted() -> None:
    """Nobody knows yet whether it works."""
    never = replace(QUIET, issued_at=None, redeemed_at=None, told_at=None)
    found = of({}, never)
    assert faults(found) == []
    assert "last used: never" in notes(found)
