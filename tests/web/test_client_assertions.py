"""A wiki proves itself by an assertion that it signed: RFC 7523 section 3, OpenID Connect."""

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import psycopg
import pytest
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jws

from tests.environment import ISSUER
from tests.web.assertions import Signer, by_key, new_key, public, shown
from tests.web.forged_assertions import BAD, GOOD
from tests.web.people import Browser, WikiClient, code_for, post_form
from tests.web.refusals import is_refused

Wikis = Callable[..., WikiClient]

pytestmark = pytest.mark.usefixtures("unlimited")


@pytest.fixture
def keyed(add_wiki: Wikis) -> tuple[WikiClient, Signer]:
    """A wiki with one P-256 key."""
    return by_key(add_wiki)


def ask(assertion: str, **more: str) -> Any:
    """Shows an assertion where nothing else is looked at: no token is ours."""
    return post_form("/oauth/introspect", shown(assertion, token="none", **more))


def is_taken(response: Any) -> bool:
    """Whether the wiki authenticated."""
    if response.status_code == 200:
        assert response.json() == {"active": False}
        return True
    is_refused(response, 401, "invalid_client")
    return False


@pytest.mark.parametrize("alg", ["ES256", "Ed25519", "EdDSA", "PS256", "RS256"])
def test_assertion_of_each_advertised_algorithm_redeems_a_code(
    grace: Browser, add_wiki: Wikis, alg: str
) -> None:
    """ensure-client-assertion-in-token-endpoint: with and without client_id beside it."""
    wiki, signer = by_key(add_wiki, alg=alg)
    for more in ({}, {"client_id": wiki.client_id}):
        form = {
            "grant_type": "authorization_code",
            "code": code_for(grace, wiki),
            "redirect_uri": wiki.redirect_uri,
            "code_verifier": wiki.verifier,
        }
        answer = post_form("/oauth/token", {**form, **shown(signer.sign(), **more)})
        assert answer.status_code == 200, answer.content
        assert answer.json()["id_token"]


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/introspect", "/oauth/revoke"])
def test_assertion_is_good_once_wherever_it_is_shown(
    keyed: tuple[WikiClient, Signer], path: str
) -> None:
    """V-replay: one that was shown at one endpoint is spent at all of them."""
    _wiki, signer = keyed
    assertion = signer.sign()
    assert is_taken(ask(assertion))
    form = {"grant_type": "refresh_token", "refresh_token": "none", "token": "none"}
    is_refused(post_form(path, {**form, **shown(assertion)}), 401, "invalid_client")


