"""A flow: sealed for one tab of one browser, expiring kindly, never a way around a proof.

V-fixation, V-step-skip, V-state. The walk over every order of requests is in tests/properties.
"""

import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from joserfc import jwe
from joserfc.jwk import OctKey

from tests.environment import ISSUER
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    hidden_fields,
)

Wikis = Callable[..., WikiClient]


def flow_of(page: Any) -> str:
    """The sealed flow in a page."""
    return hidden_fields(page)["flow"]


def token_of(page: Any) -> str:
    """The CSRF token in a page."""
    return hidden_fields(page)["csrfmiddlewaretoken"]


def encoded(header: dict[str, Any]) -> str:
    """A JWE's first part."""
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()


def is_signed_in(browser: Browser) -> bool:
    """Whether the browser has a session."""
    return browser.get("/account/").status_code == 200


@pytest.fixture
def member(browser: Browser) -> str:
    """The name of somebody who has an account and is signed in nowhere."""
    browser.sign_up("Grace")
    browser.forget_everything()
    return "Grace"


def test_flow_of_two_tabs_does_not_mix(
    browser: Browser, member: str, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """Seed 002: state belongs to the tab; whichever is finished, in whichever order."""
    other = add_wiki("French wiki")
    first, second = ask(browser, wiki), ask(browser, other)
    done = [
        browser.submit(page, "/login", username=member, password=PASSWORD)
        for page in (first, second)
    ]
    for asked, answer in zip((wiki, other), done, strict=True):
        assert answer.headers["Location"].startswith(asked.redirect_uri)
        code = answer_of(answer)["code"]
        assert claims_of(asked.redeem(code).json()["id_token"])["nonce"] == asked.nonce


def test_flow_shows_nothing_of_itself(browser: Browser, wiki: WikiClient) -> None:
    """Encrypted, not merely signed; with issuer, audience, subject and expiry inside."""
    sealed = flow_of(ask(browser, wiki))
    header = json.loads(base64.urlsafe_b64decode(sealed.split(".")[0] + "=="))
    assert header == {"alg": "dir", "enc": "A256GCM", "kid": settings.FLOW_KEYS.active_id}
    assert len(sealed.split(".")) == 5
    browser_cookie = browser.cookies["__Host-browser"]
    for attribute, value in {"secure": True, "httponly": True, "samesite": "Lax"}.items():
        assert browser_cookie[attribute] == value
    assert browser_cookie["max-age"] == ""


def test_flow_of_another_browser_is_refused_and_says_so(
    browser: Browser, member: str, wiki: WikiClient
) -> None:
    """V-fixation, login CSRF: an attacker's flow does not sign a victim in, password and all."""
    attackers = flow_of(ask(Browser(), wiki))
    page = ask(browser, wiki)
    for path in ("/login", "/signup"):
        refused = browser.submit(page, path, flow=attackers, username=member, password=PASSWORD)
        assert refused.status_code == 400
        assert "belongs to another browser" in refused.content.decode()
        assert "English wiki" in refused.content.decode()
    assert not is_signed_in(browser)


def test_flow_without_its_cookie_is_refused(
    browser: Browser, member: str, wiki: WikiClient
) -> None:
    """Cookies deleted meanwhile: said plainly, with a way to begin again that keeps the wiki."""
    page = ask(browser, wiki)
    del browser.cookies["__Host-browser"]
    refused = browser.submit(page, "/login", username=member, password=PASSWORD)
    assert refused.status_code == 400
    again = re.search(r'href="(/oauth/authorize[^"]+)"', refused.content.decode())
    assert again is not None
    page = browser.get(again[1].replace("&amp;", "&"))
    done = browser.submit(page, "/login", username=member, password=PASSWORD)
    assert answer_of(done)["state"] == wiki.state


def test_login_from_another_site_is_refused(browser: Browser, member: str) -> None:
    """Login CSRF: from another origin, or from nowhere, nobody is signed in as anybody."""
    page = browser.get("/login")
    fields = {"username": member, "password": PASSWORD}
    ours = {"csrfmiddlewaretoken": token_of(page), "flow": flow_of(page)}
    attackers = Browser().get("/login")
    theirs = {"csrfmiddlewaretoken": token_of(attackers), "flow": flow_of(attackers)}
    for path in ("/login", "/signup"):
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"referer": "https://evil.example/"},
            {},
        ):
            assert browser.post(path, {**fields, **ours}, headers=headers).status_code == 403
        for form in (fields, {**fields, **theirs}):
            assert browser.post(path, form, headers={"origin": ISSUER}).status_code == 403
    assert not is_signed_in(browser)


