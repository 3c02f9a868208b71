"""Claims that a wiki asks for by name (OpenID Connect Core 1.0 section 5.5)."""

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.environment import ISSUER
from tests.web.counting import counted_sql, functions_of
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    code_for,
    fields_of,
    hidden_fields,
    tokens_for,
)
from tests.web.test_userinfo import userinfo

Wikis = Callable[..., WikiClient]
ALL = "openid profile email offline_access"
# What every ID token says, and no more where nothing was asked for by name.
USUAL = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"} | {
    "preferred_username"
}


@pytest.fixture
def wiki(add_wiki: Wikis) -> WikiClient:
    """A wiki that may be told everything."""
    return add_wiki("English wiki", scope=ALL)


@pytest.fixture
def grace(browser: Browser) -> Browser:
    """A browser in which Grace is signed in, who has an address that she did not confirm."""
    browser.sign_up("Grace", email="grace@example.org")
    return browser


def claims(**sections: Any) -> str:
    """The parameter."""
    return json.dumps(sections)


def told(wiki: WikiClient, tokens: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the ID token says more than usual, and what userinfo does."""
    said = claims_of(tokens["id_token"])
    more = {name: value for name, value in said.items() if name not in USUAL}
    return more, userinfo(tokens["access_token"]).json()


NAME = {"name": "Grace"}
ADDRESS = {"email": "grace@example.org", "email_verified": False}


@pytest.mark.parametrize(
    ("asked", "id_token", "at_userinfo"),
    [
        ({}, {}, {}),
        ({"userinfo": {"name": {"essential": True}}}, {}, NAME),
        ({"userinfo": {"preferred_username": None}}, {}, {"preferred_username": "Grace"}),
        ({"userinfo": {"email": None}}, {}, {"email": "grace@example.org"}),
        ({"userinfo": {"email_verified": None}}, {}, {"email_verified": False}),
        ({"id_token": {"name": None}}, NAME, {}),
        ({"id_token": {"preferred_username": {"essential": True}}}, {}, {}),
        ({"id_token": {"email": None, "email_verified": None}}, ADDRESS, {}),
        ({"id_token": {"auth_time": {"essential": True}, "acr": None, "amr": None}}, {}, {}),
        (
            {"id_token": {"name": None}, "userinfo": {"email": {"value": "x@example.org"}}},
            NAME,
            {"email": "grace@example.org"},
        ),
        ({"userinfo": {"phone_number": {"essential": True}, "address": 7}, "x": []}, {}, {}),
        ({"userinfo": None, "id_token": {}}, {}, {}),
        ({"id_token": {"iss": None, "sid": {"value": "x"}, "nonce": None}}, {}, {}),
    ],
)
def test_claim_asked_for_by_name_is_told_where_it_was_asked_and_nowhere_else(
    grace: Browser,
    wiki: WikiClient,
    asked: dict[str, Any],
    id_token: dict[str, Any],
    at_userinfo: dict[str, Any],
) -> None:
    """oidcc-claims-essential: what we have is told; what we lack, and nobody knows, is no error."""
    tokens = tokens_for(grace, wiki, scope="openid", claims=claims(**asked))
    more, found = told(wiki, tokens)
    assert more == id_token
    assert found == {"sub": claims_of(tokens["id_token"])["sub"], **at_userinfo}


def test_claim_by_name_adds_to_what_scopes_ask_for(grace: Browser, wiki: WikiClient) -> None:
    """Core 5.5: nothing that a scope gives is taken away."""
    asked = claims(userinfo={"name": None}, id_token={"email": None})
    more, found = told(wiki, tokens_for(grace, wiki, scope="openid profile email", claims=asked))
    assert more == {"email": "grace@example.org"}
    assert found.keys() == {"sub", "name", "preferred_username", "email", "email_verified"}


def test_claim_beyond_the_wikis_scopes_is_not_told(grace: Browser, add_wiki: Wikis) -> None:
    """What a wiki is registered for bounds what it can ask for in any way."""
    bare = add_wiki("Bare wiki", scope="openid")
    names = ("name", "email", "email_verified", "preferred_username")
    everything = {name: {"essential": True} for name in names}
    asked = claims(userinfo=everything, id_token=everything)
    more, found = told(bare, tokens_for(grace, bare, scope="openid email", claims=asked))
    assert (more, found.keys()) == ({}, {"sub"})


def test_claim_of_somebody_without_an_address_is_left_out(
    browser: Browser, wiki: WikiClient
) -> None:
    """Not null, and no error, essential or not."""
    browser.sign_up("Ada")
    must = {"email": {"essential": True}, "email_verified": {"essential": True}}
    asked = claims(userinfo=must, id_token=must)
    more, found = told(wiki, tokens_for(browser, wiki, claims=asked))
    assert more == {}
    assert "email" not in found
    assert "email_verified" not in found


def test_claim_is_told_after_the_sign_in_page_and_after_a_refresh(
    grace: Browser, wiki: WikiClient
) -> None:
    """The flow carries it, and the refreshed ID token says it again (section 12.2)."""
    asked = claims(id_token={"name": None, "email": None}, userinfo={"email": None})
    fresh = Browser()
    page = ask(fresh, wiki, scope="openid offline_access", claims=asked)
    done = answer_of(fresh.submit(page, "/login", username="Grace", password=PASSWORD))
    tokens = wiki.redeem(done["code"]).json()
    expected = {"name": "Grace", "email": "grace@example.org"}
    for _ in range(2):
        more, found = told(wiki, tokens)
        assert more == expected
        assert found.keys() == {"sub", "email"}
        tokens = wiki.refresh(tokens["refresh_token"]).json()


def test_claim_is_told_by_an_assertion_at_once(grace: Browser, add_wiki: Wikis) -> None:
    """id_token by form_post has no userinfo: what was asked for in any way stands in it (5.4)."""
    island = add_wiki(
        "Island wiki", response_types=["id_token"], grant_types=["implicit"], scope=ALL
    )
    sent = {
        "response_type": "id_token",
        "response_mode": "form_post",
        "code_challenge": None,
        "code_challenge_method": None,
    }
    by_name = claims(id_token={"email": None, "email_verified": None})
    for asked, expected in (
        ({"scope": "openid"}, {}),
        ({"scope": "openid profile"}, NAME),
        ({"scope": "openid profile email"}, {**NAME, **ADDRESS}),
        ({"scope": "openid", "claims": by_name}, ADDRESS),
        ({"scope": "openid profile", "claims": by_name}, {**NAME, **ADDRESS}),
        ({"scope": "openid", "claims": claims(userinfo={"email": None})}, {}),
    ):
        page = ask(grace, island, **{**sent, **asked})
        said = claims_of(fields_of(page)["id_token"])
        assert {name: said[name] for name in said.keys() - USUAL} == expected


def test_claims_cost_no_statement_more(grace: Browser, wiki: WikiClient) -> None:
    """They come with the code's redemption."""
    asked = claims(id_token={"name": None, "email": None})
    code_for(grace, wiki)
    with counted_sql() as statements:
        code = code_for(grace, wiki, scope="openid", claims=asked)
        assert wiki.redeem(code).status_code == 200
    assert functions_of(statements) == ["resume_session", "issue_grant", "redeem_code"]


# --- sub ---------------------------------------------------------------------------------------


@pytest.fixture
def subs(grace: Browser, wiki: WikiClient) -> dict[str, str]:
    """Who is who."""
    other = Browser()
    other.sign_up("Heidi")
    return {
        name: claims_of(tokens_for(browser, wiki)["id_token"])["sub"]
        for name, browser in (("Grace", grace), ("Heidi", other))
    }


@pytest.mark.parametrize("section", ["id_token", "userinfo"])
def test_sub_that_is_named_gets_nobody_else(
    grace: Browser, wiki: WikiClient, subs: dict[str, str], section: str
) -> None:
    """Section 5.5.1 of sub: silently or after a sign-in, it is answered for that person only."""

    def asked(who: str) -> str:
        return claims(**{section: {"sub": {"value": subs[who]}}})

    assert "code" in answer_of(ask(grace, wiki, claims=asked("Grace"), prompt="none"))
    silent = answer_of(ask(grace, wiki, claims=asked("Heidi"), prompt="none"))
    assert silent["error"] == "login_required"
    page = ask(grace, wiki, claims=asked("Heidi"))
    assert page.status_code == 200
    done = answer_of(grace.submit(page, "/login", username="Grace", password=PASSWORD))
    assert (done["error"], "code" in done) == ("login_required", False)
    page = ask(grace, wiki, claims=asked("Heidi"))
    done = answer_of(grace.submit(page, "/login", username="Heidi", password=PASSWORD))
    assert claims_of(wiki.redeem(done["code"]).json()["id_token"])["sub"] == subs["Heidi"]


def test_subs_of_which_one_is_there_will_do(
    grace: Browser, wiki: WikiClient, subs: dict[str, str]
) -> None:
    """``values``: any of them; together with a hint, and with the other section, each counts."""
    both = {"sub": {"values": [subs["Heidi"], subs["Grace"]]}}
    hint = tokens_for(grace, wiki)["id_token"]
    assert "code" in answer_of(ask(grace, wiki, claims=claims(id_token=both), prompt="none"))
    heidi = {"sub": {"value": subs["Heidi"]}}
    for more in (
        {"claims": claims(id_token=both, userinfo=heidi)},
        {"claims": claims(id_token=heidi), "id_token_hint": hint},
        {"claims": claims(id_token={"sub": {"value": "nobody"}})},
    ):
        assert answer_of(ask(grace, wiki, prompt="none", **more))["error"] == "login_required"
    grace_too = claims(id_token=heidi, userinfo={"sub": {"value": subs["Grace"]}})
    assert answer_of(ask(grace, wiki, claims=grace_too))["error"] == "invalid_request"


def test_sub_is_kept_by_the_way_to_begin_again(
    grace: Browser, wiki: WikiClient, subs: dict[str, str]
) -> None:
    """With the rest of what was asked for by name."""
    asked = claims(
        id_token={"sub": {"value": subs["Heidi"]}, "acr": {"essential": True, "value": "aal1"}},
        userinfo={"email": None},
    )
    page = ask(grace, wiki, claims=asked)
    stranger = Browser()
    refused = stranger.submit(
        stranger.get("/login"), "/login", flow=hidden_fields(page)["flow"], username="x"
    )
    [again] = re.findall(r'href="(/oauth/authorize[^"]+)"', refused.content.decode())
    [kept] = parse_qs(urlsplit(html.unescape(again)).query)["claims"]
    assert json.loads(kept) == {
        "userinfo": {"email": None},
        "id_token": {
            "sub": {"values": [subs["Heidi"]]},
            "acr": {"essential": True, "values": ["aal1"]},
        },
    }
    assert grace.get(html.unescape(again)).status_code == 200


# --- Malformed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        '"userinfo"',
        claims(userinfo=[]),
        claims(userinfo="name"),
        claims(id_token=7),
        claims(userinfo={"name": True}),
        claims(userinfo={"email": "x"}),
        claims(userinfo={"email": {"essential": "yes"}}),
        claims(userinfo={"email": {"value": "x", "values": ["x"]}}),
        claims(userinfo={"email": {"values": []}}),
        claims(userinfo={"email": {"values": "x"}}),
        claims(userinfo={"sub": {"value": 7}}),
        claims(userinfo={"sub": {"value": None}}),
        claims(id_token={"sub": {"values": ["x", None]}}),
        claims(id_token={"sub": {"values": [str(number) for number in range(21)]}}),
        claims(id_token={"sub": {"value": "\ud800"}}),
        claims(id_token={"sub": {"values": ["x", "\u00e9"]}}),
        claims(userinfo={"sub": {"value": "x" * 256}}),
        claims(id_token={"auth_time": 7}),
        '{"userinfo":{"name":null,"name":{"essential":true}}}',
        '{"userinfo":{},"userinfo":{"name":null}}',
        claims(userinfo={"x" * 2000: None}),
        '{"userinfo":' * 150,
    ],
)
@pytest.mark.parametrize("mode", [None, "form_post"])
def test_claims_that_make_no_sense_are_an_invalid_request(
    grace: Browser, wiki: WikiClient, text: str, mode: str | None
) -> None:
    """At the wiki, in the mode that was asked for, with nothing of what was sent."""
    answer = ask(grace, wiki, claims=text, response_mode=mode)
    given = fields_of(answer) if mode else answer_of(answer)
    assert given == {
        "error": "invalid_request",
        "error_description": given["error_description"],
        "state": wiki.state,
        "iss": ISSUER,
    }
