"""What the scopes and ``claims`` ask for is told, and nothing else (Core sections 5.4 and 5.5)."""

import json
from typing import Any

from tests.conformance import checks
from tests.conformance.browser import Browser
from tests.conformance.modules import module
from tests.conformance.plans import ALL
from tests.conformance.site import EMAIL, USERNAME
from tests.conformance.suite import Flow, Suite


def _told(suite: Suite, flow: Flow) -> dict[str, Any]:
    """By userinfo where there is an access token, else in the ID token (section 5.4)."""
    return suite.userinfo(flow) if suite.plan.has_code else flow.id_token.claims


def _is_told_what_it_asks_for(suite: Suite, flow: Flow) -> dict[str, Any]:
    told = _told(suite, flow)
    condition = (
        "VerifyScopesReturnedInUserInfoClaims"
        if suite.plan.has_code
        else "VerifyScopesReturnedInAuthorizationEndpointIdToken"
    )
    suite.note(condition, passed=checks.has_claims_of(flow.request["scope"], told))
    return told


def _is_supported(suite: Suite, scope: str) -> bool:
    """Whether discovery lists all of it; the suite leaves a module out where it doesn't."""
    return set(scope.split()) <= set(suite.site.metadata["scopes_supported"])


@module("oidcc-scope-profile", *ALL)
def test_scope_profile_tells_the_name(suite: Suite, browser: Browser) -> None:
    """Of the profile there is the user name, and nothing that this site does not know."""
    flow = suite.flow(browser, suite.request(scope="openid profile"))
    told = _is_told_what_it_asks_for(suite, flow)
    assert told["name"] == told["preferred_username"] == USERNAME


def _by_email(suite: Suite, flow: Flow) -> None:
    told = _is_told_what_it_asks_for(suite, flow)
    assert (told["email"], told["email_verified"]) == (EMAIL, True)
    claims = flow.id_token.claims
    suite.note("EnsureIdTokenDoesNotContainName", passed="name" not in claims)
    if suite.plan.has_code:
        suite.note("EnsureIdTokenDoesNotContainEmailForScopeEmail", passed="email" not in claims)
        suite.note("EnsureUserInfoDoesNotContainName", passed="name" not in told)


@module("oidcc-scope-email", *ALL)
def test_scope_email_tells_the_address(suite: Suite, browser: Browser) -> None:
    """And whether it is confirmed; no name, which nobody asked for."""
    _by_email(suite, suite.flow(browser, suite.request(scope="openid email")))


@module("oidcc-alternate-happy-flow", *ALL)
def test_parameters_in_another_order_change_nothing(suite: Suite, browser: Browser) -> None:
    """The scopes in reverse, the parameters in reverse alphabetical order."""
    request = dict(sorted(suite.request(scope="email openid").items(), reverse=True))
    _by_email(suite, suite.flow(browser, request))


def _is_not_known(suite: Suite, browser: Browser, scope: str, *claims: str) -> None:
    """The suite leaves these modules out; all the same the request succeeds and nothing is told."""
    suite.note("SkipTestIfScopesNotSupported", passed=_is_supported(suite, scope))
    flow = suite.flow(browser, suite.request(scope=scope))
    assert not set(claims) & (set(_told(suite, flow)) | set(flow.id_token.claims))


@module("oidcc-scope-address", *ALL)
def test_scope_address_is_ignored(suite: Suite, browser: Browser) -> None:
    """This site knows nobody's address, and does not say that it does."""
    _is_not_known(suite, browser, "openid address", "address")


@module("oidcc-scope-phone", *ALL)
def test_scope_phone_is_ignored(suite: Suite, browser: Browser) -> None:
    """Nor anybody's telephone."""
    _is_not_known(suite, browser, "openid phone", "phone_number", "phone_number_verified")


@module("oidcc-scope-all", *ALL)
def test_all_scopes_together_tell_what_is_known(suite: Suite, browser: Browser) -> None:
    """Those that are not known are ignored, and take nothing from the others."""
    scope = "openid email phone address profile"
    suite.note("SkipTestIfScopesNotSupported", passed=_is_supported(suite, scope))
    flow = suite.flow(browser, suite.request(scope=scope))
    told = _told(suite, flow)
    assert (told["email"], told["name"]) == (EMAIL, USERNAME)
    assert not {"address", "phone_number"} & set(told)


@module("oidcc-claims-essential", *ALL)
def test_essential_claim_is_told_where_it_was_asked_for(suite: Suite, browser: Browser) -> None:
    """``name`` by userinfo where there is an access token, else in the ID token; not in both."""
    where = "userinfo" if suite.plan.has_code else "id_token"
    claims = json.dumps({where: {"name": {"essential": True}}})
    flow = suite.flow(browser, suite.request(claims=claims))
    told = _is_told_what_it_asks_for(suite, flow)
    if suite.plan.has_code:
        suite.note("EnsureUserInfoContainsName", passed=told.get("name") == USERNAME)
        suite.note("EnsureIdTokenDoesNotContainName", passed="name" not in flow.id_token.claims)
    else:
        suite.note("EnsureIdTokenContainsName", passed=told.get("name") == USERNAME)