def test_login_in_a_tab_that_is_older_than_another_sign_in_still_works(
    browser: Browser, member: str
) -> None:
    """A new CSRF secret does not disturb other tabs: their flow is bound to the browser itself."""
    page = browser.get("/login")
    browser.sign_up("Ada")
    done = browser.submit(page, "/login", username=member, password=PASSWORD)
    assert done.headers["Location"] == "/account/"


def sealed_by_us(page: Any, browser: Browser, **changes: Any) -> str:
    """A flow sealed with our own key, with claims that the test wants to be wrong."""
    ring = settings.FLOW_KEYS
    key = OctKey.import_key(ring.key(ring.active_id, "flow"))
    header = {"alg": "dir", "enc": "A256GCM", "kid": ring.active_id}
    opened = jwe.decrypt_compact(flow_of(page), key, algorithms=["dir", "A256GCM"])
    claims = {**json.loads(opened.plaintext or b""), **changes}
    return jwe.encrypt_compact(header, json.dumps(claims), key, algorithms=["dir", "A256GCM"])


def test_flow_tampered_or_made_for_something_else_is_unusable(
    browser: Browser, member: str, wiki: WikiClient
) -> None:
    """V-replay, V-hidden: changed, cut, from another purpose or issuer, or no flow at all."""
    page = ask(browser, wiki)
    good = flow_of(page)
    parts = good.split(".")
    wrong_purpose = OctKey.import_key(settings.FLOW_KEYS.key(settings.FLOW_KEYS.active_id, "other"))
    header = {"alg": "dir", "enc": "A256GCM", "kid": settings.FLOW_KEYS.active_id}
    bad = {
        "missing": "",
        "junk": "junk",
        "dots": "....",
        "foreign letters": "\u00fc.\u20ac.\U0001f511.x.y",
        "huge": "e" * 50_000,
        "cut": good[:-10],
        "longer": good + "AAAA",
        **{
            f"part {number} changed": ".".join(
                [*parts[:number], f"{part[:-4]}AAAA", *parts[number + 1 :]]
            )
            for number, part in enumerate(parts)
        },
        "other purpose": jwe.encrypt_compact(
            header, "{}", wrong_purpose, algorithms=["dir", "A256GCM"]
        ),
        "other issuer": sealed_by_us(page, browser, iss="https://evil.example"),
        "other audience": sealed_by_us(page, browser, aud="attempt"),
        "other shape": sealed_by_us(page, browser, flow={"step": "finish"}),
        "kid unknown": jwe.encrypt_compact(
            {**header, "kid": "x"}, "{}", wrong_purpose, algorithms=["dir", "A256GCM"]
        ),
        **{
            f"header {changed}": ".".join([encoded({**header, **changed}), *parts[1:]])
            for changed in ({"enc": ["A256GCM"]}, {"alg": {}}, {"kid": []}, {"crit": 5}, {"zip": 5})
        },
        "session cookie": browser.cookies["__Host-browser"].value,
        "signed token": "eyJhbGciOiJub25lIn0.e30.",
    }
    answers = {}
    for kind, flow in bad.items():
        for path in ("/login", "/signup"):
            answer = browser.submit(page, path, flow=flow, username=member, password=PASSWORD)
            if answer.status_code != 400 or "has expired" not in answer.content.decode():
                answers[kind, path] = answer.status_code
    assert answers == {}
    assert not is_signed_in(browser)


