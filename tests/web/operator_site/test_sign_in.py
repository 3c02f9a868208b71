"""Getting into the operator's site, and out of it."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg

from accounts.services.registration import create_account
from tests.web.operator_site.place import PASSWORD, Place, events, open_session_of
from tests.web.operators import Browser


def test_start_page_leads_to_the_admin_and_from_there_to_the_sign_in(place: Place) -> None:
    """Whoever comes by the bare address ends at the sign-in, and is told nothing on the way."""
    browser = place.browser()
    assert browser.get("/").location == "/admin/"
    assert browser.get("/admin/").location == "/admin/login/?next=/admin/"


def test_sign_in_sets_a_cookie_that_ends_with_the_browser_and_stays_here(place: Place) -> None:
    """The operator's cookie is __Host-, HttpOnly, Secure, SameSite=Strict, without a lifetime."""
    answer = place.browser().sign_in("Chief", PASSWORD)
    cookie = answer.cookies["__Host-operator"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Strict"
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert (cookie["max-age"], cookie["expires"]) == ("", "")


def test_sign_in_leads_on_to_the_admins_own_pages_alone(place: Place) -> None:
    """Where one was going is kept, unless it is not a page of the admin."""
    wanted = f"/admin/accounts/{place.ids['Ada']}/"
    assert place.browser().sign_in("Chief", PASSWORD, next=wanted).location == wanted
    for elsewhere in (
        "https://evil.example/admin/",
        "//evil.example",
        "/health",
        "/admin/\r\nX: y",
        "/admin/\u0416",
    ):
        answer = place.browser().sign_in("Chief", PASSWORD, next=elsewhere)
        assert answer.location == "/admin/"


def test_sign_in_wrong_password_and_no_operator_get_the_same_answer(
    place: Place, admin: psycopg.Connection
) -> None:
    """A right password of somebody who is no operator reads as a wrong one, but for the trail."""

    def said(username: str, password: str) -> tuple[int, str, bool]:
        browser = place.browser()
        answer = browser.sign_in(username, password)
        return answer.status, answer.words, "__Host-operator" in browser.cookies

    no_operator = said("Ada", PASSWORD)
    assert no_operator == said("Ada", "another thing altogether") == said("Nobody", PASSWORD)
    assert no_operator[0] == 200
    assert no_operator[2] is False
    assert events(admin, "account:password:right") == [{"purpose": "operator"}]
    assert events(admin, "account:session:opened") == []


def test_sign_in_of_an_operator_who_holds_a_second_factor_says_so_and_lets_nobody_in(
    place: Place, playing: Callable[[str], AbstractContextManager[None]]
) -> None:
    """V-step-skip: the password alone is not enough here either, and nothing breaks."""
    with playing("owner"):
        secret = secrets.token_bytes(20)
        create_account("Careful", PASSWORD, None, operator="chief", totp_secret=secret)
    browser = place.browser()
    answer = browser.sign_in("Careful", PASSWORD)
    assert answer.status == 200
    assert "protected by a second factor" in answer.words
    assert "Remove it on your account page" in answer.words
    assert "__Host-operator" not in browser.cookies


def test_sign_in_with_a_session_of_the_public_site_gets_nobody_in(
    place: Place, admin: psycopg.Connection
) -> None:
    """The public site's cookie, and its secret in the operator's cookie, mean nothing here."""
    open_session_of(admin, place.ids["Chief"])
    browser = place.browser()
    browser.cookies = {"__Host-session": "A" * 43, "__Host-operator": "A" * 43}
    answer = browser.get("/admin/")
    assert answer.location.startswith("/admin/login/")
    assert answer.cookies["__Host-operator"]["max-age"] == "0"


def test_sign_in_guesses_from_one_network_are_told_to_wait(place: Place) -> None:
    """After ten in a minute the network waits: 429, when to come back, and nobody gets in."""
    browser = place.browser()
    statuses = [browser.sign_in(f"Nobody {n}", "x").status for n in range(10)]
    assert statuses == [200] * 10
    answer = browser.sign_in("Chief", PASSWORD)
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "__Host-operator" not in browser.cookies


def test_session_of_an_operator_who_is_none_any_more_is_dead(
    place: Place, admin: psycopg.Connection
) -> None:
    """Revoking an operator, and forging a level, both end what they could do at once."""
    chief, looker = place.signed_in("Chief"), place.signed_in("Looker")
    admin.execute(
        "UPDATE vault.operators SET revoked_at = now() WHERE account_id = %s", [place.ids["Chief"]]
    )
    admin.execute(
        "UPDATE vault.operators SET level = 'chief' WHERE account_id = %s", [place.ids["Looker"]]
    )
    assert chief.get("/admin/").location.startswith("/admin/login/")
    assert looker.get("/admin/").location.startswith("/admin/login/")


def test_sign_out_by_post_ends_the_session_in_the_vault(
    place: Place, admin: psycopg.Connection
) -> None:
    """A cookie that somebody copied is worthless after signing out; a GET does nothing."""
    browser = place.signed_in("Chief")
    assert browser.get("/admin/logout/").status == 405
    copied = dict(browser.cookies)
    answer = browser.post("/admin/logout/")
    assert answer.location == "/admin/login/"
    assert "__Host-operator" not in browser.cookies
    thief = Browser(place.port, cookies=copied)
    assert thief.get("/admin/").location.startswith("/admin/login/")
    assert "You are signed out." in browser.get("/admin/login/").words


def test_sign_in_without_the_token_against_forgery_is_refused(place: Place) -> None:
    """Another site cannot sign anybody in."""
    browser = place.browser()
    answer = browser.sign_in("Chief", PASSWORD, csrfmiddlewaretoken="x" * 32)
    assert answer.status == 403
    assert "__Host-operator" not in browser.cookies
