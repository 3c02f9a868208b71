"""People are signed out when their wiki asks, and led back only where it registered.

OpenID Connect RP-Initiated Logout 1.0 sections 2 and 3. Where the hint is missing the site asks
first, as section 2 lets it; where something is wrong it says so on a page, and nothing is done.
"""

import base64
import json
import time

from joserfc import jwt
from joserfc.jwk import OctKey

from tests.conformance.browser import Answer, Browser, Shown
from tests.conformance.modules import module
from tests.conformance.plans import LOGOUT
from tests.conformance.suite import Flow, Suite

_CONFIRM = "/oauth/logout/confirm"


def _signed_in(suite: Suite, browser: Browser) -> Flow:
    """A sign-in with a long ``state``, as the suite does it before each logout."""
    return suite.flow(browser, suite.request(state="s" * 128))


def _is_led_back(suite: Suite, arrived: Answer | Shown) -> dict[str, str]:
    """What comes back at the registered address."""
    assert isinstance(arrived, Answer)
    assert (arrived.method, arrived.uri) == ("GET", suite.client.post_logout_redirect_uri)
    return arrived.parameters


def _is_refused(suite: Suite, browser: Browser, arrived: Answer | Shown) -> None:
    """A page says what is wrong; the browser is led nowhere, and still signed in."""
    assert isinstance(arrived, Shown)
    assert arrived.status == 400
    assert "post_logout_redirect_uri" in arrived.html
    assert not suite.is_signed_out(browser)


def _is_signed_out_after_a_yes(suite: Suite, browser: Browser, arrived: Answer | Shown) -> None:
    """Nothing proves who asks, so the person is asked; then a page says that it is done."""
    assert isinstance(arrived, Shown)
    assert not suite.is_signed_out(browser)
    done = browser.submit(arrived, arrived.form_to(_CONFIRM))
    _is_a_signed_out_page(suite, browser, done)


def _is_a_signed_out_page(suite: Suite, browser: Browser, arrived: Answer | Shown) -> None:
    assert isinstance(arrived, Shown)
    assert (arrived.status, arrived.title) == (200, "You are signed out")
    assert suite.is_signed_out(browser)


@module("oidcc-rp-initiated-logout", LOGOUT)
def test_logout_with_all_parameters_leads_back_with_state(suite: Suite, browser: Browser) -> None:
    """The long ``state`` comes back whole and alone; ``prompt=none`` fails from then on."""
    state = "s" * 128
    told = _is_led_back(suite, suite.end_session(browser, _signed_in(suite, browser), state=state))
    assert told["state"] == state
    suite.note("CheckForUnexpectedParametersInPostLogoutRedirect", passed=set(told) == {"state"})
    assert suite.is_signed_out(browser)


@module("oidcc-rp-initiated-logout-no-state", LOGOUT)
def test_logout_without_state_leads_back_without_one(suite: Suite, browser: Browser) -> None:
    """No ``state`` is made up."""
    told = _is_led_back(suite, suite.end_session(browser, _signed_in(suite, browser), state=None))
    assert "state" not in told
    suite.note("CheckForUnexpectedParametersInPostLogoutRedirect", passed=not told)
    assert suite.is_signed_out(browser)


@module("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", LOGOUT)
def test_logout_to_an_unregistered_address_gets_a_page(suite: Suite, browser: Browser) -> None:
    """Something is added to its path."""
    flow = _signed_in(suite, browser)
    wrong = f"{suite.client.post_logout_redirect_uri}/e5d2fbcd4b"
    _is_refused(suite, browser, suite.end_session(browser, flow, post_logout_redirect_uri=wrong))


@module("oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", LOGOUT)
def test_logout_to_an_address_with_a_query_added_gets_a_page(
    suite: Suite, browser: Browser
) -> None:
    """Addresses are compared as strings."""
    flow = _signed_in(suite, browser)
    wrong = f"{suite.client.post_logout_redirect_uri}?foo=bar"
    _is_refused(suite, browser, suite.end_session(browser, flow, post_logout_redirect_uri=wrong))


@module("oidcc-rp-initiated-logout-modified-id-token-hint", LOGOUT)
def test_logout_with_a_hint_made_unsigned_gets_a_page(suite: Suite, browser: Browser) -> None:
    """The site's own ID token with ``alg`` ``none`` and its signature gone."""
    flow = _signed_in(suite, browser)
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    hint = f"{header}.{flow.id_token.text.split('.')[1]}."
    _is_refused(suite, browser, suite.end_session(browser, flow, id_token_hint=hint))


@module("oidcc-rp-initiated-logout-bad-id-token-hint", LOGOUT)
def test_logout_with_a_hint_of_the_clients_own_gets_a_page(suite: Suite, browser: Browser) -> None:
    """An ID token that the client signed with its secret, as a client without keys does."""
    flow = _signed_in(suite, browser)
    now = int(time.time())
    claims = {
        "iss": suite.site.issuer,
        "sub": "unknown-sub-value",
        "aud": suite.client.client_id,
        "iat": now,
        "exp": now + 300,
    }
    key = OctKey.import_key(suite.client.secret)
    hint = jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])
    _is_refused(suite, browser, suite.end_session(browser, flow, id_token_hint=hint))


@module("oidcc-rp-initiated-logout-no-id-token-hint", LOGOUT)
def test_logout_to_an_address_without_a_hint_gets_a_page(suite: Suite, browser: Browser) -> None:
    """Whose address it is nobody has said."""
    flow = _signed_in(suite, browser)
    _is_refused(suite, browser, suite.end_session(browser, flow, id_token_hint=None))


@module("oidcc-rp-initiated-logout-no-params", LOGOUT)
def test_logout_without_parameters_asks_and_ends_on_a_page(suite: Suite, browser: Browser) -> None:
    """The person says yes."""
    flow = _signed_in(suite, browser)
    arrived = suite.end_session(
        browser, flow, id_token_hint=None, post_logout_redirect_uri=None, state=None
    )
    _is_signed_out_after_a_yes(suite, browser, arrived)


@module("oidcc-rp-initiated-logout-only-state", LOGOUT)
def test_logout_with_state_alone_asks_and_ends_on_a_page(suite: Suite, browser: Browser) -> None:
    """There is nowhere to bring it back to."""
    flow = _signed_in(suite, browser)
    arrived = suite.end_session(browser, flow, id_token_hint=None, post_logout_redirect_uri=None)
    _is_signed_out_after_a_yes(suite, browser, arrived)


@module("oidcc-rp-initiated-logout-no-post-logout-redirect-uri", LOGOUT)
def test_logout_without_an_address_ends_on_a_page(suite: Suite, browser: Browser) -> None:
    """The hint proves who asks, so nobody is asked."""
    flow = _signed_in(suite, browser)
    arrived = suite.end_session(browser, flow, post_logout_redirect_uri=None)
    _is_a_signed_out_page(suite, browser, arrived)
