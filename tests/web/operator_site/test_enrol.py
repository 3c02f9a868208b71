"""Enrolling an operator's passkey by the console's link: looked at by anybody, used once."""

import json
from collections.abc import Callable

import psycopg
import pytest

from accounts.services.sessions import encoded
from tests.authenticator import base64url
from tests.environment import OPERATOR_URL
from tests.web.operator_site.place import Place, a_new_link, events
from tests.web.operators import HOST, Answer, Browser
from vault.attempts import new_secret

GONE = "This link does not work"


def test_link_leads_to_a_passkey_and_the_passkey_to_the_site(
    place: Place, admin: psycopg.Connection
) -> None:
    """Whose it is stands on the page; once enrolled, one signs in with it."""
    browser = place.browser()
    link = place.links["Chief"]
    assert link.startswith(f"{OPERATOR_URL}/admin/enrol/#")
    page = browser.open_link(link)
    assert page.status == 200
    assert "for Chief , at the operator's site" in page.words
    options = page.options
    assert (options["rp"]["id"], options["user"]["name"]) == (HOST, "Chief")
    selection = options["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("required", "required")
    done = browser.post(
        "/admin/enrol/",
        pending=page.value("pending"),
        credential=browser.authenticator.create(options),
    )
    assert done.location == "/admin/login/"
    assert "Your passkey is enrolled" in browser.get("/admin/login/").words
    assert browser.sign_in().location == "/admin/"
    assert len(events(admin, "operator:passkey:enrolled")) == 1
    row = admin.execute("SELECT kind, knows_user, account_id::text FROM vault.passkeys").fetchone()
    assert row == ("operator", True, place.ids["Chief"])


def test_link_is_no_secret_of_a_servers_log(place: Place) -> None:
    """The token stands behind the #: the path alone is what a browser asks for."""
    path, _, token = place.links["Chief"].removeprefix(OPERATOR_URL).partition("#")
    assert path == "/admin/enrol/"
    assert len(token) == 43
    page = place.browser().get(path)
    assert page.status == 200
    assert "js/enrol.js" in page.text


def test_page_that_is_looked_at_changes_nothing(place: Place, admin: psycopg.Connection) -> None:
    """A scanner of mail that follows the link, or even sends the form, uses nothing up."""
    before = admin.execute("SELECT token_hash, spent_at FROM vault.operator_invites").fetchall()
    for _ in range(3):
        assert place.browser().get("/admin/enrol/").status == 200
        assert place.browser().open_link(place.links["Chief"]).status == 200
    after = admin.execute("SELECT token_hash, spent_at FROM vault.operator_invites").fetchall()
    assert after == before
    assert place.enrolled("Chief").sign_in().status == 303


def test_link_is_taken_by_hand_whole_or_from_the_hash_on(place: Place) -> None:
    """Where no script runs: the whole link, its last part, with spaces around it."""
    link = place.links["Chief"]
    for typed in (link, link.partition("#")[2], f"  {link}\n", "#" + link.partition("#")[2]):
        page = place.browser().post("/admin/enrol/", token=typed)
        assert "for Chief" in page.words
    page = place.browser().post("/admin/enrol/", token="")
    assert "Paste the link" in page.words


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault.operator_invites SET spent_at = now()",
        "UPDATE vault.operator_invites SET expires_at = now() - interval '1 second'",
        "DELETE FROM vault.operator_invites",
        "UPDATE vault.operators SET revoked_at = now()",
        "UPDATE vault.operators SET level = 'locker'",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.operator_invites SET expires_at = expires_at + interval '1 day'",
        "UPDATE vault.operator_invites SET mac = sha256('x')",
        "UPDATE vault.operator_invites SET mac_key = ''",
        (
            "UPDATE vault.operator_invites SET account_id ="
            " (SELECT id FROM vault.accounts WHERE username = 'Locker')"
        ),
    ],
)
def test_link_that_is_over_or_not_ours_shows_one_page_and_enrols_nothing(
    place: Place, admin: psycopg.Connection, change: str
) -> None:
    """Used, expired, void, of nobody, or of a row that a database writer touched: the same words.

    Both before its page was shown and after.
    """
    browser = place.browser()
    page = browser.open_link(place.links["Chief"])
    credential = browser.authenticator.create(page.options)
    admin.execute(change)
    late = browser.post("/admin/enrol/", pending=page.value("pending"), credential=credential)
    again = place.browser().open_link(place.links["Chief"])
    for answer in (late, again):
        assert answer.status == 410
        assert GONE in answer.words
        assert "manage.py inviteoperator NAME" in answer.words
    assert admin.execute("SELECT count(*) FROM vault.passkeys").fetchone() == (0,)


@pytest.mark.parametrize("typed", ["x", "A" * 43, "#", "A" * 42 + "!", "\u0416" * 43, "AAAA#"])
def test_link_that_nobody_made_shows_the_same_page(place: Place, typed: str) -> None:
    """Guessed, mangled or cut."""
    answer = place.browser().post("/admin/enrol/", token=typed)
    assert answer.status == 410
    assert GONE in answer.words


