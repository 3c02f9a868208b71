"""The authorization endpoint: which requests are answered, how, and where errors go.

OpenID Connect Core 1.0 section 3.1.2, RFC 6749 section 4.1, RFC 7636, RFC 9207, RFC 9700.
"""

from collections.abc import Callable

import psycopg
import pytest

from tests.environment import ISSUER
from tests.web.people import Browser, WikiClient, answer_of, ask, form_action_of

Wikis = Callable[..., WikiClient]


# --- Errors that may not go to the wiki --------------------------------------------------------

UNANSWERABLE: dict[str, tuple[dict[str, str | None], str]] = {
    "client_id missing": ({"client_id": None}, "invalid_client"),
    "client_id empty": ({"client_id": ""}, "invalid_client"),
    "client_id unknown": ({"client_id": "nobody"}, "invalid_client"),
    "client_id long": ({"client_id": "x" * 4000}, "invalid_client"),
    "client_id foreign": ({"client_id": "wiki\u00fc"}, "invalid_client"),
    "redirect_uri missing": ({"redirect_uri": None}, "invalid_request"),
    "redirect_uri empty": ({"redirect_uri": ""}, "invalid_request"),
    "redirect_uri unknown": ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
    "redirect_uri long": ({"redirect_uri": "https://e.example/" + "x" * 4000}, "invalid_request"),
}


@pytest.mark.parametrize("prompt", [None, "none"])
@pytest.mark.parametrize("case", UNANSWERABLE)
def test_request_whose_client_or_address_is_unsure_is_a_page(
    browser: Browser, wiki: WikiClient, case: str, prompt: str | None
) -> None:
    """V-redirect: nobody is sent to an address that was not checked, ``prompt=none`` or not."""
    changes, error = UNANSWERABLE[case]
    page = ask(browser, wiki, **changes, prompt=prompt)
    assert page.status_code == 400
    assert "Location" not in page.headers
    assert error in page.content.decode()
    assert form_action_of(page) == ["'self'"]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_request_with_a_repeated_address_is_a_page(
    browser: Browser, wiki: WikiClient, name: str
) -> None:
    """V-redirect (CVE-2026-9689): which of two is meant is nobody's to guess."""
    request = wiki.request()
    page = browser.get("/oauth/authorize", {**request, name: [request[name], request[name]]})
    assert page.status_code == 400
    assert "Location" not in page.headers


