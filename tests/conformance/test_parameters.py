"""Parameters that must at least do no harm, and request objects (Core 3.1.2.1, 5.2 and 6)."""

import base64
import hashlib
import json
import secrets

from tests.conformance.browser import Browser, Shown
from tests.conformance.modules import module
from tests.conformance.plans import ALL, CODE
from tests.conformance.suite import Parameters, Suite


@module("oidcc-display-page", *ALL)
def test_display_page_is_no_error(suite: Suite, browser: Browser) -> None:
    """The only one that there is."""
    suite.flow(browser, suite.request(display="page"))


@module("oidcc-display-popup", *ALL)
def test_display_popup_is_no_error(suite: Suite, browser: Browser) -> None:
    """The same page all the same."""
    suite.flow(browser, suite.request(display="popup"))


@module("oidcc-login-hint", *ALL)
def test_login_hint_of_nobody_is_no_error(suite: Suite, browser: Browser) -> None:
    """The suite's default: an address at the site's own host."""
    suite.flow(browser, suite.request(login_hint="buffy@localhost"))


@module("oidcc-ui-locales", *ALL)
def test_ui_locales_that_are_not_spoken_are_no_error(suite: Suite, browser: Browser) -> None:
    """Northern Sami, the suite's default."""
    suite.flow(browser, suite.request(ui_locales="se"))


@module("oidcc-claims-locales", *ALL)
def test_claims_locales_are_no_error(suite: Suite, browser: Browser) -> None:
    """No claim here has a language."""
    suite.flow(browser, suite.request(claims_locales="se"))


@module("oidcc-ensure-request-with-acr-values-succeeds", *ALL)
def test_acr_values_are_answered_with_one_of_them(suite: Suite, browser: Browser) -> None:
    """All that discovery lists, as the suite asks; the person has a password alone."""
    values = suite.site.metadata["acr_values_supported"]
    flow = suite.flow(browser, suite.request(acr_values=" ".join(values)))
    acr = flow.id_token.claims["acr"]
    suite.note("ValidateIdTokenACRClaimAgainstAcrValuesRequest", passed=acr in values)


@module("oidcc-ensure-request-with-unknown-parameter-succeeds", *ALL)
def test_unknown_parameter_is_ignored(suite: Suite, browser: Browser) -> None:
    """RFC 6749 section 3.1."""
    suite.flow(browser, suite.request(extra="foobar"))


@module("oidcc-ensure-request-with-valid-pkce-succeeds", *CODE)
def test_code_challenge_is_answered_by_its_verifier(suite: Suite, browser: Browser) -> None:
    """S256, for a client that is excused from it (RFC 7636)."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    request = suite.request(code_challenge=challenge, code_challenge_method="S256")
    arrived = browser.go_through(suite.address(request))
    suite.complete(request, arrived, verifier=verifier)


def _unsigned(request: Parameters) -> str:
    """The request as a request object of ``alg`` ``none``, as the suite makes it."""
    parts = ({"alg": "none"}, {**request, "aud": "", "iss": request["client_id"]})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts]
    return ".".join(part.rstrip(b"=").decode() for part in encoded) + "."


def _outside(request: Parameters) -> Parameters:
    """What the suite sends beside a request object: no ``state``, no ``nonce``."""
    return {
        name: request[name]
        for name in ("client_id", "redirect_uri", "response_type", "response_mode", "scope")
        if name in request
    }


@module("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", *ALL)
def test_request_object_is_refused_as_not_supported(suite: Suite, browser: Browser) -> None:
    """Never ignored; the suite leaves out the rest. ``state`` was inside, so there is none."""
    request = suite.request()
    sent = {**_outside(request), "request": _unsigned(request)}
    error = suite.refused(sent, browser.open(suite.address(sent)))
    suite.note("RequestNotSupported", passed=error != "request_not_supported")


@module("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported", *ALL)
def test_request_uri_is_refused_as_not_supported(suite: Suite, browser: Browser) -> None:
    """And nothing is fetched from it."""
    address = f"{suite.site.receiver.origin}/test/a/authsite/requests/1#fragment"
    sent = {**_outside(suite.request()), "request_uri": address}
    error = suite.refused(sent, browser.open(suite.address(sent)))
    suite.note("RequestUriNotSupported", passed=error != "request_uri_not_supported")


@module("oidcc-ensure-request-object-with-redirect-uri", *ALL)
def test_wrong_redirect_uri_beside_a_request_object_gets_a_page(
    suite: Suite, browser: Browser
) -> None:
    """A good address inside the object does not make up for a wrong one outside."""
    request = suite.request()
    wrong = {**_outside(request), "redirect_uri": f"{request['redirect_uri']}/wrong"}
    shown = browser.open(suite.address({**wrong, "request": _unsigned(request)}))
    assert isinstance(shown, Shown)
    assert shown.status == 400
