"""The userinfo endpoint takes the access token in all ways (Core section 5.3.1, RFC 6750)."""

import httpx

from tests.conformance import checks
from tests.conformance.browser import Browser
from tests.conformance.modules import module
from tests.conformance.plans import CODE
from tests.conformance.suite import Flow, Suite


def _is_about_the_same_person(flow: Flow, answer: httpx.Response) -> None:
    checks.userinfo_answer(answer, flow.id_token.sub)


@module("oidcc-userinfo-get", *CODE)
def test_userinfo_by_get_answers(suite: Suite, browser: Browser) -> None:
    """With the token in the header."""
    flow = suite.flow(browser)
    _is_about_the_same_person(flow, suite.call_userinfo(flow.access_token))


@module("oidcc-userinfo-post-header", *CODE)
def test_userinfo_by_post_with_header_answers(suite: Suite, browser: Browser) -> None:
    """An empty form beside the header."""
    flow = suite.flow(browser)
    headers = {
        "Authorization": f"Bearer {flow.access_token}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = suite.http.post(suite.site.metadata["userinfo_endpoint"], headers=headers)
    _is_about_the_same_person(flow, answer)


@module("oidcc-userinfo-post-body", *CODE)
def test_userinfo_by_post_with_body_answers(suite: Suite, browser: Browser) -> None:
    """RFC 6750 section 2.2; the suite would only warn if it were refused."""
    flow = suite.flow(browser)
    form = {"access_token": flow.access_token}
    answer = suite.http.post(suite.site.metadata["userinfo_endpoint"], data=form)
    suite.note("UserInfoEndpointWithAccessTokenInBodyNotSupported", passed=answer.is_success)
    _is_about_the_same_person(flow, answer)
