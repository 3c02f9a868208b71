"""Measures: shown before they are taken, taken with a reason, and only by those who may."""

import psycopg

from tests.web.operator_site.place import Place, events, forged_agreement, open_session_of


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


def test_letter_for_a_new_password_is_sent_and_shows_its_operator_nothing(
    place: Place, admin: psycopg.Connection
) -> None:
    """Only to a confirmed address; nothing of what is in it is on the page, and nothing changes."""
    browser = place.signed_in("Locker")
    path = f"/admin/accounts/{place.ids['Ada']}/send-reset/"
    refused = browser.submit(path, reason="asked by phone")
    assert "no confirmed e-mail address" in refused.words
    assert events(admin, "lockout:reset:sent") == []

    admin.execute(
        "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
        " is_primary, verified_at) VALUES (%s, 's', 'd', 't1', true, now())",
        [place.ids["Ada"]],
    )
    open_session_of(admin, place.ids["Ada"])
    asked = browser.get(path).words
    assert "nobody here sees what is in it" in asked
    done = browser.submit(path, reason="asked by phone")
    assert "The letter is on its way" in done.words
    assert events(admin, "lockout:reset:sent") == [{"reason": "asked by phone"}]
    [request] = admin.execute("SELECT payload FROM vault.outbox WHERE kind = 'reset_request'")
    assert request[0]["username"] == "Ada"
    assert request[0]["browser"] not in done.words
    [live] = admin.execute(
        "SELECT count(*) FROM vault.sessions WHERE ended_at IS NULL AND kind = 'web'"
    )
    assert live[0] == 1


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


def test_looker_sees_no_button_and_is_refused_by_the_vault(
    place: Place, admin: psycopg.Connection
) -> None:
    """A looker who posts the very form that a locker would send is refused in the database."""
    browser = place.signed_in("Looker")
    ada = place.ids["Ada"]
    page = browser.get(f"/admin/accounts/{ada}/")
    assert "/lock/" not in page.text
    assert browser.get(f"/admin/accounts/{ada}/lock/").status == 403
    agreed = forged_agreement(admin, "lock", ada, "Ada", "active")
    answer = browser.post(f"/admin/accounts/{ada}/lock/", reason="x", agreed=agreed)
    assert answer.status == 403
    assert "Nothing was done" in answer.words
    assert events(admin, "lockout:account:locked") == []


def test_locker_cannot_suspend_a_wiki(place: Place, wiki: str, admin: psycopg.Connection) -> None:
    """That takes a chief, by the vault's word."""
    browser = place.signed_in("Locker")
    path = f"/admin/wikis/{wiki}/suspend/"
    assert browser.get(path).status == 403
    agreed = forged_agreement(admin, "suspend", wiki, "English", "active")
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
