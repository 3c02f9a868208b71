"""Codes are good once, refresh tokens for their own client (RFC 6749 sections 4.1.2 and 6)."""

import time

from tests.conformance import checks
from tests.conformance.browser import Browser
from tests.conformance.modules import module
from tests.conformance.plans import CODE
from tests.conformance.site import Client
from tests.conformance.suite import FIRST, SECOND, Flow, Suite

_LATER = 2.0  # seconds


@module("oidcc-codereuse", *CODE)
def test_code_used_again_is_refused(suite: Suite, browser: Browser) -> None:
    """At once, by the very same request."""
    flow = suite.flow(browser)
    assert checks.token_error(suite.call_token(flow.token_request)) == "invalid_grant"


@module("oidcc-codereuse-30seconds", *CODE)
def test_code_used_again_later_ends_what_it_gave(suite: Suite, browser: Browser) -> None:
    """The suite waits for 30 seconds, this test for two: no time that the site knows lies between.

    A code is spent by its first use, whenever that was, and what a second one revokes lives for
    minutes.
    """
    flow = suite.flow(browser)
    time.sleep(_LATER)
    assert checks.token_error(suite.call_token(flow.token_request)) == "invalid_grant"
    revoked = suite.call_userinfo(flow.access_token).is_client_error
    suite.note("EnsureHttpStatusCodeIs4xx", passed=revoked)


def _offline(suite: Suite, client: Client) -> tuple[Flow, str]:
    """A sign-in with a refresh token, and the token after it was used once (section 12.2)."""
    with suite.browser() as browser:
        request = suite.request(client, scope="openid offline_access", prompt="consent")
        flow = suite.flow(browser, request, client)
    first = str(flow.tokens["refresh_token"])
    assert first.isascii()
    assert first.isprintable()
    time.sleep(1)  # as the suite does, so that the times of issue differ
    form = {"grant_type": "refresh_token", "refresh_token": first}
    if client is suite.client:
        form["scope"] = "openid offline_access"
    tokens = checks.token_answer(suite.call_token(form, client))
    _is_the_same_authentication(suite, flow, tokens["id_token"], client)
    assert checks.userinfo_answer(suite.call_userinfo(tokens["access_token"]), flow.id_token.sub)
    return flow, str(tokens["refresh_token"])


def _is_the_same_authentication(suite: Suite, flow: Flow, text: str, client: Client) -> None:
    without_nonce = {name: value for name, value in flow.request.items() if name != "nonce"}
    refreshed = suite.read_id_token(text, without_nonce, client).claims
    for name in ("iss", "sub", "aud", "auth_time"):
        assert refreshed[name] == flow.id_token.claims[name]
    assert refreshed["iat"] > flow.id_token.claims["iat"]
    assert "azp" not in refreshed


@module("oidcc-refresh-token", *CODE)
def test_refresh_token_is_good_for_its_own_client_alone(suite: Suite) -> None:
    """Two clients get and use one each; the second's is refused to the first."""
    grants = suite.site.metadata["grant_types_supported"]
    suite.note("EnsureServerConfigurationSupportsRefreshToken", passed="refresh_token" in grants)
    first, second = (suite.site.clients[name] for name in (FIRST, SECOND))
    _offline(suite, first)
    _flow, token = _offline(suite, second)
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert checks.token_error(suite.call_token(form, first)) == "invalid_grant"
