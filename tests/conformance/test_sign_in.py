"""The flow itself, and the ID token that it ends with (Core sections 3.1 and 3.2)."""

from tests.conformance import checks
from tests.conformance.browser import Answer, Browser, Shown
from tests.conformance.modules import module
from tests.conformance.plans import ALL, CODE, IMPLICIT
from tests.conformance.suite import BY_POST, Suite


@module("oidcc-server", *ALL)
def test_flow_of_the_plan_gives_a_good_id_token(suite: Suite, browser: Browser) -> None:
    """The plan's flow succeeds; the ID token says no ``name``, which nobody asked for."""
    flow = suite.flow(browser)
    claims = flow.id_token.claims
    suite.note("EnsureIdTokenDoesNotContainName", passed="name" not in claims)
    suite.note(
        "EnsureIdTokenDoesNotContainNonRequestedClaims",
        passed=checks.has_only_asked_for(flow.request["scope"], claims),
    )


@module("oidcc-response-type-missing", *ALL)
def test_response_type_missing_is_an_error(suite: Suite, browser: Browser) -> None:
    """Without a session, and in the mode that was asked for."""
    request = suite.request(response_type=None)
    error = suite.refused(request, browser.open(suite.address(request)))
    assert error in {"invalid_request", "unsupported_response_type"}


@module("oidcc-idtoken-signature", *ALL)
def test_id_token_is_signed_by_rs256_with_a_kid(suite: Suite, browser: Browser) -> None:
    """The default algorithm, and the key that it names is among the published ones."""
    token = suite.flow(browser).id_token
    assert token.header["alg"] == "RS256"
    assert token.header["kid"] in {key.kid for key in suite.keys().keys}


@module("oidcc-idtoken-unsigned", *CODE)
def test_id_token_without_a_signature_is_not_offered(suite: Suite) -> None:
    """The suite leaves the module out where discovery does not list ``none``."""
    offered = suite.site.metadata["id_token_signing_alg_values_supported"]
    suite.note("OIDCCCheckIdTokenSigningAlgValuesSupportedAlgNone", passed="none" in offered)


@module("oidcc-ensure-request-without-nonce-succeeds-for-code-flow", *CODE)
def test_request_without_nonce_succeeds_with_a_code(suite: Suite, browser: Browser) -> None:
    """OpenID Connect makes it optional there; the ID token has none either."""
    flow = suite.flow(browser, suite.request(nonce=None))
    assert "nonce" not in flow.id_token.claims


@module("oidcc-ensure-request-without-nonce-fails", IMPLICIT)
def test_request_without_nonce_fails_without_a_code(suite: Suite, browser: Browser) -> None:
    """The ID token comes by the browser, and only the nonce binds it to the request."""
    request = suite.request(nonce=None)
    assert suite.refused(request, browser.open(suite.address(request))) == "invalid_request"


@module("oidcc-server-client-secret-post", *CODE)
def test_client_authenticates_by_client_secret_post(suite: Suite, browser: Browser) -> None:
    """The whole flow, by a client that is registered so."""
    client = suite.site.clients[BY_POST]
    assert client.metadata["token_endpoint_auth_method"] == "client_secret_post"
    suite.flow(browser, client=client)


@module("oidcc-ensure-post-request-succeeds", *CODE)
def test_request_by_post_succeeds(suite: Suite, browser: Browser) -> None:
    """The authorization endpoint takes a form like a query (Core section 3.1.2.1)."""
    request = suite.request()
    endpoint = suite.site.metadata["authorization_endpoint"]
    arrived = browser.go_through(endpoint, request)
    suite.note("ExpectRedirectUriHasBeenCalled", passed=isinstance(arrived, Answer))
    suite.complete(request, arrived)


@module("oidcc-ensure-registered-redirect-uri", *ALL)
def test_unregistered_redirect_uri_gets_a_page(suite: Suite, browser: Browser) -> None:
    """The browser is sent nowhere, neither there nor to the registered address."""
    wrong = f"{suite.client.redirect_uri}/e5d2fbcd4b"
    arrived = browser.open(suite.address(suite.request(redirect_uri=wrong)))
    assert isinstance(arrived, Shown)
    assert arrived.status == 400
    assert "redirect_uri" in arrived.html
