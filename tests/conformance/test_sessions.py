"""``prompt``, ``max_age`` and ``id_token_hint``: when a page is shown, and for whom."""

import time

from tests.conformance.browser import Answer, Browser, Shown
from tests.conformance.modules import module
from tests.conformance.plans import ALL
from tests.conformance.suite import Flow, Parameters, Suite


def _again(suite: Suite, browser: Browser, **changes: str) -> Flow:
    """A second authorization that must not show a page, for the same person at the same time."""
    request = suite.request(**changes)
    return suite.complete(request, browser.open(suite.address(request)))


def _is_the_same_sign_in(first: Flow, second: Flow) -> None:
    assert second.id_token.auth_time == first.id_token.auth_time
    assert second.id_token.sub == first.id_token.sub


def _signs_in_again(suite: Suite, browser: Browser, request: Parameters) -> Flow:
    """The page asks although there is a session."""
    shown = browser.open(suite.address(request))
    assert isinstance(shown, Shown)
    assert shown.asks_to_sign_in
    return suite.complete(request, browser.sign_in(shown))


@module("oidcc-prompt-login", *ALL)
def test_prompt_login_asks_although_there_is_a_session(suite: Suite, browser: Browser) -> None:
    """And ``auth_time`` is that of the second sign-in."""
    first = suite.flow(browser)
    time.sleep(1)  # as the suite does, so that the two times differ
    second = _signs_in_again(suite, browser, suite.request(prompt="login"))
    assert second.id_token.auth_time > first.id_token.auth_time


@module("oidcc-prompt-none-not-logged-in", *ALL)
def test_prompt_none_without_a_session_is_an_error(suite: Suite, browser: Browser) -> None:
    """No page; the long ``state`` comes back whole."""
    request = suite.request(prompt="none", state="s" * 128)
    assert suite.refused(request, browser.open(suite.address(request))) == "login_required"


@module("oidcc-prompt-none-logged-in", *ALL)
def test_prompt_none_with_a_session_succeeds_without_a_page(suite: Suite, browser: Browser) -> None:
    """The same person, signed in at the same time."""
    first = suite.flow(browser)
    _is_the_same_sign_in(first, _again(suite, browser, prompt="none"))


@module("oidcc-max-age-1", *ALL)
def test_max_age_of_a_second_asks_after_two(suite: Suite, browser: Browser) -> None:
    """``auth_time`` must be there, and be that of the second sign-in."""
    first = suite.flow(browser)
    time.sleep(2)  # as the suite does
    second = _signs_in_again(suite, browser, suite.request(max_age="1"))
    assert second.id_token.auth_time > first.id_token.auth_time
    assert time.time() - second.id_token.auth_time < 5 * 60


@module("oidcc-max-age-10000", *ALL)
def test_max_age_that_is_not_over_shows_no_page(suite: Suite, browser: Browser) -> None:
    """``auth_time`` is there both times, and the same."""
    first = suite.flow(browser, suite.request(max_age="15000"))
    _is_the_same_sign_in(first, _again(suite, browser, max_age="10000"))


@module("oidcc-id-token-hint", *ALL)
def test_id_token_hint_of_the_session_succeeds_without_a_page(
    suite: Suite, browser: Browser
) -> None:
    """With ``prompt=none``, for the person that the hint names."""
    first = suite.flow(browser)
    second = _again(suite, browser, prompt="none", id_token_hint=first.id_token.text)
    _is_the_same_sign_in(first, second)
    assert isinstance(second.answer, Answer)
