"""A pushed request is answered once, for its own wiki, within its time; nothing else revives it."""

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import psycopg
import pytest
from django.conf import settings
from joserfc import jwe
from joserfc.jwk import OctKey

from tests.database.asking import value
from tests.environment import ISSUER
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    fields_of,
    form_action_of,
    hidden_fields,
)

Wikis = Callable[..., WikiClient]
AUTHORIZE = "/oauth/authorize"
URN = "urn:ietf:params:oauth:request_uri:"
GRANTS = "SELECT count(*) FROM vault.grants"
SPENT = "invalid_request_uri"


@pytest.fixture
def member(browser: Browser) -> str:
    """The name of somebody who has an account and is signed in nowhere."""
    browser.sign_up("Grace")
    browser.forget_everything()
    return "Grace"


def sealed_anew(sealed: str, **changes: Any) -> str:
    """What we sealed, with other claims: as time, or another of our own uses, would have it."""
    ring = settings.FLOW_KEYS
    key = OctKey.import_key(ring.key(ring.active_id, "flow"))
    header = {"alg": "dir", "enc": "A256GCM", "kid": ring.active_id}
    opened = jwe.decrypt_compact(sealed, key, algorithms=["dir", "A256GCM"])
    claims = json.loads(opened.plaintext or b"")
    for name, change in changes.items():
        claims[name] = change(claims[name]) if callable(change) else change
    return jwe.encrypt_compact(header, json.dumps(claims), key, algorithms=["dir", "A256GCM"])


def aged(named: dict[str, str], **changes: Any) -> dict[str, str]:
    """The parameters with a request that is otherwise sealed."""
    sealed = sealed_anew(named["request_uri"].removeprefix(URN), **changes)
    return {**named, "request_uri": URN + sealed}


def is_refused_here(page: Any) -> bool:
    """Whether it is an error page that leads nowhere but to a registered home."""
    return (
        (page.status_code, "Location" in page.headers) == (400, False)
        and form_action_of(page) == ["'self'"]
        and SPENT in page.content.decode()
    )


# --- Once --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [None, "form_post"])
def test_pushed_request_that_was_answered_is_refused_at_the_wiki(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection, mode: str | None
) -> None:
    """par-attempt-reuse-request_uri: no second code, silently neither, in whichever browser."""
    named = wiki.pushed(response_mode=mode)

    def told(browser: Browser) -> dict[str, str]:
        answer = browser.get(AUTHORIZE, named)
        return fields_of(answer) if mode else answer_of(answer)

    assert "code" in told(grace)
    other = Browser()
    other.sign_up("Heidi")
    for browser in (grace, other):
        again = told(browser)
        assert (again["error"], again["state"], again["iss"]) == (SPENT, wiki.state, ISSUER)
        assert "code" not in again
    assert value(admin, GRANTS) == 1


def test_pushed_request_can_be_looked_at_again_before_it_is_answered(
    browser: Browser, member: str, wiki: WikiClient
) -> None:
    """par-ensure-reused-request-uri-prior-to-auth-completion-succeeds: a page may be reloaded."""
    named = wiki.pushed()
    pages = [browser.get(AUTHORIZE, named) for _ in range(3)]
    assert [page.status_code for page in pages] == [200] * 3
    done = answer_of(browser.submit(pages[-1], "/login", username=member, password=PASSWORD))
    assert wiki.redeem(done["code"]).status_code == 200


