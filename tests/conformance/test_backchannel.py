"""The client hears of a logout by itself (OpenID Connect Back-Channel Logout 1.0 section 2)."""

import time
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt

from tests.conformance.browser import Answer, Browser
from tests.conformance.modules import module
from tests.conformance.plans import BACKCHANNEL
from tests.conformance.receiver import Received
from tests.conformance.suite import Flow, Suite

_PATIENCE = 60.0  # seconds


def _logout_request(suite: Suite, flow: Flow) -> Received:
    """The request of this session's end; those of other modules' are let go by."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        received = suite.site.receiver.received.get(timeout=max(0, deadline - time.monotonic()))
        token = dict(parse_qsl(received.body))["logout_token"]
        claims = jwt.decode(token, suite.keys(), algorithms=["RS256"]).claims
        if claims["sid"] == flow.id_token.claims["sid"]:
            return received


@module("oidcc-backchannel-rp-initiated-logout", BACKCHANNEL)
def test_logout_calls_the_client_and_leads_back(suite: Suite, browser: Browser) -> None:
    """The logout token is signed, of this session and person, and can be no ID token."""
    flow = suite.flow(browser, suite.request(state="s" * 128))
    state = "t" * 128
    back = suite.end_session(browser, flow, state=state)
    received = _logout_request(suite, flow)
    registered = suite.client.metadata["backchannel_logout_uri"]
    assert received.path == urlsplit(registered).path
    assert received.content_type == "application/x-www-form-urlencoded"
    parameters = dict(parse_qsl(received.body))
    suite.note(
        "CheckForUnexpectedParametersInBackchannelLogoutRequest",
        passed=set(parameters) == {"logout_token"},
    )
    claims = jwt.decode(parameters["logout_token"], suite.keys(), algorithms=["RS256"]).claims
    assert claims["iss"] == suite.site.issuer
    assert claims["aud"] in (suite.client.client_id, [suite.client.client_id])
    assert abs(time.time() - claims["iat"]) < 5 * 60
    assert claims["jti"]
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert claims["sub"] == flow.id_token.sub
    assert claims["sid"] == flow.id_token.claims["sid"]
    assert "nonce" not in claims
    assert isinstance(back, Answer)
    assert back.uri == suite.client.post_logout_redirect_uri
    assert back.parameters["state"] == state
    suite.note(
        "CheckForUnexpectedParametersInPostLogoutRedirect",
        passed=set(back.parameters) == {"state"},
    )
    assert suite.is_signed_out(browser)
