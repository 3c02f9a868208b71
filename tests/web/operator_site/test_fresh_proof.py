"""Each lockout takes the operator's passkey, shown for that very measure."""

import psycopg
import pytest

from tests.authenticator import base64url
from tests.web.operator_site.place import Place, events, open_session_of
from tests.web.operators import Answer, Browser


def lock_path(place: Place, name: str = "Ada") -> str:
    """Where an account is locked."""
    return f"/admin/accounts/{place.ids[name]}/lock/"


def answered(browser: Browser, path: str) -> dict[str, str]:
    """A measure's form as it is sent with the passkey."""
    page = browser.get(path)
    return {
        "reason": "x",
        "agreed": page.value("agreed"),
        "credential": browser.authenticator.get(page.options),
    }


def nothing_was_locked(admin: psycopg.Connection) -> bool:
    """Whether no account is."""
    locked = admin.execute("SELECT count(*) FROM vault.accounts WHERE state = 'locked'").fetchone()
    return locked == (0,) and events(admin, "lockout:account:locked") == []


def test_measure_asks_for_one_of_ones_own_passkeys(place: Place) -> None:
    """Verified, of this site; the page names what the console does instead."""
    browser = place.signed_in("Locker")
    page = browser.get(lock_path(place))
    [offered] = page.options["allowCredentials"]
    assert offered["id"] in [base64url(c.id) for c in browser.authenticator.credentials]
    assert page.options["userVerification"] == "required"
    noscript = page.text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "passkeys need JavaScript" in noscript
    assert "manage.py lockaccount Ada --reason" in noscript


@pytest.mark.parametrize("credential", [None, "", "{}", "true"])
def test_measure_without_a_passkey_changes_nothing(
    place: Place, admin: psycopg.Connection, credential: str | None
) -> None:
    """A session, its cookie and the agreement are not enough."""
    browser = place.signed_in("Locker")
    agreed = browser.get(lock_path(place)).value("agreed")
    more = {} if credential is None else {"credential": credential}
    answer = browser.post(lock_path(place), reason="x", agreed=agreed, **more)
    assert "could not be checked" in answer.words
    assert nothing_was_locked(admin)


def test_measure_by_a_passkey_that_did_not_know_its_user_changes_nothing(
    place: Place, admin: psycopg.Connection
) -> None:
    """UV=0: whoever holds the key may be anybody."""
    browser = place.signed_in("Locker")
    page = browser.get(lock_path(place))
    credential = browser.authenticator.get(page.options, uv=False)
    answer = browser.post(
        lock_path(place), reason="x", agreed=page.value("agreed"), credential=credential
    )
    assert "did not check that it is you" in answer.words
    assert nothing_was_locked(admin)


def test_measure_by_another_operators_passkey_changes_nothing(
    place: Place, admin: psycopg.Connection
) -> None:
    """Shown for the right challenge, by the wrong person."""
    browser, other = place.signed_in("Locker"), place.enrolled("Chief")
    page = browser.get(lock_path(place))
    options = {**page.options, "allowCredentials": []}
    answer = browser.post(
        lock_path(place),
        reason="x",
        agreed=page.value("agreed"),
        credential=other.authenticator.get(options),
    )
    assert "none of your passkeys" in answer.words
    assert nothing_was_locked(admin)


def test_measure_by_a_proof_for_another_target_or_measure_changes_nothing(
    place: Place, admin: psycopg.Connection
) -> None:
    """The challenge is of one page: what was shown for it is good for nothing else."""
    open_session_of(admin, place.ids["Ada"])
    browser = place.signed_in("Chief")
    ada, looker = lock_path(place), lock_path(place, "Looker")
    ending = f"/admin/accounts/{place.ids['Ada']}/end-sessions/"
    for shown_for, sent_to in ((looker, ada), (ending, ada), (ada, looker), (ada, ending)):
        credential = answered(browser, shown_for)["credential"]
        agreed = browser.get(sent_to).value("agreed")
        answer = browser.post(sent_to, reason="x", agreed=agreed, credential=credential)
        assert "could not be checked" in answer.words
    assert nothing_was_locked(admin)
    assert events(admin, "lockout:sessions:ended") == []


