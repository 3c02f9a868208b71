"""Headers about host, client and address count for nothing (RFC 9700 4.13, V-host, V-proxy)."""

import pytest
from django.test import Client

from tests.environment import ISSUER
from tests.web.holders import CHALLENGE, Ada
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, claims_of, tokens_for
from tests.web.test_redirects import FORWARDED

ALL = dict(FORWARDED)
# Headers by which a proxy could be taken to have asked for, or proven, something else.
CLAIMS = {
    **FORWARDED,
    "x-original-uri": "/account/",
    "x-forwarded-uri": "/account/",
    "x-forwarded-path": "/account/",
    "x-forwarded-method": "GET",
    "x-http-method-override": "GET",
    "x-forwarded-user": "Grace",
    "x-remote-user": "Grace",
    "remote-user": "Grace",
    "x-forwarded-email": "grace@example.org",
    "x-forwarded-for": "127.0.0.1, garbage, ::1",
    "x-client-cert": "CN=Grace",
    "x-ssl-client-verify": "SUCCESS",
    "authorization": "Basic R3JhY2U6eA==",
}


def test_v_host_no_header_changes_a_byte_of_discovery_keys_redirects_or_tokens(
    grace: Browser, wiki: WikiClient
) -> None:
    """Twelve at once, each alone is in test_redirects.py: every address and ``iss`` stays."""
    metadata = grace.get("/.well-known/openid-configuration").content
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        assert grace.get(path, headers=ALL).content == metadata
    jwks = "/.well-known/jwks.json"
    assert grace.get(jwks, headers=ALL).content == grace.get(jwks).content
    answer = grace.get("/oauth/authorize", wiki.request(), headers=ALL)
    assert answer_of(answer)["iss"] == ISSUER
    token = wiki.redeem(answer_of(answer)["code"]).json()["id_token"]
    assert claims_of(token)["iss"] == ISSUER
    silent = wiki.request(prompt="none", max_age="0")
    plain, told = (grace.get("/oauth/authorize", silent, headers=h) for h in ({}, ALL))
    assert told.headers["Location"] == plain.headers["Location"]
    posted = grace.post("/oauth/authorize", wiki.request(), headers=ALL)
    assert posted.headers["Location"].startswith("/oauth/authorize?")


@pytest.mark.parametrize("host", ["AUTH.EXAMPLE.ORG", "auth.example.org.", "auth.example.org:443"])
def test_v_host_our_own_name_in_another_spelling_changes_no_byte_either(
    wiki: WikiClient, host: str
) -> None:
    """What is served under a rightful spelling says the configured one."""
    browser = Browser()
    for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json"):
        assert browser.get(path, headers={"host": host}).content == browser.get(path).content
    asked = wiki.request(prompt="none")
    there = browser.get("/oauth/authorize", asked, headers={"host": host})
    assert there.headers["Location"] == browser.get("/oauth/authorize", asked).headers["Location"]


@pytest.mark.parametrize(
    "path",
    ["/oauth/authorize", "/oauth/token", "/oauth/logout", "/.well-known/jwks.json", "/login"],
)
def test_v_host_another_name_is_refused_by_every_endpoint(wiki: WikiClient, path: str) -> None:
    """Before anything is read, and without saying the name."""
    for host in ("evil.example", "auth.example.org.evil.example", "auth.example.org@evil.example"):
        answer = Client(headers={"host": host}).get(path, wiki.request(), secure=True)
        assert answer.status_code == 400
        assert "evil" not in answer.content.decode()
        assert "Location" not in answer.headers


@pytest.mark.parametrize("header", CLAIMS)
def test_v_proxy_no_header_of_a_stranger_skips_a_step(
    browser: Browser, ada: Ada, wiki: WikiClient, header: str
) -> None:
    """CVE-2024-47070, GHSA-5wcc-hf24-rf5h: no password and no factor is spared by one."""
    said = {header: CLAIMS[header]}
    assert browser.get("/account/", headers=said).status_code == 303
    silent = browser.get("/oauth/authorize", wiki.request(prompt="none"), headers=said)
    assert answer_of(silent)["error"] == "login_required"
    assert browser.get("/admin/", headers=said).status_code == 404
    page = browser.get("/login")
    done = browser.submit(page, "/login", username="Ada", password=PASSWORD)
    assert "__Host-session" not in done.cookies
    skipped = browser.post(CHALLENGE, {}, headers={"origin": ISSUER, **said})
    assert skipped.status_code in {400, 403}
    assert browser.get("/account/", headers=said).status_code == 303


def test_v_proxy_headers_of_a_stranger_are_no_authentication_of_a_wiki(
    grace: Browser, wiki: WikiClient
) -> None:
    """RFC 9700 4.13: no certificate, user or address that a header claims counts at an endpoint."""
    token = tokens_for(grace, wiki)["access_token"]
    for header, value in CLAIMS.items():
        headers = {"host": "auth.example.org", header: value}
        answer = Client().post("/oauth/introspect", {"token": token}, headers=headers, secure=True)
        assert answer.status_code in {400, 401}, header
