"""Every parameter of an authorization request: accepted, ignored or refused, each as it should be.

OpenID Connect Core 1.0 sections 3.1.2.1, 3.1.2.6, 6 and 7; RFC 6749 section 3.1. What a parameter
brings about, where it is accepted, has tests of its own.
"""

import json
from collections.abc import Callable
from itertools import product
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.environment import ISSUER
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    fields_of,
    post_form,
    tokens_for,
)
from tests.web.refusals import is_refused

Wikis = Callable[..., WikiClient]
AUTHORIZE = "/oauth/authorize"

KNOWN = (
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce"),
    *("code_challenge", "code_challenge_method", "prompt", "max_age", "display", "ui_locales"),
    *("claims_locales", "login_hint", "id_token_hint", "acr_values", "claims", "request"),
    *("request_uri", "registration", "resource", "dpop_jkt", "unknown"),
)
OURS = "urn:ietf:params:oauth:request_uri:x"


def told(answer: Any, mode: str | None) -> dict[str, str]:
    """What the wiki is told, in the mode that was asked for."""
    return fields_of(answer) if mode == "form_post" else answer_of(answer)


# --- Not offered -------------------------------------------------------------------------------

UNSUPPORTED = {
    "request": ("e30.e30.", "request_not_supported"),
    "request_uri": ("https://wiki.example/request.jwt", "request_uri_not_supported"),
    "registration": ('{"client_name":"x"}', "registration_not_supported"),
}


@pytest.mark.parametrize("mode", [None, "query", "form_post"])
@pytest.mark.parametrize("response_type", ["code", None, "token"])
@pytest.mark.parametrize("name", UNSUPPORTED)
def test_request_by_a_way_that_is_not_offered_gets_its_own_error(
    browser: Browser, wiki: WikiClient, name: str, response_type: str | None, mode: str | None
) -> None:
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported,
    oidcc-request-uri-unsigned-..., oidcc-ensure-request-object-with-redirect-uri: never ignored."""
    text, error = UNSUPPORTED[name]
    sent = wiki.request(response_type=response_type, response_mode=mode, **{name: text})
    for send in (browser.get, browser.post):
        given = told(send(AUTHORIZE, sent), mode)
        assert given == {
            "error": error,
            "error_description": given["error_description"],
            "state": wiki.state,
            "iss": ISSUER,
        }


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1/x", "file:///etc/passwd", "urn:x", OURS.upper(), "x"]
)
def test_request_uri_of_any_kind_is_fetched_from_nowhere(
    browser: Browser, wiki: WikiClient, uri: str
) -> None:
    """V-ssrf: it is read as a word, and answered at once."""
    assert answer_of(ask(browser, wiki, request_uri=uri))["error"] == "request_uri_not_supported"


# --- Repeated ----------------------------------------------------------------------------------


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("name", KNOWN)
def test_request_that_repeats_a_parameter_is_refused(
    grace: Browser, wiki: WikiClient, name: str, alike: bool
) -> None:
    """Each once, known or not, though both say the same; nothing doubtful is echoed or gone by."""
    sent = wiki.request(response_mode="form_post")
    first = sent.get(name, "1")
    query = [pair for pair in sent.items() if pair[0] != name]
    query += [(name, first), (name, first if alike else f"{first}x")]
    answer = grace.get(f"{AUTHORIZE}?{urlencode(query)}")
    if name in ("client_id", "redirect_uri"):
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
        return
    given = told(answer, None if name == "response_mode" else "form_post")
    assert (given["error"], given["iss"]) == ("invalid_request", ISSUER)
    assert given.get("state") == (None if name == "state" else wiki.state)


# --- Accepted ----------------------------------------------------------------------------------


@pytest.mark.parametrize("display", ["page", "popup", "touch", "wap", "hologram", "page popup"])
def test_display_of_any_kind_gets_the_one_page_there_is(
    browser: Browser, wiki: WikiClient, display: str
) -> None:
    """oidcc-display-page, -popup: a wish; no error is named for one that nobody knows."""
    assert ask(browser, wiki, display=display).status_code == 200
    browser.sign_up("Grace")
    assert "code" in answer_of(ask(browser, wiki, display=display))


IGNORED = {
    "claims_locales": "fr de;q=1 *",
    "ui_locales": "xx-YY fr",
    "dpop_jkt": "x" * 43,
    "resource": "https://api.example/",
    "authorization_details": "[]",
    "unknown": "'\"<>",
    "client_secret": "x",
    "kc_idp_hint": "evil",
    "next": "https://evil.example/",
}


@pytest.mark.parametrize("name", IGNORED)
def test_parameter_that_means_nothing_here_is_ignored(
    grace: Browser, wiki: WikiClient, name: str
) -> None:
    """oidcc-ui-locales, -claims-locales, -ensure-request-with-unknown-parameter-succeeds."""
    answer = ask(grace, wiki, **{name: IGNORED[name]})
    assert answer.headers["Location"].startswith(f"{wiki.redirect_uri}?")
    tokens = wiki.redeem(answer_of(answer)["code"]).json()
    assert claims_of(tokens["id_token"])["preferred_username"] == "Grace"


def test_request_of_every_optional_parameter_at_once_is_answered(
    grace: Browser, wiki: WikiClient
) -> None:
    """None of them stands in another's way."""
    hint = tokens_for(grace, wiki)["id_token"]
    asked = {
        **IGNORED,
        "display": "popup",
        "prompt": "none",
        "max_age": "10000",
        "login_hint": "Grace",
        "id_token_hint": hint,
        "acr_values": "phr aal2",
        "claims": '{"userinfo":{"name":{"essential":true}}}',
        "response_mode": "query",
    }
    assert "code" in answer_of(ask(grace, wiki, **asked))
    del asked["client_secret"]  # that would be a second way to authenticate
    assert "code" in answer_of(grace.get(AUTHORIZE, wiki.pushed(**asked)))


