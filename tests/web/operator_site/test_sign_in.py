"""Getting into the operator's site, and out of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import quote

import psycopg
import pytest

from emergency.actions.lock_account import lock_account
from tests.authenticator import Authenticator
from tests.environment import ISSUER
from tests.web.operator_site.place import PASSWORD, Place, events, open_session_of
from tests.web.operators import HOST, Browser

Playing = Callable[[str], AbstractContextManager[None]]
NOT_LET_IN = "This passkey does not open the operator's site."


def test_start_page_leads_to_the_admin_and_from_there_to_the_sign_in(place: Place) -> None:
    """Whoever comes by the bare address ends at the sign-in, and is told nothing on the way."""
    browser = place.browser()
    assert browser.get("/").location == "/admin/"
    assert browser.get("/admin/").location == "/admin/login/?next=/admin/"


def test_sign_in_page_asks_for_any_passkey_that_knows_its_user_and_for_no_password(
    place: Place,
) -> None:
    """No name, no password, no list of passkeys; this site's own host; and the browser may."""
    page = place.browser().get("/admin/login/")
    assert (page.options["rpId"], page.options["userVerification"]) == (HOST, "required")
    assert not page.options.get("allowCredentials")
    assert 'type="password"' not in page.text
    assert "username" not in page.text
    assert "publickey-credentials-get=(self)" in page.headers["Permissions-Policy"]
    assert "publickey-credentials-create=(self)" in page.headers["Permissions-Policy"]
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_sign_in_sets_a_cookie_that_ends_with_the_browser_and_stays_here(place: Place) -> None:
    """The operator's cookie is __Host-, HttpOnly, Secure, SameSite=Strict, without a lifetime."""
    answer = place.enrolled("Chief").sign_in()
    cookie = answer.cookies["__Host-operator"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Strict"
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert (cookie["max-age"], cookie["expires"]) == ("", "")


def test_sign_in_leads_on_to_the_admins_own_pages_alone(place: Place) -> None:
    """Where one was going is kept, unless it is not a page of the admin."""
    browser = place.enrolled("Chief")
    wanted = f"/admin/accounts/{place.ids['Ada']}/"
    assert browser.sign_in(f"/admin/login/?next={quote(wanted)}").location == wanted
    assert browser.get(f"/admin/login/?next={quote(wanted)}").location == wanted
    for elsewhere in (
        "https://evil.example/admin/",
        "//evil.example",
        "/health",
        "/admin/\r\nX: y",
        "/admin/\u0416",
    ):
        answer = browser.get(f"/admin/login/?next={quote(elsewhere)}")
        assert answer.location == "/admin/"


def test_sign_in_of_unknown_passkeys_of_no_operators_and_of_locked_ones_reads_the_same(
    place: Place, admin: psycopg.Connection, playing: Playing
) -> None:
    """What is said is one sentence; the trail tells them apart."""
    stranger, former, locked = place.browser(), place.enrolled("Looker"), place.enrolled("Locker")
    stranger.enrol(place.links["Chief"])
    admin.execute("DELETE FROM vault.passkeys WHERE account_id = %s", [place.ids["Chief"]])
    admin.execute(
        "UPDATE vault.operators SET revoked_at = now() WHERE account_id = %s", [place.ids["Looker"]]
    )
    with playing("owner"):
        lock_account(place.ids["Locker"], "turned", by=None)  # type: ignore[arg-type]
    answers = [browser.sign_in() for browser in (stranger, former, locked)]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.words for answer in answers}) == 1
    assert NOT_LET_IN in answers[0].words
    assert not any("__Host-operator" in answer.cookies for answer in answers)
    assert events(admin, "account:session:opened") == []
    assert [event["why"] for event in events(admin, "account:passkey:refused")] == ["locked"]


@pytest.mark.parametrize("uv", [False, None])
def test_sign_in_by_a_passkey_that_did_not_know_its_user_is_refused(
    place: Place, uv: bool | None
) -> None:
    """Whoever finds the device is not the operator; said so, and nobody is let in."""
    browser = place.enrolled("Chief")
    browser.authenticator.verifies_user = False
    answer = browser.sign_in() if uv is None else browser.sign_in(uv=uv)
    assert "did not check that it is you" in answer.words
    assert "__Host-operator" not in browser.cookies


def test_sign_in_by_a_passkey_of_the_public_site_is_refused(
    place: Place, admin: psycopg.Connection
) -> None:
    """A browser would not even offer it; here the row itself says whose site it is of."""
    browser = place.enrolled("Chief")
    admin.execute("UPDATE vault.passkeys SET kind = 'web'")
    assert NOT_LET_IN in browser.sign_in().words
    admin.execute("UPDATE vault.passkeys SET kind = 'operator'")
    host = ISSUER.removeprefix("https://")
    for changes in ({"rp_id": host}, {"origin": ISSUER}, {"rp_id": host, "origin": ISSUER}):
        assert "could not be checked" in browser.sign_in(**changes).words
    assert "__Host-operator" not in browser.cookies


