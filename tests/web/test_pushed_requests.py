"""Requests that a wiki's server hands over beforehand (RFC 9126): what is taken and told."""

import base64
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.test import Client

from sso.services.pushed_requests import read_sent
from tests.database.asking import vouch_for_wikis
from tests.environment import ISSUER
from tests.web.counting import counted_sql, functions_of
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    fields_of,
    post_form,
)
from tests.web.refusals import is_refused
from vault import wikis

Wikis = Callable[..., WikiClient]
AUTHORIZE = "/oauth/authorize"


# --- Handing over ------------------------------------------------------------------------------


def test_pushed_request_is_answered_as_if_it_had_been_sent(
    grace: Browser, wiki: WikiClient
) -> None:
    """RFC 9126 sections 2.2 and 4: created, short-lived, in no cache; then a code as ever."""
    given = wiki.push(prompt="none")
    assert given.status_code == 201
    assert given.headers["Content-Type"] == "application/json"
    assert given.headers["Cache-Control"] == "no-store"
    assert given.json().keys() == {"request_uri", "expires_in"}
    assert 60 <= given.json()["expires_in"] <= 90
    assert given.json()["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    named = {"client_id": wiki.client_id, "request_uri": given.json()["request_uri"]}
    told = answer_of(grace.get(AUTHORIZE, named))
    assert (told["state"], told["iss"]) == (wiki.state, ISSUER)
    claims = claims_of(wiki.redeem(told["code"]).json()["id_token"])
    assert (claims["nonce"], claims["preferred_username"]) == (wiki.nonce, "Grace")


def test_pushed_request_says_nothing_of_itself(wiki: WikiClient) -> None:
    """It is encrypted: the address that a browser shows and keeps tells neither hint nor state."""
    request_uri = wiki.pushed(login_hint="Grace")["request_uri"]
    sealed = request_uri.rpartition(":")[2]
    header = json.loads(base64.urlsafe_b64decode(sealed.split(".")[0] + "=="))
    assert header.keys() == {"alg", "enc", "kid"}
    for part in sealed.split("."):
        assert b"Grace" not in base64.urlsafe_b64decode(part + "==")
    assert wiki.pushed(login_hint="Grace")["request_uri"] != request_uri


def test_pushed_request_asks_the_databases_for_nothing_and_a_silent_sign_in_for_three(
    grace: Browser, wiki: WikiClient
) -> None:
    """Who pushes stores nothing here; who signs in costs what it does without."""
    wiki.pushed()  # the wikis are remembered from here on
    with counted_sql() as statements:
        named = wiki.pushed(prompt="none")
    assert functions_of(statements) == []
    with counted_sql() as statements:
        code = answer_of(grace.get(AUTHORIZE, named))["code"]
        assert wiki.redeem(code).status_code == 200
    assert functions_of(statements) == ["resume_session", "issue_grant", "redeem_code"]


def test_pushed_request_by_post_and_by_form_post(grace: Browser, wiki: WikiClient) -> None:
    """The authorization endpoint takes both methods; no parameter of it leaks on the way."""
    named = wiki.pushed(response_mode="form_post")
    on = grace.post(AUTHORIZE, {**named, "state": "other"})
    assert on.status_code == 303
    assert wiki.state not in on["Location"]
    sent = fields_of(grace.get(on["Location"]))
    assert (sent["state"], sent["iss"]) == (wiki.state, ISSUER)
    assert wiki.redeem(sent["code"]).status_code == 200


def test_pushed_request_of_a_public_wiki_names_it_and_brings_pkce(
    grace: Browser, add_wiki: Wikis
) -> None:
    """RFC 9126 section 2: it authenticates as at the token endpoint, here by its client_id."""
    public = add_wiki("Public wiki", token_endpoint_auth_method="none")
    is_refused(post_form("/oauth/par", public.request(client_id=None)), 401, "invalid_client")
    without = public.request(code_challenge=None, code_challenge_method=None)
    is_refused(post_form("/oauth/par", without), 400, "invalid_request")
    given = post_form("/oauth/par", public.request())
    assert given.status_code == 201
    named = {"client_id": public.client_id, "request_uri": given.json()["request_uri"]}
    assert "code" in answer_of(grace.get(AUTHORIZE, named))


def test_pushed_request_keeps_no_secret_of_the_wiki(grace: Browser, add_wiki: Wikis) -> None:
    """A secret by form proves who pushes, and is no part of what is asked."""
    wiki = add_wiki("Post wiki", token_endpoint_auth_method="client_secret_post")
    form = {**wiki.request(), "client_secret": wiki.registration["client_secret"]}
    request_uri = post_form("/oauth/par", form).json()["request_uri"]
    named = {"client_id": wiki.client_id, "request_uri": request_uri}
    _address, values, _repeated = read_sent([(name, [text]) for name, text in named.items()])
    assert values == wiki.request()
    assert "code" in answer_of(grace.get(AUTHORIZE, named))


# --- Refused ------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, str | None], str]] = {
    "request_uri": ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
    "request_uri by https": ({"request_uri": "https://wiki.example/r"}, "invalid_request"),
    "request object": ({"request": "e30.e30."}, "request_not_supported"),
    "registration": ({"registration": "{}"}, "registration_not_supported"),
    "another client_id": ({"client_id": "somebody-else"}, "invalid_request"),
    "redirect_uri missing": ({"redirect_uri": None}, "invalid_request"),
    "redirect_uri unknown": ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
    "response_type missing": ({"response_type": None}, "invalid_request"),
    "response_type token": ({"response_type": "token"}, "unsupported_response_type"),
    "response_type hybrid": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "response_type id_token": ({"response_type": "id_token"}, "unauthorized_client"),
    "scope": ({"scope": "profile"}, "invalid_scope"),
    "pkce missing": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "pkce plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "prompt": ({"prompt": "none login"}, "invalid_request"),
    "max_age": ({"max_age": "soon"}, "invalid_request"),
    "claims": ({"claims": "{"}, "invalid_request"),
    "id_token_hint": ({"id_token_hint": "e30.e30.e30"}, "invalid_request"),
    "unmet level": (
        {"claims": '{"id_token":{"acr":{"essential":true,"value":"gold"}}}'},
        "unmet_authentication_requirements",
    ),
    "state long": ({"state": "s" * 2001}, "invalid_request"),
    "altogether long": ({"unknown": "x" * 6000}, "invalid_request"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_pushed_request_that_would_be_refused_is_refused_at_once(
    wiki: WikiClient, case: str
) -> None:
    """RFC 9126 section 2.3, par-plain-pkce-rejected, par-ensure-pkce-required,
    par-authorization-request-containing-request_uri-form-param: with the standard's own error."""
    changes, error = REFUSED[case]
    is_refused(wiki.push(**changes), 400, error)


def test_pushed_request_with_any_parameter_repeated_is_refused(wiki: WikiClient) -> None:
    """RFC 6749 section 3.2: each once, alike or not, known or not."""
    request = wiki.request()
    for name in (*request, "unknown", "request_uri"):
        value = request.get(name, "x")
        form = {**request, name: [value, value]}
        is_refused(
            post_form("/oauth/par", form, authorization=wiki.basic()), 400, "invalid_request"
        )


def test_pushed_request_of_whom_does_not_authenticate_is_refused(
    wiki: WikiClient, add_wiki: Wikis
) -> None:
    """RFC 9126 section 2: as at the token endpoint, with its errors."""
    other = add_wiki("French wiki")
    for authorization in (None, "Basic !!!", "Bearer x"):
        answer = post_form("/oauth/par", wiki.request(), authorization=authorization)
        is_refused(answer, 401, "invalid_client")
    answer = post_form("/oauth/par", wiki.request(), authorization=other.basic())
    is_refused(answer, 400, "invalid_request")


def test_pushed_request_of_a_suspended_wiki_is_refused_at_both_ends(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """V-disabled: nothing is taken of it, and what was taken before gives no code."""
    named = wiki.pushed()
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")
    wikis.forget()
    is_refused(wiki.push(), 401, "invalid_client")
    page = grace.get(AUTHORIZE, named)
    assert page.status_code == 400
    assert "out of service" in page.content.decode()


def test_pushed_request_that_the_registration_forbids_by_now_gives_nothing(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """It is checked again when it is used: a redirect URI may have been taken away."""
    named = wiki.pushed()
    admin.execute("UPDATE vault.wikis SET redirect_uris = '{https://english.wiki.example/new}'")
    vouch_for_wikis(admin)
    for remembered in (True, False):
        if not remembered:
            wikis.forget()
        page = grace.get(AUTHORIZE, named)
        assert (page.status_code, "Location" in page.headers) == (400, False)


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
def test_par_by_another_method_than_post_is_405(wiki: WikiClient, method: str) -> None:
    """par-attempt-invalid-http-method."""
    client = Client(headers={"host": "auth.example.org", "authorization": wiki.basic()})
    answer = getattr(client, method)("/oauth/par", wiki.request(), secure=True)
    assert answer.status_code == 405


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"client_id": "x"}', "application/json"),
        ("client_id=x", "text/plain"),
        ("client_id=%00", "application/x-www-form-urlencoded"),
        ("state=%ff%fe", "application/x-www-form-urlencoded"),
        ("client_id=x", "application/x-www-form-urlencoded; charset=utf-16"),
        ("x" * 70_000, "application/x-www-form-urlencoded"),
        ("", "application/x-www-form-urlencoded"),
    ],
    ids=["json", "text", "nul", "no utf-8", "charset", "huge", "empty"],
)
def test_par_with_a_body_that_is_no_form_is_refused(wiki: WikiClient, body: str, kind: str) -> None:
    """Nothing of it is read."""
    answer = Client(headers={"host": "auth.example.org", "authorization": wiki.basic()}).post(
        "/oauth/par", body, content_type=kind, secure=True
    )
    assert answer.status_code in {400, 413}
    assert "request_uri" not in answer.content.decode()


def test_par_that_is_refused_counts_against_the_network(wiki: WikiClient, settings: Any) -> None:
    """As wrong secrets at the token endpoint do; what is right does not."""
    settings.RATE_TOKEN = "3/h"
    for _ in range(5):
        wiki.pushed()
    for _ in range(3):
        is_refused(post_form("/oauth/par", wiki.request()), 401, "invalid_client")
    assert post_form("/oauth/par", wiki.request()).status_code == 429


# --- Required ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [None, "form_post"])
def test_wiki_that_requires_it_gets_nothing_for_a_plain_request(
    grace: Browser, add_wiki: Wikis, mode: str | None
) -> None:
    """RFC 9126 section 5, ensure-unsigned-authorization-request-without-using-par-fails."""
    strict = add_wiki("Strict wiki", require_pushed_authorization_requests=True)
    answer = ask(grace, strict, response_mode=mode)
    told = fields_of(answer) if mode else answer_of(answer)
    assert (told["error"], told["state"], told["iss"]) == ("invalid_request", strict.state, ISSUER)
    assert "code" in answer_of(grace.get(AUTHORIZE, strict.pushed()))
    page = Browser().get(AUTHORIZE, strict.pushed())
    assert page.status_code == 200, "the page to sign in"


def test_pushed_request_leads_through_the_sign_in_page(browser: Browser, wiki: WikiClient) -> None:
    """The sealed flow carries on what was pushed."""
    Browser().sign_up("Grace")
    page = browser.get(AUTHORIZE, wiki.pushed(login_hint="Grace", ui_locales="fr"))
    assert 'value="Grace"' in page.content.decode()
    done = answer_of(browser.submit(page, "/login", username="Grace", password=PASSWORD))
    assert wiki.redeem(done["code"]).status_code == 200