def test_link_works_once(place: Place, admin: psycopg.Connection) -> None:
    """V-replay: neither the link again, nor the same answer, nor one prepared before."""
    first, second = place.browser(), place.browser()
    page, other = (b.open_link(place.links["Chief"]) for b in (first, second))
    sent = {
        "pending": page.value("pending"),
        "credential": first.authenticator.create(page.options),
    }
    assert first.post("/admin/enrol/", **sent).status == 303
    tries: list[Answer] = [
        first.post("/admin/enrol/", **sent),
        second.post(
            "/admin/enrol/",
            pending=other.value("pending"),
            credential=second.authenticator.create(other.options),
        ),
        place.browser().open_link(place.links["Chief"]),
    ]
    assert [answer.status for answer in tries] == [410, 410, 410]
    assert admin.execute("SELECT count(*) FROM vault.passkeys").fetchone() == (1,)


def test_newer_link_voids_the_one_before(
    place: Place, manage: Callable[..., str], admin: psycopg.Connection
) -> None:
    """Whoever asks for a new one has lost the old one, or somebody found it."""
    newer = a_new_link(manage)
    assert place.browser().open_link(place.links["Chief"]).status == 410
    assert place.browser().open_link(place.links["Locker"]).status == 200, "another operator's"
    assert place.browser().open_link(newer).status == 200
    assert place.browser().open_link(a_new_link(manage)).status == 200
    assert place.browser().open_link(newer).status == 410


def test_passkey_that_did_not_know_its_user_is_not_enrolled(
    place: Place, admin: psycopg.Connection
) -> None:
    """UV=0: said so, and the link still works."""
    browser = place.browser()
    answer = browser.enrol(place.links["Chief"], uv=False)
    assert "did not check that it is you" in answer.words
    assert admin.execute("SELECT count(*) FROM vault.passkeys").fetchone() == (0,)
    assert browser.enrol(place.links["Chief"]).status == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://auth.example.org"},
        {"rp_id": "auth.example.org"},
        {"challenge": b"x" * 32},
        {"type": "webauthn.get"},
        {"cross_origin": True},
    ],
)
def test_ceremony_of_another_site_or_page_enrols_nothing(
    place: Place, admin: psycopg.Connection, changes: dict[str, object]
) -> None:
    """Made for the public site, for another challenge, or in a frame."""
    answer = place.browser().enrol(place.links["Chief"], **changes)
    assert "could not be checked" in answer.words
    assert admin.execute("SELECT count(*) FROM vault.passkeys").fetchone() == (0,)


def test_page_of_another_browser_or_use_enrols_nothing(place: Place) -> None:
    """What was sealed for one browser, or for the sign-in, is nothing elsewhere."""
    browser, thief = place.browser(), place.browser()
    page = browser.open_link(place.links["Chief"])
    credential = browser.authenticator.create(page.options)
    login = thief.get("/admin/login/")
    for who, pending in (
        (thief, page.value("pending")),
        (thief, login.value("flow")),
        (browser, ""),
        (browser, page.value("pending") + "x"),
    ):
        answer = who.post("/admin/enrol/", pending=pending, credential=credential)
        assert answer.status == 200
        assert "open for too long" in answer.words
    assert browser.post(
        "/admin/enrol/", pending=page.value("pending"), credential=credential
    ).location


def test_second_passkey_has_the_same_user_handle_and_is_not_made_twice_on_a_device(
    place: Place, manage: Callable[..., str]
) -> None:
    """A device that holds one says so; another device's is one more of the same person."""
    browser = place.enrolled("Chief")
    page = browser.open_link(a_new_link(manage))
    [held] = page.options["excludeCredentials"]
    [credential] = browser.authenticator.credentials
    assert held["id"] == base64url(credential.id)
    assert page.options["user"]["id"] == base64url(credential.user_handle)
    second = Browser(place.port)
    assert second.enrol(a_new_link(manage)).status == 303
    assert second.sign_in().status == 303
    assert browser.sign_in().status == 303


def test_eleventh_passkey_is_refused(
    place: Place, manage: Callable[..., str], admin: psycopg.Connection
) -> None:
    """Ten are enough for anybody; the link stays good."""
    place.enrolled("Chief")
    admin.execute(
        "INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,"
        " is_synced, backed_up, transports, name, sign_count, mac, mac_key, kind)"
        " SELECT sha256(n::text::bytea), account_id, user_handle, public_key, aaguid, false, false,"
        " '{}', 'More', 0, mac, mac_key, 'operator' FROM vault.passkeys, generate_series(1, 9) n"
    )
    answer = place.browser().enrol(a_new_link(manage))
    assert "You have ten passkeys" in answer.words


def test_enrolment_tries_from_one_network_are_told_to_wait(place: Place) -> None:
    """Together with tries to sign in: ten a minute."""
    browser = place.browser()
    statuses = [
        browser.post("/admin/enrol/", token=encoded(new_secret())).status for _ in range(10)
    ]
    assert statuses == [410] * 10
    assert browser.post("/admin/enrol/", token=encoded(new_secret())).status == 429


def test_letter_tells_the_operator_of_a_new_passkey(
    place: Place, manage: Callable[..., str], admin: psycopg.Connection
) -> None:
    """To their confirmed address, in the same transaction."""
    options = ("--operator", "--email", "olga@example.org", "--json")
    made = json.loads(manage("owner", "createaccount", "Olga", *options))
    assert place.browser().enrol(made["operator_enrolment_url"]).status == 303
    letters = admin.execute("SELECT payload ->> 'template' FROM vault.outbox").fetchall()
    assert letters == [("operator_passkey_added",)]