def test_pushed_request_open_in_two_tabs_gives_one_code(
    browser: Browser, member: str, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """Whichever is finished first; at the other the person is signed in, and the wiki is told."""
    named = wiki.pushed()
    tabs = [browser.get(AUTHORIZE, named) for _ in range(2)]
    first, second = (
        answer_of(browser.submit(page, "/login", username=member, password=PASSWORD))
        for page in tabs
    )
    assert "code" in first
    assert (second["error"], second["state"]) == (SPENT, wiki.state)
    assert value(admin, GRANTS) == 1


def test_pushed_request_that_got_an_error_is_not_spent(browser: Browser, wiki: WikiClient) -> None:
    """Nothing was given for it: who signs in meanwhile is answered."""
    named = wiki.pushed(prompt="none")
    assert answer_of(browser.get(AUTHORIZE, named))["error"] == "login_required"
    browser.sign_up("Grace")
    assert "code" in answer_of(browser.get(AUTHORIZE, named))


def test_pushed_request_for_an_assertion_is_answered_once(grace: Browser, add_wiki: Wikis) -> None:
    """An id_token by form_post takes the same way."""
    island = add_wiki("Island wiki", response_types=["id_token"], grant_types=["implicit"])
    named = island.pushed(
        response_type="id_token",
        response_mode="form_post",
        code_challenge=None,
        code_challenge_method=None,
    )
    assert "id_token" in fields_of(grace.get(AUTHORIZE, named))
    assert fields_of(grace.get(AUTHORIZE, named))["error"] == SPENT


# --- In time, and for whom ---------------------------------------------------------------------


def test_pushed_request_that_has_expired_is_a_page(grace: Browser, wiki: WikiClient) -> None:
    """par-attempt-to-use-expired-request_uri."""
    page = grace.get(AUTHORIZE, aged(wiki.pushed(), exp=lambda exp: exp - 90))
    assert is_refused_here(page)
    assert str(wiki.registration["client_uri"]) in page.content.decode()
    assert is_refused_here(grace.get(AUTHORIZE, aged(wiki.pushed(prompt="none"), exp=1)))


def test_pushed_request_of_the_future_is_a_page(grace: Browser, wiki: WikiClient) -> None:
    """A clock that is set back makes no request live on for hours."""
    later = aged(wiki.pushed(), iat=lambda iat: iat + 3600, exp=lambda exp: exp + 3600)
    assert is_refused_here(grace.get(AUTHORIZE, later))


def test_pushed_request_of_another_wiki_is_a_page(
    grace: Browser, wiki: WikiClient, add_wiki: Wikis, admin: psycopg.Connection
) -> None:
    """par-attempt-to-use-request_uri-for-different-client; it is not spent by it."""
    other = add_wiki("French wiki")
    named = wiki.pushed()
    assert is_refused_here(grace.get(AUTHORIZE, {**named, "client_id": other.client_id}))
    for client_id in ("nobody", ""):
        page = grace.get(AUTHORIZE, {**named, "client_id": client_id})
        assert (page.status_code, "Location" in page.headers) == (400, False)
    twice = {**named, "client_id": [wiki.client_id, other.client_id]}
    assert grace.get(AUTHORIZE, twice).status_code == 400
    assert value(admin, GRANTS) == 0
    assert "code" in answer_of(grace.get(AUTHORIZE, named))


def test_request_uri_that_is_none_of_ours_is_a_page(grace: Browser, wiki: WikiClient) -> None:
    """Cut, changed, made up, or sealed by us for something else: nothing goes to the wiki."""
    named = wiki.pushed()
    sealed = named["request_uri"].removeprefix(URN)
    parts = sealed.split(".")
    flow = hidden_fields(Browser().get(AUTHORIZE, wiki.request()))["flow"]
    bad = {
        "empty": "",
        "junk": "junk",
        "dots": "....",
        "cut": sealed[:-10],
        "longer": sealed + "AAAA",
        "a flow": flow,
        "a flow's use": sealed_anew(sealed, aud="flow"),
        "another issuer": sealed_anew(sealed, iss="https://evil.example"),
        "other letters": "\u00fc.\u20ac.x.y.z",
        **{
            f"part {number}": ".".join([*parts[:number], f"{part[:-4]}AAAA", *parts[number + 1 :]])
            for number, part in enumerate(parts)
        },
    }
    for kind, text in bad.items():
        for prompt in ({}, {"prompt": "none", "redirect_uri": wiki.redirect_uri}):
            page = grace.get(AUTHORIZE, {**named, **prompt, "request_uri": URN + text})
            assert is_refused_here(page), kind


def test_request_uri_as_a_flow_is_unusable(browser: Browser, member: str, wiki: WikiClient) -> None:
    """V-confuse: each seal for its own use."""
    sealed = wiki.pushed()["request_uri"].removeprefix(URN)
    page = browser.get(AUTHORIZE, wiki.request())
    answer = browser.submit(page, "/login", flow=sealed, username=member, password=PASSWORD)
    assert answer.status_code == 400
    assert "has expired" in answer.content.decode()


def test_parameters_beside_a_pushed_request_change_nothing_of_it(
    browser: Browser, wiki: WikiClient
) -> None:
    """RFC 9101 section 5, state-only-outside-request-object-not-used: what was pushed counts."""
    named = wiki.pushed(state=None, prompt="none")
    beside = {
        "state": "other",
        "redirect_uri": "https://evil.example/",
        "response_type": "token",
        "response_mode": "form_post",
        "prompt": "login",
        "scope": ["openid", "openid"],
        "request": "e30.e30.",
    }
    told = answer_of(browser.get(AUTHORIZE, {**beside, **named}))
    assert told == {"error": "login_required", "error_description": told["error_description"]} | {
        "iss": ISSUER
    }


# --- Beginning again ---------------------------------------------------------------------------


def way_back(page: Any) -> str:
    """Where a page that cannot go on leads to begin again."""
    [again] = re.findall(r'href="(/oauth/authorize[^"]+)"', page.content.decode())
    return html.unescape(again)


@pytest.mark.parametrize("required", [False, True])
def test_flow_of_a_pushed_request_begins_again_as_the_same_request(
    browser: Browser, member: str, add_wiki: Wikis, admin: psycopg.Connection, required: bool
) -> None:
    """Its address has no parameter of it, and what was answered meanwhile stays answered."""
    wiki = add_wiki("Strict wiki", require_pushed_authorization_requests=required)
    named = wiki.pushed(claims='{"userinfo":{"name":null}}', max_age="1000")
    page = browser.get(AUTHORIZE, named)
    del browser.cookies["__Host-browser"]
    again = way_back(browser.submit(page, "/login", username=member, password=PASSWORD))
    assert parse_qs(urlsplit(again).query).keys() == {"client_id", "request_uri"}
    assert wiki.state not in again
    page = browser.get(again)
    done = answer_of(browser.submit(page, "/login", username=member, password=PASSWORD))
    assert done["state"] == wiki.state
    assert wiki.redeem(done["code"]).status_code == 200
    for url in (
        again,
        f"{AUTHORIZE}?client_id={wiki.client_id}&request_uri={named['request_uri']}",
    ):
        assert answer_of(browser.get(url))["error"] == SPENT
    assert value(admin, GRANTS) == 1


def test_language_chosen_on_the_way_of_a_pushed_request_keeps_it(
    browser: Browser, member: str, add_wiki: Wikis
) -> None:
    """Also where a plain request is refused: the page comes back in the other language."""
    wiki = add_wiki("Strict wiki", require_pushed_authorization_requests=True)
    page = browser.get(AUTHORIZE, wiki.pushed())
    again = browser.submit(page, "/language", language="fr")
    page = browser.get(again["Location"])
    assert 'lang="fr"' in page.content.decode()
    done = answer_of(browser.submit(page, "/login", username=member, password=PASSWORD))
    assert "code" in done


def test_way_back_of_a_pushed_request_is_good_for_as_long_as_a_flow(
    browser: Browser, member: str, wiki: WikiClient, settings: Any
) -> None:
    """Whoever reads the page that leads there takes their time; a request as pushed does not."""
    page = browser.get(AUTHORIZE, wiki.pushed())
    del browser.cookies["__Host-browser"]
    again = way_back(browser.submit(page, "/login", username=member, password=PASSWORD))
    named = dict(parse_qsl(urlsplit(again).query))
    over = settings.FLOW_SECONDS
    assert is_refused_here(browser.get(AUTHORIZE, aged(named, exp=lambda exp: exp - over)))
    page = browser.get(AUTHORIZE, aged(named, exp=lambda exp: exp - over + 60))
    done = answer_of(browser.submit(page, "/login", username=member, password=PASSWORD))
    assert "code" in done


def test_flow_of_a_request_pushed_long_ago_gives_nothing(
    browser: Browser, member: str, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """A tab left open for days outlives the vault's word that its request is spent."""
    page = browser.get(AUTHORIZE, aged(wiki.pushed(), at=lambda at: at - 12 * 3600 - 1))
    done = answer_of(browser.submit(page, "/login", username=member, password=PASSWORD))
    assert (done["error"], done["state"]) == (SPENT, wiki.state)
    assert value(admin, GRANTS) == 0
