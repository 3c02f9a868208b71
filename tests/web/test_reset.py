"""Getting back in by letter: from the front door to a new password, and what ends with it."""

import psycopg
import pytest

from tests.database.asking import a_wiki, value
from tests.database.asking import ask as rows
from tests.database.programs import make, use
from tests.database.refreshing import a_grant, a_token, find_wiki
from tests.web.counting import counted_hashes
from tests.web.holders import words
from tests.web.letters import (
    CODE,
    GRACE,
    TO_RESET,
    WAS_RESET,
    Mail,
    ask_for_reset,
    come_back,
    is_password,
    set_password,
    way_back,
)
from tests.web.passkeys import is_in
from tests.web.people import NEW_PASSWORD, PASSWORD, Browser, WikiClient, code_for
from vault import passwords, refresh_tokens, sessions
from vault.events import NOWHERE

pytestmark = pytest.mark.usefixtures("unlimited")

SESSIONS = "SELECT count(*) FROM vault.sessions WHERE ended_at IS NULL"


def live(browser: Browser) -> sessions.Session:
    """The session of a browser, as the vault has it."""
    from accounts.services.sessions import resume_session

    session = resume_session(browser.cookies["__Host-session"].value)
    assert session is not None
    return session


@pytest.mark.parametrize("how", ["link", "code", "code on the page that asked"])
def test_reset_by_link_or_by_code_sets_the_password_and_signs_nobody_in(
    browser: Browser, mail: Mail, admin: psycopg.Connection, how: str
) -> None:
    """W9: three pages; then one signs in, and the owner is told."""
    mail.a_member()
    asked = ask_for_reset(browser)
    letter = mail.letter(GRACE, TO_RESET)
    page = asked if how.startswith("code on") else browser.get(CODE)
    typed = letter.token if how == "link" else letter.code.lower().replace("-", " ")
    page = browser.submit(page, CODE, code=typed)
    assert "Choose a new password" in words(page)
    done = set_password(browser, page, NEW_PASSWORD)
    assert "Your new password is set" in words(done)
    assert 'name="password"' in words(done), "the sign-in page"
    assert 'value="Grace"' in words(done)
    assert "__Host-session" not in browser.cookies
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 0
    assert (is_password(PASSWORD), is_password(NEW_PASSWORD)) == (False, True)
    assert "app passwords no longer work" in mail.letter(GRACE, WAS_RESET).text.replace("\n", " ")


def test_reset_by_the_link_itself_pasted_into_the_field_works(browser: Browser, mail: Mail) -> None:
    """Where no script runs, somebody may well copy the whole of it."""
    mail.a_member()
    ask_for_reset(browser)
    page = browser.get(CODE)
    page = browser.submit(page, CODE, code=f" {mail.letter(GRACE, TO_RESET).link} ")
    assert "Choose a new password" in words(page)


def test_reset_ends_whatever_was_open(
    browser: Browser,
    mail: Mail,
    wiki: WikiClient,
    admin: psycopg.Connection,
) -> None:
    """Sessions, codes, refresh tokens, fresh proofs, other letters, app passwords (ASVS 7.4.3)."""
    mail.a_member()
    hers, thief = Browser(), Browser()
    for one in (hers, thief):
        one.sign_in("Grace")
    code = code_for(thief, wiki)
    session = live(thief)
    proof = passwords.prove(
        "Grace",
        PASSWORD,
        purpose="reauthenticate",
        origin=NOWHERE,
        session_secret=session.secret,
    ).attempt
    assert proof is not None
    program = make(session, proof)
    assert use("Grace", program.typed).status == "right"
    a_wiki(admin, "wiki-r", scopes=["openid", "offline_access"])
    old_wiki = find_wiki("wiki-r")
    refresh_token = a_token(a_grant(session, old_wiki, ("openid", "offline_access")))
    for _ in range(2):
        ask_for_reset(browser)
    first, second = mail.letters(GRACE, TO_RESET)

    done = set_password(browser, come_back(browser, second), NEW_PASSWORD)
    assert "Your new password is set" in words(done)
    assert not is_in(hers)
    assert not is_in(thief)
    assert value(admin, SESSIONS) == 0
    assert wiki.redeem(code).json()["error"] == "invalid_grant"
    refused = refresh_tokens.rotate(refresh_token, old_wiki)
    assert not isinstance(refused, refresh_tokens.Rotated)
    assert use("Grace", program.typed).status != "right"
    late = come_back(browser, first)
    assert "Something changed since this letter was written" in words(late)
    told = rows(admin, "SELECT payload FROM vault.outbox WHERE kind = 'backchannel_logout'")
    assert str(session.sid) in [job["payload"]["sid"] for job in told]


