"""Answers by a form that posts itself (OAuth 2.0 Form Post Response Mode 1.0)."""

from collections.abc import Callable

import pytest

from tests.environment import ISSUER
from tests.web.markup import Page
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    claims_of,
    fields_of,
    form_action_of,
)

Wikis = Callable[..., WikiClient]
IMPLICIT = {
    "response_type": "id_token",
    "response_mode": "form_post",
    "code_challenge": None,
    "code_challenge_method": None,
}


@pytest.fixture
def island(add_wiki: Wikis) -> WikiClient:
    """A wiki that cannot call back: it is registered for an id_token by form post."""
    return add_wiki("Island wiki", response_types=["id_token"], grant_types=["implicit"])


def test_code_by_form_post_goes_to_the_registered_address_alone(
    browser: Browser, wiki: WikiClient
) -> None:
    """The page's form has the registered action, and form-action names that origin."""
    browser.sign_up("Grace")
    page = browser.get("/oauth/authorize", wiki.request(response_mode="form_post"))
    assert page.status_code == 200
    (form,) = Page(page.content.decode()).all("form")
    assert form.get("action") == wiki.redirect_uri
    assert form_action_of(page) == ["'self'", "https://english.wiki.example"]
    sent = fields_of(page)
    assert sent.keys() == {"code", "state", "iss"}
    assert (sent["state"], sent["iss"]) == (wiki.state, ISSUER)
    assert page.headers["Cache-Control"] == "no-store"
    assert wiki.redeem(sent["code"]).status_code == 200


def test_code_by_form_post_after_the_sign_in_page(browser: Browser, wiki: WikiClient) -> None:
    """The sign-in form's answer is that page, with the new session's cookie."""
    Browser().sign_up("Grace")
    page = browser.get("/oauth/authorize", wiki.request(response_mode="form_post"))
    done = browser.submit(page, "/login", username="Grace", password=PASSWORD)
    assert done.status_code == 200
    assert form_action_of(done) == ["'self'", "https://english.wiki.example"]
    assert wiki.redeem(fields_of(done)["code"]).status_code == 200
    assert browser.get("/account/").status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unauthorized_client"),
        ({"code_challenge": None}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
def test_error_is_posted_when_that_was_asked(
    browser: Browser, wiki: WikiClient, changes: dict[str, str | None], error: str, method: str
) -> None:
    """Errors keep to ``response_mode``, most of all with a missing ``response_type``."""
    asked = wiki.request(response_mode="form_post", **changes)
    page = getattr(browser, method)("/oauth/authorize", asked)
    assert page.status_code == 200
    told = fields_of(page)
    assert (told["error"], told["state"], told["iss"]) == (error, wiki.state, ISSUER)
    assert form_action_of(page) == ["'self'", "https://english.wiki.example"]


def test_error_by_form_post_shows_state_as_text(browser: Browser, wiki: WikiClient) -> None:
    """V-xss: whatever the state is, it comes back in the field, and only there."""
    state = '"><script>alert(1)</script>\u00fc\U0001f511'
    asked = wiki.request(response_mode="form_post", prompt="none", state=state)
    page = browser.get("/oauth/authorize", asked)
    assert fields_of(page)["state"] == state
    assert "<script>alert" not in page.content.decode()


def test_id_token_by_form_post_is_the_whole_assertion(browser: Browser, island: WikiClient) -> None:
    """For a wiki that cannot call back: the ID token itself, with its nonce."""
    browser.sign_up("Grace")
    page = browser.get("/oauth/authorize", island.request(**IMPLICIT))
    sent = fields_of(page)
    assert sent.keys() == {"id_token", "state", "iss"}
    claims = claims_of(sent["id_token"])
    assert (claims["aud"], claims["nonce"]) == (island.client_id, island.nonce)
    assert claims["preferred_username"] == "Grace"


@pytest.mark.parametrize(
    "changes",
    [{"nonce": None}, {"response_mode": None}, {"response_mode": "query"}],
    ids=["nonce missing", "mode missing", "mode query"],
)
def test_id_token_without_nonce_or_form_is_refused(
    browser: Browser, island: WikiClient, changes: dict[str, str | None]
) -> None:
    """oidcc-ensure-request-without-nonce-fails; an assertion never stands in an address."""
    browser.sign_up("Grace")
    answer = browser.get("/oauth/authorize", island.request(**{**IMPLICIT, **changes}))
    if answer.status_code == 200:
        assert fields_of(answer)["error"] == "invalid_request"
    else:
        assert "error=invalid_request" in answer.headers["Location"]
        assert "id_token=" not in answer.headers["Location"]


def test_id_token_wiki_is_given_no_code(browser: Browser, island: WikiClient) -> None:
    """V-hidden: a wiki gets the one response type that it is registered for."""
    browser.sign_up("Grace")
    answer = browser.get("/oauth/authorize", island.request())
    assert "error=unauthorized_client" in answer.headers["Location"]


def test_form_post_page_carries_no_token_of_our_own(browser: Browser, wiki: WikiClient) -> None:
    """The form goes to another site: neither our CSRF token nor the flow is in it."""
    browser.sign_up("Grace")
    page = browser.get("/oauth/authorize", wiki.request(response_mode="form_post"))
    assert not {"csrfmiddlewaretoken", "flow"} & fields_of(page).keys()
