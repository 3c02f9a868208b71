"""The operator's site as a whole process: who gets in, what they see, what they can do there."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import psycopg
import pytest
from django.core import signing
from django.test import override_settings

from accounts.services.registration import Level, create_account
from demo.postgres import Server
from tests.environment import subprocess_environment
from tests.served import serving
from tests.web.operators import Browser

Playing = Callable[[str], AbstractContextManager[None]]
PASSWORD = "seven green boats at noon"
PEOPLE: dict[str, Level | None] = {
    "Ada": None,
    "Chief": "chief",
    "Locker": "locker",
    "Looker": "looker",
}


@dataclass(frozen=True)
class Place:
    """The running site, and the ids of the people in its vault."""

    port: int
    ids: dict[str, str]

    def browser(self) -> Browser:
        """A browser that has been nowhere."""
        return Browser(self.port)

    def signed_in(self, username: str) -> Browser:
        """A browser in which an operator is signed in."""
        browser = self.browser()
        answer = browser.sign_in(username, PASSWORD)
        assert (answer.status, answer.location) == (303, "/admin/")
        return browser


@pytest.fixture(scope="session")
def port(server: Server) -> Iterator[int]:
    """The operator's site in a process of its own, behind a proxy that speaks https."""
    environment = {
        **subprocess_environment("operator"),
        "AUTHSITE_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    with serving(environment) as found:
        yield found


@pytest.fixture
def place(port: int, vault: None, playing: Playing) -> Place:
    """The site, with one person and an operator of each level."""
    with playing("owner"):
        made = [create_account(n, PASSWORD, None, operator=level) for n, level in PEOPLE.items()]
    return Place(port, {one.username: str(one.account_id) for one in made})


@pytest.fixture
def wiki(manage: Callable[..., str]) -> str:
    """A registered wiki's client id."""
    metadata = {
        "client_uri": "https://en.wiki.example",
        "redirect_uris": ["https://en.wiki.example/callback"],
        "first_party": True,
    }
    said = manage("owner", "addwiki", "English", "--metadata", "-", stdin=json.dumps(metadata))
    client_id: str = json.loads(said)["client_id"]
    return client_id


def open_session_of(
    admin: psycopg.Connection, account_id: str, client_id: str | None = None
) -> None:
    """A live session as the public site would have opened it, at a wiki if one is named."""
    [sid] = admin.execute(
        "INSERT INTO vault.sessions (sid, secret_hash, kind, account_id, account_epoch, site_epoch,"
        " amr, authenticated_at, created_at, expires_at, idle_seconds, kept, last_seen_at,"
        " agent_label, mac, mac_key) SELECT gen_random_uuid(),"
        " sha256(gen_random_uuid()::text::bytea), 'web', a.id, a.epoch, 1, '{pwd}', now(),"
        " now(), now() + '1 day', 3600, false, now(),"
        " 'Firefox on Android', '', '' FROM vault.accounts a WHERE a.id = %s RETURNING sid",
        [account_id],
    ).fetchone() or [None]
    if client_id:
        admin.execute(
            "INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, %s)", [sid, client_id]
        )


def events(admin: psycopg.Connection, tag: str) -> list[dict[str, object]]:
    """The details of every event of a tag."""
    return [d for (d,) in admin.execute("SELECT detail FROM vault.events WHERE tag = %s", [tag])]


# --- Getting in ---------------------------------------------------------------------------------


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


# --- Looking ------------------------------------------------------------------------------------


def test_page_any_has_a_strict_policy_and_nothing_inline(place: Place, wiki: str) -> None:
    """The admin's pages load their own files only, and carry no script or style themselves."""
    browser = place.signed_in("Chief")
    ada = place.ids["Ada"]
    paths = ["", "accounts/", "wikis/", "events/", f"accounts/{ada}/", f"accounts/{ada}/lock/"]
    for path in [*paths, f"wikis/{wiki}/", f"wikis/{wiki}/suspend/"]:
        answer = browser.get(f"/admin/{path}")
        assert answer.status == 200, path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert (
            answer.headers["Cache-Control"] == "no-store"
            or "no-store" in answer.headers["Cache-Control"]
        )
        assert not re.search(r"<style|<script(?![^>]* src=)| style=| on\w+=", answer.text), path


def test_admin_pages_that_would_change_something_do_not_exist(place: Place) -> None:
    """Adding, changing, deleting, Django's log and password form are not there at all."""
    browser = place.signed_in("Chief")
    ada = place.ids["Ada"]
    for path in ("accounts/add/", f"accounts/{ada}/delete/", f"accounts/{ada}/history/"):
        assert browser.get(f"/admin/{path}").status == 404
    for path in ("password_change/", "autocomplete/", "jsi18n/", "r/1/1/"):
        assert browser.get(f"/admin/{path}").status == 404
    assert browser.post("/admin/accounts/", action="delete_selected").status == 405


@pytest.mark.parametrize("typed", ["Ada", "ada", "Ad", "ad"])
def test_search_finds_an_account_by_name_as_typed_and_as_wikis_read_it(
    place: Place, typed: str
) -> None:
    """The whole name or how it begins, with or without its first capital."""
    page = place.signed_in("Looker").get(f"/admin/accounts/?q={typed}")
    assert f"/admin/accounts/{place.ids['Ada']}/" in page.text
    assert place.ids["Looker"] not in page.text


def test_search_finds_an_account_by_its_id_and_takes_wildcards_literally(place: Place) -> None:
    """An id is exact, and a percent sign is a percent sign."""
    browser = place.signed_in("Looker")
    assert "1 in all." in browser.get(f"/admin/accounts/?q={place.ids['Ada']}").words
    assert "nothing of the kind" in browser.get("/admin/accounts/?q=%25").words


def test_list_address_cannot_ask_for_another_order_or_filter(place: Place) -> None:
    """What has no index cannot be asked for by hand: no order, no look-up that isn't offered."""
    browser = place.signed_in("Looker")
    assert browser.get("/admin/accounts/?o=-4").status == 200
    assert browser.get("/admin/accounts/?live_sessions__gt=0").status in (400, 404)


def test_list_of_many_accounts_is_leafed_through_in_order(
    place: Place, admin: psycopg.Connection
) -> None:
    """Fifty a page, by name; a page that is not there leads back to the list."""
    admin.execute(
        "INSERT INTO vault.accounts (id, username)"
        " SELECT gen_random_uuid(), 'User ' || lpad(g::text, 3, '0') FROM generate_series(1, 120) g"
    )
    browser = place.signed_in("Looker")
    second = browser.get("/admin/accounts/?q=User&p=2").words
    assert "User 051" in second
    assert "User 100" in second
    assert "User 050" not in second
    assert "120 in all." in second
    assert browser.get("/admin/accounts/?p=99").location == "/admin/accounts/?e=1"


def test_account_page_shows_state_sessions_and_events_and_no_secret(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Where they are signed in and what happened, and nothing that opens a door."""
    open_session_of(admin, place.ids["Ada"], wiki)
    page = place.signed_in("Looker").get(f"/admin/accounts/{place.ids['Ada']}/")
    assert "Firefox on Android" in page.words
    assert "English" in page.words
    assert "Account created at the console" in page.words
    for table, column in (("password_verifiers", "digest"), ("sessions", "secret_hash")):
        for (secret,) in admin.execute(f"SELECT {column} FROM vault.{table}"):
            assert secret.hex() not in page.text


def test_account_page_of_nobody_is_not_found(place: Place) -> None:
    """An id that nobody has, and what is no id, are 404."""
    browser = place.signed_in("Looker")
    for key in ("00000000-0000-7000-8000-000000000000", "x"):
        assert browser.get(f"/admin/accounts/{key}/").status == 404


def test_events_of_one_account_are_found_by_its_name(place: Place) -> None:
    """The trail can be read for one person, and by kind."""
    browser = place.signed_in("Chief")
    page = browser.get("/admin/events/?q=ada")
    assert "Account created at the console" in page.words
    assert "Chief" not in page.words
    assert "Made an operator" in browser.get("/admin/events/?kind=operator:").words
    assert browser.get("/admin/events/?kind=nonsense&within=x").status == 200


# --- Measures -----------------------------------------------------------------------------------


def test_lock_shows_what_it_will_hit_then_ends_sessions_and_tells_wikis(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Count and wikis first; after it the account is locked, signed out, and on the first page."""
    open_session_of(admin, place.ids["Ada"], wiki)
    open_session_of(admin, place.ids["Ada"])
    browser = place.signed_in("Locker")
    path = f"/admin/accounts/{place.ids['Ada']}/lock/"
    asked = browser.get(path)
    assert "2 live sessions end" in asked.words
    assert "These wikis are told: English" in asked.words
    done = browser.submit(path, reason="guessing from everywhere")
    assert done.status == 200
    assert "2 sessions were ended." in done.words
    assert "These wikis are being told: English" in done.words
    assert events(admin, "lockout:account:locked") == [
        {"reason": "guessing from everywhere", "sessions_ended": 2}
    ]
    first = browser.get("/admin/").words
    assert "1 account is locked" in first
    assert "guessing from everywhere" in first


def test_unlock_undoes_a_lock_and_keeps_both_in_the_trail(
    place: Place, admin: psycopg.Connection
) -> None:
    """An account is open again; its history says who did what and why."""
    browser = place.signed_in("Locker")
    page = f"/admin/accounts/{place.ids['Ada']}/"
    browser.submit(f"{page}lock/", reason="a mistake")
    assert "unlocked" in browser.submit(f"{page}unlock/", reason="it was a mistake").words
    words = browser.get(page).words
    assert "“a mistake”" in words
    assert "“it was a mistake”" in words
    assert "No account is locked" in browser.get("/admin/").words


def test_end_sessions_ends_them_and_leaves_the_account_open(
    place: Place, admin: psycopg.Connection
) -> None:
    """The person can sign in again at once."""
    open_session_of(admin, place.ids["Ada"])
    browser = place.signed_in("Locker")
    done = browser.submit(f"/admin/accounts/{place.ids['Ada']}/end-sessions/", reason="lost phone")
    assert "1 session was ended." in done.words
    assert admin.execute("SELECT state FROM vault.accounts WHERE username = 'Ada'").fetchone() == (
        "active",
    )


def test_wiki_is_suspended_and_put_back_by_a_chief(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Suspending says whom it hits; both measures are in the trail."""
    browser = place.signed_in("Chief")
    asked = browser.get(f"/admin/wikis/{wiki}/suspend/").words
    assert "nobody can sign in to it any more" in asked
    browser.submit(f"/admin/wikis/{wiki}/suspend/", reason="taken over")
    assert "1 wiki is suspended" in browser.get("/admin/").words
    browser.submit(f"/admin/wikis/{wiki}/resume/", reason="cleaned")
    assert "every wiki is in service" in browser.get("/admin/").words
    assert events(admin, "lockout:wiki:suspended") == [{"reason": "taken over"}]


def test_measure_without_a_reason_is_asked_for_again(
    place: Place, admin: psycopg.Connection
) -> None:
    """No reason, or only spaces: nothing happens, and the form says what is missing."""
    browser = place.signed_in("Locker")
    for reason in ("", "   "):
        answer = browser.submit(f"/admin/accounts/{place.ids['Ada']}/lock/", reason=reason)
        assert answer.status == 200
        assert "Say why" in answer.words
    assert events(admin, "lockout:account:locked") == []


def test_measure_form_made_for_another_account_does_nothing(
    place: Place, admin: psycopg.Connection
) -> None:
    """A form is bound to its target, its measure and its operator: moved elsewhere it is void."""
    browser, other = place.signed_in("Locker"), place.signed_in("Chief")
    page = f"/admin/accounts/{place.ids['Ada']}/"
    agreed = browser.get(f"{page}end-sessions/").value("agreed")
    elsewhere = f"/admin/accounts/{place.ids['Looker']}/end-sessions/"
    tries = [
        browser.post(elsewhere, reason="x", agreed=agreed),
        browser.post(f"{page}lock/", reason="x", agreed=agreed),
        other.post(f"{page}end-sessions/", reason="x", agreed=agreed),
        browser.post(f"{page}end-sessions/", reason="x", agreed=""),
        browser.post(f"{page}end-sessions/", reason="x", agreed=agreed + "x"),
    ]
    assert all("Nothing was done" in answer.words for answer in tries)
    assert events(admin, "lockout:sessions:ended") == []
    assert events(admin, "lockout:account:locked") == []


def test_measure_form_is_void_when_its_target_has_changed(
    place: Place, admin: psycopg.Connection
) -> None:
    """What was shown is no longer so: the operator looks again before anything happens."""
    browser = place.signed_in("Locker")
    path = f"/admin/accounts/{place.ids['Ada']}/end-sessions/"
    agreed = browser.get(path).value("agreed")
    place.signed_in("Chief").submit(f"/admin/accounts/{place.ids['Ada']}/lock/", reason="first")
    assert "Nothing was done" in browser.post(path, reason="x", agreed=agreed).words


def test_measure_twice_says_that_it_was_done_already(place: Place) -> None:
    """Two operators at once: the second learns that it is done, with 409."""
    browser = place.signed_in("Locker")
    path = f"/admin/accounts/{place.ids['Ada']}/lock/"
    browser.submit(path, reason="x")
    answer = browser.get(path)
    assert answer.status == 409
    assert "locked already" in answer.words


def test_lock_of_oneself_is_refused(place: Place, admin: psycopg.Connection) -> None:
    """An operator cannot lock themselves out, whatever they send."""
    browser = place.signed_in("Locker")
    page = f"/admin/accounts/{place.ids['Locker']}/"
    assert "Lock this account" not in browser.get(page).words
    answer = browser.submit(f"{page}lock/", reason="x")
    assert answer.status == 409
    assert "your own account" in answer.words
    assert events(admin, "lockout:account:locked") == []


def _forged(browser: Browser, admin: psycopg.Connection, *what: str) -> str:
    """The agreement that a measure's page would hold, for an operator whom no page gives one."""
    [sid] = admin.execute(
        "SELECT sid FROM vault.sessions WHERE kind = 'operator' ORDER BY created_at DESC LIMIT 1"
    ).fetchone() or [None]
    key = subprocess_environment("operator")["AUTHSITE_SECRET_KEY"]
    with override_settings(SECRET_KEY=key):
        return signing.dumps([str(sid), *what], salt="emergency.measure")


def test_looker_sees_no_button_and_is_refused_by_the_vault(
    place: Place, admin: psycopg.Connection
) -> None:
    """A looker who posts the very form that a locker would send is refused in the database."""
    browser = place.signed_in("Looker")
    ada = place.ids["Ada"]
    page = browser.get(f"/admin/accounts/{ada}/")
    assert "/lock/" not in page.text
    assert browser.get(f"/admin/accounts/{ada}/lock/").status == 403
    agreed = _forged(browser, admin, "lock", ada, "Ada", "active")
    answer = browser.post(f"/admin/accounts/{ada}/lock/", reason="x", agreed=agreed)
    assert answer.status == 403
    assert "Nothing was done" in answer.words
    assert events(admin, "lockout:account:locked") == []


def test_locker_cannot_suspend_a_wiki(place: Place, wiki: str, admin: psycopg.Connection) -> None:
    """That takes a chief, by the vault's word."""
    browser = place.signed_in("Locker")
    path = f"/admin/wikis/{wiki}/suspend/"
    assert browser.get(path).status == 403
    agreed = _forged(browser, admin, "suspend", wiki, "English", "active")
    assert browser.post(path, reason="x", agreed=agreed).status == 403
    assert events(admin, "lockout:wiki:suspended") == []


def test_measure_without_a_session_leads_to_the_sign_in(
    place: Place, admin: psycopg.Connection
) -> None:
    """A stranger's post reaches no measure."""
    browser = place.browser()
    answer = browser.post(f"/admin/accounts/{place.ids['Ada']}/lock/", reason="x", agreed="x")
    assert answer.location.startswith("/admin/login/")


def test_operator_who_ends_their_own_sessions_is_out(place: Place) -> None:
    """The measure hits the operator's own session too, and said so."""
    browser = place.signed_in("Locker")
    path = f"/admin/accounts/{place.ids['Locker']}/end-sessions/"
    assert "your own account" in browser.get(path).words
    assert browser.submit(path, reason="lost laptop").status == 200
    assert browser.get("/admin/").location.startswith("/admin/login/")
