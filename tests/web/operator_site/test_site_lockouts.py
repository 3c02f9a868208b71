"""The lockouts of lists and of the whole site, as their pages take them: shown, taken, undone."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from tests.database.asking import value
from tests.environment import subprocess_environment
from tests.served import serving
from tests.web.operator_site.place import Place, events, open_session_of

LOCKED = "SELECT count(*) FROM vault.accounts WHERE state = 'locked'"


@pytest.mark.parametrize(
    ("door", "column", "while_closed"),
    [
        ("sign_up", "sign_up_open", False),
        ("sign_in", "sign_in_open", False),
        ("unknown_devices", "sign_in_known_only", True),
    ],
)
def test_door_is_shown_closed_seen_on_the_first_page_and_opened(
    place: Place, admin: psycopg.Connection, door: str, column: str, while_closed: bool
) -> None:
    """What it will hit comes first; who closed it, why and until when stands on the first page."""
    browser = place.signed_in("Chief")
    path = f"/admin/lockouts/close/{door}/"
    asked = browser.get(path)
    assert "in the last hour" in asked.words
    done = browser.submit(path, reason="credentials leaked elsewhere", until="4h")
    assert "It is closed" in done.words
    flag = f"SELECT {column} FROM vault.site"
    assert value(admin, flag) is while_closed
    for page in ("/admin/", "/admin/lockouts/"):
        words = browser.get(page).words
        assert "credentials leaked elsewhere" in words
        assert "Chief · until" in words
    # It can be closed for longer, and not for less.
    assert "That is closed already" in browser.submit(path, reason="again", until="1h").words
    assert "It is closed" in browser.submit(path, reason="longer").words
    assert "That is closed already" in browser.get(path).words
    undone = browser.submit(f"/admin/lockouts/open/{door}/", reason="it is over")
    assert "It is open again" in undone.words
    assert value(admin, flag) is not while_closed
    assert "it is over" in browser.get("/admin/lockouts/").words
    assert [event["door"] for event in events(admin, "lockout:site:closed")] == [door, door]


def test_every_session_ends_and_the_operator_signs_in_again(
    place: Place, admin: psycopg.Connection
) -> None:
    """The count and some names come first; three times an hour is as often as it goes."""
    open_session_of(admin, place.ids["Ada"])
    path = "/admin/lockouts/end-all-sessions/"
    browser = place.signed_in("Chief")
    assert "1 live session is shut: Ada" in browser.get(path).words
    for round_ in range(3):
        done = browser.submit(path, reason=f"round {round_}")
        assert "Every session has ended" in done.words
        assert browser.get("/admin/").location.startswith("/admin/login/")
        browser.sign_in()
    assert value(admin, "SELECT epoch FROM vault.site") == 4
    refused = browser.submit(path, reason="once more")
    assert "three times within the hour" in refused.words
    assert value(admin, "SELECT epoch FROM vault.site") == 4
    assert browser.get("/admin/").status == 200


def test_signing_keys_are_taken_out_of_service_and_put_back(
    place: Place, admin: psycopg.Connection
) -> None:
    """The page says what follows, and where new ones are made."""
    browser = place.signed_in("Chief")
    admin.execute(
        "INSERT INTO vault.signing_keys (kid, alg, state, public_jwk, sealed_private)"
        " VALUES ('a-kid', 'XX', 'active', '{}', '')"
    )
    try:
        asked = browser.get("/admin/lockouts/withdraw-keys/")
        assert "Nobody is sent to a wiki until there are new keys" in asked.words
        done = browser.submit("/admin/lockouts/withdraw-keys/", reason="seen in a log")
        assert "a-kid" in done.words
        assert "rotatekeys --signing --compromised" in done.words
        assert value(admin, "SELECT lockout_id > 0 FROM vault.signing_keys WHERE kid = 'a-kid'")
        assert "The signing keys are out of service" in browser.get("/admin/").words
        browser.submit("/admin/lockouts/restore-keys/", reason="a false alarm")
        assert value(admin, "SELECT count(*) FROM vault.signing_keys WHERE lockout_id > 0") == 0
    finally:
        admin.execute("DELETE FROM vault.signing_keys WHERE kid = 'a-kid'")
        admin.execute("UPDATE vault.signing_keys SET lockout_id = NULL")


def test_list_is_pasted_seen_locked_and_undone(place: Place, admin: psycopg.Connection) -> None:
    """Whom it means comes first, with what means nobody; the undo unlocks just those."""
    browser = place.signed_in("Locker")
    path = "/admin/lockouts/accounts/"
    assert "Paste the list" in browser.post(path, names=" ").words
    assert "No line of this list means an account" in browser.post(path, names="nobody").words
    seen = browser.post(path, names="ada  # the first\nnobody\nLocker\nChief")
    assert "1 account is locked: Ada" in seen.words
    assert "1 line means no account: nobody" in seen.words
    assert "Your own account is on the list and stays open" in seen.words
    assert "1 is an operator above your level and stays open: Chief" in seen.words
    assert value(admin, LOCKED) == 0
    done = browser.post(
        path,
        listed=seen.value("listed"),
        agreed=seen.value("agreed"),
        credential=browser.authenticator.get(seen.options),
        reason="a wave",
        until="",
        told="Write to us.",
    )
    assert "1 account is locked, as list" in done.words
    assert "1 your own account, and left open." in done.words
    assert value(admin, LOCKED) == 1
    assert value(admin, "SELECT told FROM vault.account_locks") == "Write to us."
    assert "A list: 1 account is locked" in browser.get("/admin/").words
    assert "Part of list" in browser.get(f"/admin/accounts/{place.ids['Ada']}/").words
    number = value(admin, "SELECT id FROM vault.lockouts")
    undone = browser.submit(f"{path}{number}/undo/", reason="over")
    assert "1 account is unlocked." in undone.words
    assert value(admin, LOCKED) == 0
    assert "undone already" in browser.get(f"{path}{number}/undo/").words


def test_list_other_than_the_one_that_was_shown_is_not_locked(
    place: Place, admin: psycopg.Connection
) -> None:
    """The agreement is to those very accounts; what carries others, or nonsense, is shown anew."""
    browser = place.signed_in("Locker")
    path = "/admin/lockouts/accounts/"
    ada, looker = browser.post(path, names="Ada"), browser.post(path, names="Looker")
    for listed in (looker.value("listed"), "AAAA", "", "x" * 30_000):
        answer = browser.post(
            path,
            listed=listed,
            agreed=ada.value("agreed"),
            credential=browser.authenticator.get(ada.options),
            reason="a wave",
        )
        assert "Nothing was done" in answer.words, listed
    assert value(admin, LOCKED) == 0
    too_many = browser.post(path, names="\n".join(f"N {number}" for number in range(1001)))
    assert "more than 1,000" in too_many.words


def test_lock_that_lets_sessions_rest_says_so_on_the_account_s_page(
    place: Place, admin: psycopg.Connection
) -> None:
    """How it is locked, until when, and what its owner reads."""
    open_session_of(admin, place.ids["Ada"])
    browser = place.signed_in("Locker")
    page = f"/admin/accounts/{place.ids['Ada']}/"
    browser.submit(f"{page}lock/", reason="x", until="1d", told="Call us.", rest="on")
    words = browser.get(page).words
    for expected in ("It ends by itself:", "Its sessions rest", "“ Call us. ”"):
        assert expected in words
    assert "those of its browsers go on" in browser.get(f"{page}unlock/").words
    assert value(admin, "SELECT count(*) FROM vault.sessions WHERE ended_at IS NOT NULL") == 0


@pytest.mark.parametrize("who", ["Looker", "Locker"])
def test_measure_on_the_whole_site_takes_a_chief(
    place: Place, admin: psycopg.Connection, who: str
) -> None:
    """The page says so, and shows no form; a locker locks lists, a looker nothing."""
    browser = place.signed_in(who)
    for path in ("close/sign_up/", "end-all-sessions/", "withdraw-keys/"):
        answer = browser.get(f"/admin/lockouts/{path}")
        assert (answer.status, answer.asks_for_a_passkey) == (403, False)
    words = browser.get("/admin/lockouts/").words
    assert "This takes the level chief." in words
    assert ("Lock a list of accounts" in words) is (who == "Locker")
    assert not events(admin, "lockout:site:closed")


@pytest.mark.parametrize("until", ["2d", "soon", "-1h"])
def test_end_that_the_page_does_not_offer_is_refused(
    place: Place, admin: psycopg.Connection, until: str
) -> None:
    """Never taken for no end."""
    browser = place.signed_in("Chief")
    answer = browser.submit("/admin/lockouts/close/sign_up/", reason="x", until=until)
    assert "There is a problem" in answer.words
    assert value(admin, "SELECT sign_up_open FROM vault.site")


def test_everything_works_while_redis_mail_and_worker_are_away(
    place: Place, admin: psycopg.Connection, manage: Callable[..., str]
) -> None:
    """Signing in as an operator, a lock, a door, the undo: word of it waits for the worker."""
    environment = {
        **subprocess_environment("operator"),
        "AUTHSITE_TRUSTED_PROXIES": "127.0.0.1/32",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody listens there
    }
    open_session_of(admin, place.ids["Ada"])
    with serving(environment) as port:
        browser = replace(place, port=port).signed_in("Chief")
        done = browser.submit(f"/admin/accounts/{place.ids['Ada']}/lock/", reason="x")
        assert "1 session was ended." in done.words
        browser.submit("/admin/lockouts/close/sign_in/", reason="x")
        assert not value(admin, "SELECT sign_in_open FROM vault.site")
        assert "opendoor sign-in" in manage("owner", "lockouts")
        browser.submit("/admin/lockouts/open/sign_in/", reason="over")
    assert value(admin, "SELECT sign_in_open FROM vault.site")
    waiting = "SELECT count(*) FROM vault.outbox WHERE kind = 'measure' AND done_at IS NULL"
    assert value(admin, waiting) >= 3