def test_reset_letter_works_once(browser: Browser, mail: Mail) -> None:
    """V-replay: the link and the code are one and the same."""
    mail.a_member()
    ask_for_reset(browser)
    letter = mail.letter(GRACE, TO_RESET)
    assert "Choose a new password" in words(come_back(browser, letter))
    for typed in (letter.token, letter.code):
        again = come_back(browser, letter, code=typed)
        assert "was used already" in words(again)


def test_reset_letter_of_another_time_or_purpose_is_refused(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """Too old, made up, for something else: each said at the field; nothing is spent."""
    mail.a_member()
    ask_for_reset(browser)
    letter = mail.letter(GRACE, TO_RESET)
    for typed in ("", "x", "0000-0000-0000-0000", "a" * 43, letter.token[:-1], letter.code[:-1]):
        page = come_back(browser, letter, code=typed)
        assert 'href="#id_code"' in words(page)
    for path in ("/account/email/confirm", "/account/email/undo", "/account/sessions/not-me"):
        refused = come_back(browser, letter, path)
        assert "not the code of a letter from us" in words(refused)
    admin.execute("UPDATE vault.mailed_tokens SET expires_at = clock_timestamp()")
    assert "too old" in words(come_back(browser, letter))
    admin.execute("UPDATE vault.mailed_tokens SET expires_at = now() + interval '1 minute'")
    assert "Choose a new password" in words(come_back(browser, letter))


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("", "Choose a new password."),
        ("short", "too short"),
        ("passwordpassword", "many people use"),
        ("Wiki accounts wiki", "name of this site"),
        ("y" * 5000, "too long"),
    ],
)
def test_reset_to_a_bad_password_says_so_and_loses_nothing(
    browser: Browser, mail: Mail, new: str, said: str
) -> None:
    """The letter is spent, but the way goes on: nothing is hashed, and a good one is taken."""
    mail.a_member()
    page = way_back(browser, mail)
    with counted_hashes() as hashes:
        page = set_password(browser, page, new)
    assert said in words(page)
    assert 'href="#id_new_password"' in words(page)
    assert hashes == []
    assert is_password(PASSWORD)
    assert "Your new password is set" in words(set_password(browser, page, NEW_PASSWORD))


def test_reset_in_another_browser_asks_for_the_name_and_spends_nothing_before(
    browser: Browser, mail: Mail
) -> None:
    """V-reset: a letter that somebody else asked for, to be opened by its reader, opens nothing."""
    mail.a_member()
    ask_for_reset(browser)
    letter = mail.letter(GRACE, TO_RESET)
    reader = Browser()
    assert 'name="username"' in words(reader.get(CODE))
    assert 'name="username"' not in words(browser.get(CODE))
    for name in ("", "Nobody", "Mallory", "#", "x" * 300):
        refused = come_back(reader, letter, username=name)
        assert "not asked for in this browser" in words(refused)
        assert 'href="#id_username"' in words(refused)
    page = come_back(reader, letter, username=" grace ")
    assert "Your new password is set" in words(set_password(reader, page, NEW_PASSWORD))