# --- Silence -----------------------------------------------------------------------------------


def test_silent_request_of_any_kind_never_shows_a_page(grace: Browser, wiki: WikiClient) -> None:
    """oidcc-prompt-none-*: a code or an error at the wiki, signed in or not, in either mode."""
    other = Browser()
    other.sign_up("Heidi")
    heidi = tokens_for(other, wiki)["id_token"]
    sub = claims_of(heidi)["sub"]
    unmet: list[dict[str, str]] = [
        {"max_age": "0"},
        {"id_token_hint": heidi},
        {"claims": json.dumps({"id_token": {"sub": {"value": sub}}})},
        {"claims": '{"id_token":{"acr":{"essential":true,"value":"phr"}}}'},
    ]
    met: list[dict[str, str]] = [
        {},
        {"max_age": "10000"},
        {"login_hint": "Heidi"},
        {"acr_values": "phr"},
        {"display": "popup", "ui_locales": "fr"},
        {"claims": '{"id_token":{"acr":{"essential":true,"value":"aal1"}}}'},
    ]
    for asked, mode in product(unmet + met, (None, "form_post")):
        for browser in (grace, Browser()):
            sent: dict[str, str | None] = {**asked, "prompt": "none", "response_mode": mode}
            given = told(ask(browser, wiki, **sent), mode)
            if browser is grace and asked in met:
                assert "code" in given
            else:
                assert (given["error"], given["state"]) == ("login_required", wiki.state)


def test_prompt_login_stays_undone_by_a_sign_in_elsewhere(
    browser: Browser, wiki: WikiClient
) -> None:
    """Only who signs in on its own page answers it: not a reload, not a fresh session, not another
    person's."""
    Browser().sign_up("Heidi")
    browser.sign_up("Grace")
    for come_in in (
        lambda: None,
        lambda: browser.sign_in("Grace"),
        lambda: browser.sign_in("Heidi"),
        lambda: browser.submit(
            ask(browser, wiki, prompt="login"), "/login", username="Heidi", password=PASSWORD
        ),
    ):
        come_in()
        assert ask(browser, wiki, prompt="login").status_code == 200
        assert ask(browser, wiki, max_age="0").status_code == 200
        assert browser.get(AUTHORIZE, wiki.pushed(prompt="login")).status_code == 200


# --- Excess ------------------------------------------------------------------------------------