def test_request_of_a_suspended_wiki_is_a_page_or_silently_an_error(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """V-disabled: it gets no code; a silent question gets an error, so that people read on."""
    from vault import wikis

    browser.sign_up("Grace")
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")
    stale = ask(
        browser, wiki
    )  # this process remembers the wiki as active or not; the vault decides
    wikis.forget()
    fresh = ask(browser, wiki)
    for page in (stale, fresh):
        assert page.status_code == 400
        assert "This wiki is out of service for now" in page.content.decode()
        assert str(wiki.registration["client_uri"]) not in page.content.decode()
    silent = answer_of(ask(browser, wiki, prompt="none"))
    assert silent["error"] == "unauthorized_client"


# --- Errors that the wiki is told --------------------------------------------------------------

TOLD: dict[str, tuple[dict[str, str | None], str]] = {
    "response_type missing": ({"response_type": None}, "invalid_request"),
    "response_type token": ({"response_type": "token"}, "unsupported_response_type"),
    "response_type hybrid": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "response_type none": ({"response_type": "none"}, "unsupported_response_type"),
    "response_type not registered": ({"response_type": "id_token"}, "unauthorized_client"),
    "response_mode fragment": ({"response_mode": "fragment"}, "invalid_request"),
    "response_mode unknown": ({"response_mode": "web_message"}, "invalid_request"),
    "scope missing": ({"scope": None}, "invalid_scope"),
    "scope without openid": ({"scope": "profile email"}, "invalid_scope"),
    "scope in another case": ({"scope": "OpenID"}, "invalid_scope"),
    "code_challenge missing": (
        {"code_challenge": None, "code_challenge_method": None},
        "invalid_request",
    ),
    "code_challenge short": ({"code_challenge": "x" * 42}, "invalid_request"),
    "code_challenge long": ({"code_challenge": "x" * 44}, "invalid_request"),
    "code_challenge odd": ({"code_challenge": "x" * 42 + "+"}, "invalid_request"),
    "code_challenge with newline": ({"code_challenge": "x" * 43 + "\n"}, "invalid_request"),
    "code_challenge_method missing": ({"code_challenge_method": None}, "invalid_request"),
    "code_challenge_method plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "code_challenge_method lower": ({"code_challenge_method": "s256"}, "invalid_request"),
    "prompt unknown": ({"prompt": "magic"}, "invalid_request"),
    "prompt none with login": ({"prompt": "none login"}, "invalid_request"),
    "max_age negative": ({"max_age": "-1"}, "invalid_request"),
    "max_age fraction": ({"max_age": "1.5"}, "invalid_request"),
    "max_age of other digits": ({"max_age": "\u0663"}, "invalid_request"),
    "max_age huge": ({"max_age": "9" * 4000}, "invalid_request"),
    "state long": ({"state": "s" * 2001}, "invalid_request"),
    "nonce long": ({"nonce": "n" * 2001}, "invalid_request"),
    "login_hint long": ({"login_hint": "l" * 2001}, "invalid_request"),
    "request object": ({"request": "e30.e30."}, "request_not_supported"),
    "request_uri": ({"request_uri": "https://wiki.example/r"}, "request_uri_not_supported"),
    "registration": ({"registration": "{}"}, "registration_not_supported"),
    "id_token_hint junk": ({"id_token_hint": "junk"}, "invalid_request"),
    "id_token_hint long": ({"id_token_hint": "e" * 6000}, "invalid_request"),
    "prompt none signed out": ({"prompt": "none"}, "login_required"),
}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("case", TOLD)
def test_request_that_is_wrong_is_answered_at_the_wiki_with_the_standards_error(
    browser: Browser, wiki: WikiClient, case: str, method: str
) -> None:
    """The wiki learns what is wrong, with its state and our ``iss`` (RFC 9207), by GET and POST."""
    changes, error = TOLD[case]
    sent = wiki.request(**changes)
    answer = getattr(browser, method)("/oauth/authorize", sent)
    if method == "post" and case == "prompt none signed out":
        answer = browser.get(answer.headers["Location"])
    assert answer.headers["Location"].startswith(f"{wiki.redirect_uri}?")
    told = answer_of(answer)
    assert told["error"] == error
    assert told["iss"] == ISSUER
    assert told["state"] == sent["state"]
    assert "code" not in told


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "prompt", "code_challenge", "unknown"])
def test_request_with_a_repeated_parameter_is_invalid(
    browser: Browser, wiki: WikiClient, name: str
) -> None:
    """RFC 6749 section 3.1: each parameter once, known or not; a doubtful state is not echoed."""
    answer = answer_of(browser.get("/oauth/authorize", {**wiki.request(), name: ["a", "b"]}))
    assert answer["error"] == "invalid_request"
    assert answer["iss"] == ISSUER
    assert ("state" in answer) == (name != "state")


def test_request_with_parameters_nobody_knows_is_answered(
    browser: Browser, wiki: WikiClient
) -> None:
    """oidcc-ensure-request-with-unknown-parameter-succeeds, -acr-values-, oidcc-display-popup."""
    extra = {
        "unknown": "x",
        "acr_values": "a b",
        "claims_locales": "se",
        "display": "popup",
        "claims": "{}",
        "resource": "",
    }
    assert ask(browser, wiki, **extra).status_code == 200
    browser.sign_up("Grace")
    assert "code" in answer_of(ask(browser, wiki, **extra))


def test_scope_that_nobody_knows_or_granted_is_ignored(browser: Browser, wiki: WikiClient) -> None:
    """Section 3.1.2.1: unknown scopes are ignored; ones not registered are not granted."""
    browser.sign_up("Grace", email="grace@example.org")
    code = answer_of(ask(browser, wiki, scope="openid phone email address"))["code"]
    assert wiki.redeem(code).json()["scope"] == "openid"


# --- PKCE and nonce ----------------------------------------------------------------------------


def test_wiki_excused_from_pkce_must_send_a_nonce(browser: Browser, add_wiki: Wikis) -> None:
    """V-pkce: one of the two proofs is always there (RFC 9700 section 2.1.1)."""
    excused = add_wiki("Old wiki", require_pkce=False)
    browser.sign_up("Grace")
    without = {"code_challenge": None, "code_challenge_method": None}
    assert answer_of(ask(browser, excused, **without, nonce=None))["error"] == "invalid_request"
    code = answer_of(ask(browser, excused, **without))["code"]
    assert excused.redeem(code, code_verifier=None).status_code == 200


def test_wiki_with_pkce_may_leave_out_the_nonce(browser: Browser, wiki: WikiClient) -> None:
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow (django-allauth sends none)."""
    browser.sign_up("Grace")
    code = answer_of(ask(browser, wiki, nonce=None))["code"]
    assert wiki.redeem(code).status_code == 200