def test_assertion_that_many_threads_show_at_once_is_taken_once(
    keyed: tuple[WikiClient, Signer],
) -> None:
    """V-race: exactly one of them goes on."""
    _wiki, signer = keyed
    assertion = signer.sign()
    start = threading.Barrier(16)
    heard: list[int] = []

    def show() -> None:
        start.wait(timeout=60)
        heard.append(ask(assertion).status_code)

    threads = [threading.Thread(target=show) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(heard) == [200] + [401] * 15


def test_assertion_that_is_refused_is_not_spent(
    keyed: tuple[WikiClient, Signer], admin: psycopg.Connection
) -> None:
    """Nobody uses up an id by a forgery, and a wiki out of service loses nothing either."""
    from vault import wikis

    _wiki, signer = keyed
    thief = Signer(new_key(), client_id=signer.client_id)
    assert not is_taken(ask(thief.sign(jti="mine")))
    assertion = signer.sign(jti="mine")
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")
    wikis.forget()
    assert not is_taken(ask(assertion))
    admin.execute("UPDATE vault.wikis SET state = 'active'")
    wikis.forget()
    assert is_taken(ask(assertion))


def test_assertion_replayed_is_written_down_without_its_id(
    keyed: tuple[WikiClient, Signer], admin: psycopg.Connection
) -> None:
    """The trail says which wiki's it was."""
    wiki, signer = keyed
    assertion = signer.sign(jti="told-to-nobody")
    ask(assertion)
    ask(assertion)
    lines = admin.execute("SELECT tag, client_id, e::text FROM vault.events e").fetchall()
    assert [line[1] for line in lines if line[0] == "wiki:assertion:replayed"] == [wiki.client_id]
    assert not [line for line in lines if "told-to-nobody" in line[2]]


@pytest.mark.parametrize("case", GOOD)
def test_assertion_that_is_good_is_taken(keyed: tuple[WikiClient, Signer], case: str) -> None:
    """par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted, and others."""
    _wiki, signer = keyed
    assert is_taken(ask(GOOD[case](signer)))


@pytest.mark.parametrize("case", BAD)
def test_assertion_that_is_not_good_is_refused(
    keyed: tuple[WikiClient, Signer], admin: psycopg.Connection, case: str
) -> None:
    """Each of FAPI 2.0's negative modules and more: 401, never a 500, and nothing is spent."""
    _wiki, signer = keyed
    assert not is_taken(ask(BAD[case](signer)))
    assert admin.execute("SELECT count(*) FROM vault.spent_assertions").fetchone() == (0,)
    assert is_taken(ask(signer.sign()))


def test_assertion_meant_for_an_endpoint_hears_what_to_send_instead(
    keyed: tuple[WikiClient, Signer],
) -> None:
    """Many libraries send the token endpoint's address by default: the answer names the issuer."""
    _wiki, signer = keyed
    said = ask(signer.sign(aud=f"{ISSUER}/oauth/token")).json()["error_description"]
    assert said == f"aud of the assertion must be the issuer alone, {ISSUER}"


def test_assertion_of_a_wiki_held_to_one_algorithm_is_refused_in_another(add_wiki: Wikis) -> None:
    """ensure-signed-client-assertion-with-RS256-fails: the same key signs PS256 and RS256."""
    wiki, signer = by_key(add_wiki, alg="PS256", token_endpoint_auth_signing_alg="PS256")
    assert not is_taken(ask(Signer(signer.key, "RS256", wiki.client_id).sign()))
    assert is_taken(ask(signer.sign()))


def test_assertion_of_a_wiki_with_several_keys_names_its_key(add_wiki: Wikis) -> None:
    """Core section 10.1: ``kid`` chooses; a key of another name is not tried."""
    one, two = new_key(kid="one"), new_key(kid="two")
    wiki, _ = by_key(add_wiki, jwks=public(one, two))
    assert is_taken(ask(Signer(one, client_id=wiki.client_id).sign()))
    assert is_taken(ask(Signer(two, client_id=wiki.client_id).sign()))
    claims = json.dumps(Signer(one, client_id=wiki.client_id).claims())
    for header in ({"alg": "ES256"}, {"alg": "ES256", "kid": "two"}):
        assert not is_taken(ask(jws.serialize_compact(header, claims, one)))


def test_assertion_of_another_wiki_opens_nothing_here(
    keyed: tuple[WikiClient, Signer], add_wiki: Wikis
) -> None:
    """A good one of somebody else's, beside this wiki's client_id or in this wiki's name."""
    wiki, _signer = keyed
    _other, thief = by_key(add_wiki)
    is_refused(ask(thief.sign(), client_id=wiki.client_id), 400, "invalid_request")
    assert not is_taken(ask(thief.sign(iss=wiki.client_id, sub=wiki.client_id)))
    assert is_taken(ask(thief.sign()))


def test_assertion_of_a_library_in_the_field_is_taken_once_it_names_the_issuer(
    add_wiki: Wikis,
) -> None:
    """Authlib, as docs/wikis.md says: by default it names the endpoint, and lives for an hour."""
    wiki, signer = by_key(add_wiki)
    client = ClientAuth(wiki.client_id, signer.key, "private_key_jwt")

    def brought(method: PrivateKeyJWT) -> dict[str, str]:
        _uri, _headers, body = method(client, "POST", f"{ISSUER}/oauth/introspect", {}, "token=x")
        return dict(parse_qsl(body))

    by_default = PrivateKeyJWT(alg="ES256")
    assert not is_taken(post_form("/oauth/introspect", brought(by_default)))
    by_the_docs = PrivateKeyJWT(ISSUER, alg="ES256")
    for _ in range(2):
        assert is_taken(post_form("/oauth/introspect", brought(by_the_docs)))