@pytest.mark.parametrize("path", ["/login", "/signup"])
def test_flow_that_expired_says_so_and_keeps_where_one_was_going(
    browser: Browser, wiki: WikiClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Nothing typed is acted on; the same page comes again with a fresh flow to the same wiki."""
    page = ask(browser, wiki)
    later = time.time() + settings.FLOW_SECONDS
    monkeypatch.setattr("accounts.flow.sealing.time.time", lambda: later)
    again = browser.submit(page, path, username="Grace", password=PASSWORD)
    monkeypatch.undo()
    assert again.status_code == 200
    assert "open for too long" in again.content.decode()
    assert "English wiki" in again.content.decode()
    done = browser.submit(again, "/signup", username="Grace", password=PASSWORD)
    assert answer_of(done)["state"] == wiki.state


def test_flow_switched_between_sign_in_and_sign_up_keeps_where_it_leads(
    browser: Browser, member: str, wiki: WikiClient
) -> None:
    """Back and forth as often as one likes; then on to the wiki."""
    page = ask(browser, wiki)
    for path, title in (("/signup", "Create account"), ("/login", "Sign in")) * 2:
        page = browser.submit(page, path)
        assert page.status_code == 200
        assert f"<h1>{title}</h1>" in page.content.decode()
        assert "English wiki" in page.content.decode()
    done = browser.submit(page, "/login", username=member, password=PASSWORD)
    assert answer_of(done)["state"] == wiki.state


@pytest.mark.parametrize("way", ["sign in", "sign up"])
def test_session_cookie_set_beforehand_is_never_adopted(
    browser: Browser, member: str, way: str
) -> None:
    """V-fixation: each rise in assurance has a secret of its own, made here."""
    planted = base64.urlsafe_b64encode(b"p" * 32).rstrip(b"=").decode()
    browser.cookies["__Host-session"] = planted
    if way == "sign in":
        browser.sign_in(member)
    else:
        browser.sign_up("Ada")
    assert browser.cookies["__Host-session"].value != planted
    thief = Browser()
    thief.cookies["__Host-session"] = planted
    assert not is_signed_in(thief)
    assert is_signed_in(browser)


def test_session_and_csrf_secrets_change_with_signing_in(browser: Browser, member: str) -> None:
    """V-fixation: what somebody read before the sign-in is worth nothing after it."""
    page = browser.get("/login")
    before = browser.cookies["__Host-csrf"].value
    browser.submit(page, "/login", username=member, password=PASSWORD)
    assert browser.cookies["__Host-csrf"].value != before
    assert is_signed_in(browser)


def test_flow_finished_twice_asks_for_the_password_each_time(
    browser: Browser, member: str, wiki: WikiClient
) -> None:
    """V-step-skip: a flow carries no proof, so going back and sending nothing opens nothing."""
    page = ask(browser, wiki)
    browser.submit(page, "/login", username=member, password=PASSWORD)
    del browser.cookies["__Host-session"]
    for fields in ({}, {"username": member}, {"username": member, "password": ""}):
        answer = browser.submit(page, "/login", **fields)
        assert answer.status_code == 200
        assert "Location" not in answer.headers
    assert not is_signed_in(browser)


@pytest.mark.parametrize("age", [0, 3600], ids=["fresh", "expired"])
@pytest.mark.parametrize(
    "flow",
    [
        {"destination": "wiki", "request": {"client_id": "older"}},
        {"destination": "gone", "request": {}},
    ],
    ids=["other-fields", "other-destination"],
)
def test_flow_of_an_older_release_is_a_kind_page(
    browser: Browser, wiki: WikiClient, flow: dict[str, Any], age: int
) -> None:
    """What was sealed before a deploy and reads otherwise now is unusable, never an error."""
    page = browser.get("/oauth/authorize", wiki.request())
    sealed = sealed_by_us(page, browser, flow=flow, exp=int(time.time()) + 60 - age)
    answer = browser.submit(page, "/login", flow=sealed, username="Grace", password=PASSWORD)
    assert answer.status_code == 400
    assert "expired" in answer.content.decode()
