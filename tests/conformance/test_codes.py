"""Codes are good once, refresh tokens for their own client (RFC 6749 sections 4.1.2 and 6)."""

import time

from tests.conformance import checks
from tests.conformance.browser import Browser
from tests.conformance.later_uses import LATER_SECONDS, LaterUses
from tests.conformance.modules import module
from tests.conformance.plans import CODE
from tests.conformance.site import Client
from tests.conformance.suite import FIRST, SECOND, Flow, Suite


@module("oidcc-codereuse", *CODE)
def test_code_used_again_is_refused(suite: Suite, browser: Browser) -> None:
    """At once, by the very same request."""
    flow = suite.flow(browser)
    assert checks.token_error(suite.call_token(flow.token_request)) == "invalid_grant"


@module("oidcc-codereuse-30seconds", *CODE)
def test_code_used_again_after_thirty_seconds_ends_what_it_gave(
    suite: Suite, later_uses: LaterUses
) -> None:
    """The code was redeemed before the first module ran, and its tokens were good until now."""
    used = later_uses.of(suite.plan)
    assert used.seconds >= LATER_SECONDS
    assert used.before.status_code == 200
    assert checks.token_error(used.again) == "invalid_grant"
    suite.note("EnsureHttpStatusCodeIs4xx", passed=used.after.is_client_error)


def _offline(suite: Suite, client: Client) -> Flow:
    """A sign-in that gives a refresh token (Core section 11)."""
    with suite.browser() as browser:
        request = suite.request(client, scope="openid offline_access", prompt="consent")
        flow = suite.flow(browser, request, client)
    assert flow.tokens["refresh_token"].isascii()
    assert flow.tokens["refresh_token"].isprintable()
    return flow


def _refreshed(suite: Suite, flow: Flow, client: Client, **more: str) -> str:
    """The refresh token after one use; its answer is about the same sign-in (Core section 12.2)."""
    form = {"grant_type": "refresh_token", "refresh_token": flow.tokens["refresh_token"], **more}
    tokens = checks.token_answer(suite.call_token(form, client))
    without_nonce = {name: value for name, value in flow.request.items() if name != "nonce"}
    claims = suite.read_id_token(tokens["id_token"], without_nonce, client).claims
    for name in ("iss", "sub", "aud", "auth_time"):
        assert claims[name] == flow.id_token.claims[name]
    assert claims["iat"] > flow.id_token.claims["iat"]
    assert "azp" not in claims
    checks.userinfo_answer(suite.call_userinfo(tokens["access_token"]), flow.id_token.sub)
    return str(tokens["refresh_token"])


@module("oidcc-refresh-token", *CODE)
def test_refresh_token_is_good_for_its_own_client_alone(suite: Suite) -> None:
    """Two clients get and use one each; the second's is refused to the first."""
    grants = suite.site.metadata["grant_types_supported"]
    suite.note("EnsureServerConfigurationSupportsRefreshToken", passed="refresh_token" in grants)
    first, second = (suite.site.clients[name] for name in (FIRST, SECOND))
    flows = [_offline(suite, client) for client in (first, second)]
    time.sleep(1)  # as the suite does, so that the times of issue differ
    _refreshed(suite, flows[0], first, scope="openid offline_access")
    token = _refreshed(suite, flows[1], second)
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert checks.token_error(suite.call_token(form, first)) == "invalid_grant"