def test_sign_in_answer_is_good_once_and_for_its_own_page_and_browser(place: Place) -> None:
    """V-replay: the same answer again, one to another page's challenge, another browser's page."""
    browser = place.enrolled("Chief")
    page, other = browser.get("/admin/login/"), browser.get("/admin/login/")
    credential = browser.authenticator.get(page.options)
    thief = Browser(place.port)
    thief.get("/admin/login/")
    sent = {"flow": page.value("flow"), "credential": credential}
    tries = [
        thief.post("/admin/login/", **sent),
        browser.post("/admin/login/", flow=other.value("flow"), credential=credential),
        browser.post("/admin/login/", flow=page.value("flow") + "x", credential=credential),
        browser.post("/admin/login/", flow="", credential=credential),
        browser.post("/admin/login/", credential=credential),
    ]
    assert all("could not be checked" in answer.words for answer in tries)
    assert browser.post("/admin/login/", **sent).status == 303
    copied = Browser(place.port, cookies={"__Host-browser": browser.cookies["__Host-browser"]})
    assert "could not be checked" in copied.post("/admin/login/", **sent).words


def test_sign_in_challenge_is_spent_by_a_wrong_answer_too(place: Place) -> None:
    """No challenge gets a second try, whatever became of the first."""
    browser = place.enrolled("Chief")
    page = browser.get("/admin/login/")
    wrong = browser.authenticator.get(page.options, uv=False)
    right = browser.authenticator.get(page.options)
    for credential in (wrong, right):
        answer = browser.post("/admin/login/", flow=page.value("flow"), credential=credential)
        assert answer.status == 200
    assert "__Host-operator" not in browser.cookies


def test_sign_in_by_a_copied_passkey_is_refused(place: Place, admin: psycopg.Connection) -> None:
    """A counter that went back lets nobody in, and stands in the trail."""
    browser = place.signed_in("Chief")
    browser.post("/admin/logout/")
    assert "may have been copied" in browser.sign_in(sign_count=1).words
    assert len(events(admin, "account:passkey:counter")) == 1


def test_sign_in_with_nonsense_for_a_passkey_lets_nobody_in(place: Place) -> None:
    """Whatever is posted, the page comes back with a sentence."""
    browser = place.browser()
    for credential in ("", "{}", "[]", "null", "x" * 30_000, '{"response": {}}', "\ud83d"):
        page = browser.get("/admin/login/")
        sent = credential.encode("utf-8", "replace").decode()
        answer = browser.post("/admin/login/", flow=page.value("flow"), credential=sent)
        assert answer.status == 200
        assert "could not be checked" in answer.words
    assert "__Host-operator" not in browser.cookies


def test_sign_in_by_name_and_password_is_no_way_in(place: Place, admin: psycopg.Connection) -> None:
    """What was enough once: the form is gone, and what it sent is not looked at."""
    browser = place.browser()
    answer = browser.post("/admin/login/", username="Chief", password=PASSWORD)
    assert answer.status == 200
    assert "__Host-operator" not in browser.cookies
    assert events(admin, "account:password:right") == []


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


def test_sign_in_tries_from_one_network_are_told_to_wait(place: Place) -> None:
    """After ten in a minute the network waits: 429, when to come back, and nobody gets in."""
    browser = place.browser()
    statuses = [browser.post("/admin/login/").status for _ in range(10)]
    assert statuses == [200] * 10
    answer = browser.post("/admin/login/")
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0


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


def test_sign_in_on_top_of_a_live_session_leaves_one(
    place: Place, admin: psycopg.Connection
) -> None:
    """Whoever signs in again in the same browser leaves no session behind."""
    browser = place.enrolled("Chief")
    page = browser.get("/admin/login/")
    browser.sign_in()
    browser.post(
        "/admin/login/",
        flow=page.value("flow"),
        credential=browser.authenticator.get(page.options),
    )
    live = "SELECT count(*) FROM vault.sessions WHERE kind = 'operator' AND ended_at IS NULL"
    assert admin.execute(live).fetchone() == (1,)


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
    browser = place.enrolled("Chief")
    page = browser.get("/admin/login/")
    answer = browser.post(
        "/admin/login/",
        flow=page.value("flow"),
        credential=browser.authenticator.get(page.options),
        csrfmiddlewaretoken="x" * 32,
    )
    assert answer.status == 403
    assert "__Host-operator" not in browser.cookies


def test_sign_in_by_somebody_elses_authenticator_is_of_nobody(place: Place) -> None:
    """A key that nobody has enrolled, for this very host."""
    browser = place.enrolled("Chief")
    stranger = Authenticator(origin=f"https://{HOST}")
    stranger.create({"rp": {"id": HOST}, "user": {"id": "AAAA"}, "challenge": "AAAA"})
    browser.authenticator = stranger
    assert NOT_LET_IN in browser.sign_in().words