def test_measure_is_taken_once_by_one_proof(place: Place, admin: psycopg.Connection) -> None:
    """V-replay: the same form again does nothing, also once its target is as it was shown."""
    browser = place.signed_in("Locker")
    form = answered(browser, lock_path(place))
    assert "The account is locked" in browser.post(lock_path(place), **form).words
    unlock = f"/admin/accounts/{place.ids['Ada']}/unlock/"
    assert "unlocked" in browser.submit(unlock, reason="x").words
    again = browser.post(lock_path(place), **form)
    assert "could not be checked" in again.words
    assert len(events(admin, "lockout:account:locked")) == 1


def test_proof_is_used_up_by_its_measure(place: Place, admin: psycopg.Connection) -> None:
    """The vault keeps none that another lockout could take."""
    browser = place.signed_in("Locker")
    proven = "SELECT count(*) FROM vault.sessions WHERE proven_at IS NOT NULL"
    browser.submit(lock_path(place), reason="x")
    assert admin.execute(proven).fetchone() == (0,)
    # Also by one that was refused: it was locked meanwhile.
    page = browser.get(lock_path(place, "Locker"))
    browser.post(
        lock_path(place, "Locker"),
        reason="x",
        agreed=page.value("agreed"),
        credential=browser.authenticator.get(page.options),
    )
    assert admin.execute(proven).fetchone() == (0,)


def test_challenge_is_spent_where_a_reason_was_missing(
    place: Place, admin: psycopg.Connection
) -> None:
    """An answer that was sent is not sent again with a reason by whoever saw it."""
    browser = place.signed_in("Locker")
    form = answered(browser, lock_path(place))
    asked_again = browser.post(lock_path(place), **{**form, "reason": " "})
    assert "Say why" in asked_again.words
    assert "could not be checked" in browser.post(lock_path(place), **form).words
    assert nothing_was_locked(admin)
    assert admin.execute(
        "SELECT count(*) FROM vault.sessions WHERE proven_at IS NOT NULL"
    ).fetchone() == (0,)


def test_acknowledging_and_trying_again_take_no_passkey(
    place: Place, admin: psycopg.Connection
) -> None:
    """What harms nobody is done by the session alone; dropping a letter is not of that kind."""
    [alert] = admin.execute(
        "INSERT INTO vault.alerts (kind, count) VALUES ('unjudged', 3) RETURNING id"
    ).fetchone() or [None]
    [job] = admin.execute(
        "INSERT INTO vault.outbox (kind, payload, buried_at) VALUES ('letter', '{}', now())"
        " RETURNING id"
    ).fetchone() or [None]
    browser = place.signed_in("Locker")
    pages: dict[str, Answer] = {
        path: browser.get(f"/admin/{path}")
        for path in (f"alerts/{alert}/acknowledge/", f"outbox/{job}/revive/", f"outbox/{job}/drop/")
    }
    assert [page.asks_for_a_passkey for page in pages.values()] == [False, False, True]


def test_wiki_measures_take_a_passkey_and_name_their_commands(place: Place, wiki: str) -> None:
    """Suspending and resuming, by a chief."""
    browser = place.signed_in("Chief")
    page = browser.get(f"/admin/wikis/{wiki}/suspend/")
    assert page.asks_for_a_passkey
    assert f"manage.py suspendwiki {wiki} --reason" in page.text.replace("&quot;", '"')
    assert "is suspended" in browser.submit(f"/admin/wikis/{wiki}/suspend/", reason="x").words
    resume = browser.get(f"/admin/wikis/{wiki}/resume/")
    assert f"manage.py resumewiki {wiki} --reason" in resume.text