# What nobody could mean at that length is refused; what has no limit of its own is ignored.
TOO_LONG = {"state", "nonce", "login_hint", "claims", "max_age", "prompt", "id_token_hint"} | {
    *("code_challenge", "code_challenge_method", "response_mode"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_parameter_of_any_length_is_refused_or_ignored(
    browser: Browser, wiki: WikiClient, name: str
) -> None:
    """By its own error, at the wiki where that is known; never by a failure."""
    answer = ask(browser, wiki, **{name: "x" * 5000})
    errors = {
        **dict.fromkeys(TOO_LONG, "invalid_request"),
        **{each: error for each, (_text, error) in UNSUPPORTED.items()},
        "response_type": "unsupported_response_type",
        "scope": "invalid_scope",
    }
    if name in ("client_id", "redirect_uri"):
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
    elif name in errors:
        given = answer_of(answer)
        assert (given["error"], given["iss"]) == (errors[name], ISSUER)
    else:
        assert answer.status_code == 200


def test_request_too_long_altogether_is_refused_before_it_is_read(
    browser: Browser, wiki: WikiClient
) -> None:
    """In the address, in the form, and when it is pushed."""
    assert ask(browser, wiki, unknown="x" * 9000).status_code == 414
    assert browser.post(AUTHORIZE, wiki.request(unknown="x" * 70_000)).status_code == 413
    many = {f"p{number}": "x" for number in range(2000)}
    assert post_form(AUTHORIZE, {**wiki.request(), **many}).status_code == 400
    assert wiki.push(unknown="x" * 70_000).status_code == 413
    is_refused(wiki.push(unknown="x" * 9000), 400, "invalid_request")


@pytest.mark.parametrize("bad", ["%00", "x%00y", "%ff%fe", "%c0%80", "%ed%a0%80"])
def test_request_with_text_that_is_none_is_refused_before_it_is_read(
    browser: Browser, wiki: WikiClient, bad: str
) -> None:
    """NUL, and what is no UTF-8, in every parameter; PostgreSQL would store neither."""
    wrong = {}
    for name in KNOWN:
        rest = {key: value for key, value in wiki.request(prompt="none").items() if key != name}
        query = f"{urlencode(rest)}&{quote(name)}={bad}"
        answer = browser.get(f"{AUTHORIZE}?{query}")
        if answer.status_code != 400 or "Location" in answer.headers:
            wrong[name] = answer.status_code
    assert wrong == {}


# --- Neither proof -----------------------------------------------------------------------------

BARE = {"code_challenge": None, "code_challenge_method": None, "nonce": None}


def test_wiki_excused_from_pkce_and_nonce_may_send_neither(
    browser: Browser, add_wiki: Wikis
) -> None:
    """The certification plans' clients send neither; their codes are redeemed with the secret."""
    excused = add_wiki("Old wiki", require_pkce=False, require_nonce=False)
    browser.sign_up("Grace")
    code = answer_of(ask(browser, excused, **BARE))["code"]
    tokens = excused.redeem(code, code_verifier=None).json()
    assert "nonce" not in claims_of(tokens["id_token"])
    spare = answer_of(ask(browser, excused, **BARE))["code"]
    is_refused(excused.redeem(spare), 400, "invalid_grant")
    both = answer_of(ask(browser, excused))["code"]
    is_refused(excused.redeem(both, code_verifier=None), 400, "invalid_grant")


@pytest.mark.parametrize(
    ("registered", "sent"),
    [
        ({}, BARE),
        ({}, {"code_challenge": None, "code_challenge_method": None}),
        ({"require_pkce": False}, BARE),
        (
            {
                "require_pkce": False,
                "require_nonce": False,
                "response_types": ["id_token"],
                "grant_types": ["implicit"],
            },
            {**BARE, "response_type": "id_token", "response_mode": "form_post"},
        ),
    ],
)
def test_wiki_that_is_not_excused_needs_what_it_needed(
    grace: Browser, add_wiki: Wikis, registered: dict[str, Any], sent: dict[str, str | None]
) -> None:
    """V-pkce; and oidcc-ensure-request-without-nonce-fails: an assertion always bears one."""
    wiki = add_wiki("Other wiki", **registered)
    answer = ask(grace, wiki, **sent)
    assert told(answer, sent.get("response_mode"))["error"] == "invalid_request"
