"""A browser that has signed in before is let in while strangers guess at the account."""

from tests.web.people import PASSWORD, Browser


def _use_up_the_budget(username: str) -> None:
    """Ten wrong guesses from somewhere else."""
    stranger = Browser()
    for _ in range(10):
        assert stranger.sign_in(username, "not this one at all").status_code == 200


def test_owner_signs_in_again_while_strangers_are_made_to_wait(browser: Browser) -> None:
    """The same browser gets in; a new one is told to wait, and for how long."""
    browser.sign_up("Grace")
    browser.submit(browser.get("/logout"), "/logout")
    _use_up_the_budget("Grace")
    waiting = Browser().sign_in("Grace", PASSWORD)
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) >= 1
    assert browser.sign_in("Grace", PASSWORD).status_code == 303


def test_device_cookie_comes_with_a_session_and_not_before(browser: Browser) -> None:
    """Looking at the page, or guessing wrong, makes nobody known; signing in does, for long."""
    browser.get("/login")
    browser.sign_in("Nobody", "not this one at all")
    assert "__Host-device" not in browser.cookies
    browser.sign_up("Grace")
    cookie = browser.cookies["__Host-device"]
    assert cookie["secure"] is True
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert int(cookie["max-age"]) == 400 * 86400


def test_device_cookie_stays_the_same_from_one_sign_in_to_the_next(browser: Browser) -> None:
    """Signing out does not forget the browser, and another person there does not replace it."""
    browser.sign_up("Grace")
    before = browser.cookies["__Host-device"].value
    browser.submit(browser.get("/logout"), "/logout")
    browser.sign_up("Ada")
    assert browser.cookies["__Host-device"].value == before
