"""A sign-in unlike those before it is told to its owner, who can say that it was not them."""

import re
from typing import Any, Final

import psycopg
import pytest

from tests.database.asking import ask as rows
from tests.web.holders import Ada, step, words
from tests.web.letters import GRACE, NOT_ME, Mail, come_back, confirmed
from tests.web.passkeys import is_in
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask, claims_of, code_for

pytestmark = pytest.mark.usefixtures("unlimited")

DEVICE: Final = "A new device signed in"
NETWORK: Final = "A sign-in from a new network"
FAILURES: Final = "A sign-in after wrong tries"
ELSEWHERE: Final = "198.51.100.7"


def a_browser(agent: str = "", address: str = "192.0.2.7") -> Browser:
    """A browser that nobody has seen, somewhere."""
    browser = Browser(REMOTE_ADDR=address)
    if agent:
        browser.defaults["HTTP_USER_AGENT"] = agent
    return browser


def sign_out(browser: Browser) -> None:
    """Signs out; the browser is known from then on."""
    browser.submit(browser.get("/account/"), "/logout")


@pytest.fixture
def owner(mail: Mail, admin: psycopg.Connection) -> Browser:
    """Grace, signed in where she signed up yesterday; her address is confirmed."""
    browser = a_browser()
    confirmed(browser, mail)
    admin.execute("UPDATE vault.accounts SET created_at = created_at - interval '1 day'")
    return browser


def told(mail: Mail) -> list[str]:
    """What the letters about sign-ins are called, the oldest first."""
    subjects = [letter.subject for letter in mail.letters(GRACE)]
    return [one for one in subjects if re.search("signed in|sign-in", one)]


def test_sign_in_from_a_new_browser_is_told_once(owner: Browser, mail: Mail) -> None:
    """W12: which browser, and about where; the same one again is no news."""
    thief = a_browser("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0", ELSEWHERE)
    thief.sign_in("Grace")
    letter = mail.letter(GRACE, DEVICE)
    assert "Browser: Firefox on Windows" in letter.text
    assert "Network: 198.51.100.0/24" in letter.text
    assert ELSEWHERE not in letter.text
    sign_out(thief)
    thief.sign_in("Grace")
    assert len(told(mail)) == 1


def test_sign_in_where_one_signs_in_every_day_is_not_told(owner: Browser, mail: Mail) -> None:
    """Neither at sign-up, nor by the same browser from a network close by."""
    sign_out(owner)
    owner.sign_in("Grace")
    sign_out(owner)
    owner.defaults["REMOTE_ADDR"] = "192.0.2.250"
    owner.sign_in("Grace")
    assert told(mail) == []


def test_known_browser_in_a_new_network_is_told_once(owner: Browser, mail: Mail) -> None:
    """In other words, since it may well be a journey."""
    sign_out(owner)
    owner.defaults["REMOTE_ADDR"] = ELSEWHERE
    owner.sign_in("Grace")
    assert "a browser that we know, from a network" in mail.letter(GRACE, NETWORK).text.replace(
        "\n", " "
    )
    sign_out(owner)
    owner.sign_in("Grace")
    assert len(told(mail)) == 1


def test_sign_in_after_wrong_tries_is_told(owner: Browser, mail: Mail) -> None:
    """Five in the hour before: whoever guessed may have guessed right at last."""
    sign_out(owner)
    for _ in range(5):
        a_browser().sign_in("Grace", "not the password")
    owner.sign_in("Grace")
    assert mail.letter(GRACE, FAILURES)


def test_wrong_sign_in_and_a_second_step_not_taken_are_told_to_nobody(
    ada: Ada, owner: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """A letter about each guess would be a way to write to somebody."""
    a_browser().sign_in("Grace", "not the password")
    a_browser().sign_in("Ada")
    assert told(mail) == []
    assert rows(admin, "SELECT id FROM vault.mailed_tokens WHERE purpose = 'disown'") == []


@pytest.mark.parametrize(
    "agent",
    [
        "https://evil.example/ click here",
        "Firefox\u202e on Android",
        "<b>Firefox</b> on <a href='https://evil.example'>Linux</a>",
        "x" * 5000,
        "",
    ],
)
def test_letter_says_nothing_that_the_browser_calls_itself(
    owner: Browser, mail: Mail, agent: str
) -> None:
    """V-inject: words from a closed list, whatever stands in the header."""
    thief = Browser(REMOTE_ADDR=ELSEWHERE)
    thief.defaults["HTTP_USER_AGENT"] = agent.encode("utf-8").decode("latin-1")
    thief.sign_in("Grace")
    letter = mail.letter(GRACE, DEVICE)
    assert "evil" not in letter.text + letter.html
    assert re.search(r"^Browser: (unknown|Firefox on (Android|Linux))$", letter.text, re.MULTILINE)


def test_disowned_sign_in_ends_alone_and_its_wikis_are_told(
    owner: Browser, mail: Mail, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """The owner stays signed in where they are; nobody is signed in by the letter."""
    thief = a_browser(address=ELSEWHERE)
    thief.sign_in("Grace")
    letter = mail.letter(GRACE, DEVICE)
    code = code_for(thief, wiki)
    sid = claims_of(wiki.redeem(code).json()["id_token"])["sid"]
    unused = code_for(thief, wiki)
    code_for(owner, wiki)
    reader = a_browser()
    done = come_back(reader, letter, NOT_ME)
    assert "That sign-in has ended" in words(done)
    assert 'href="/account/password"' in words(done), "the next thing to do"
    assert not is_in(reader)
    assert not is_in(thief)
    assert is_in(owner)
    jobs = rows(admin, "SELECT payload FROM vault.outbox WHERE kind = 'backchannel_logout'")
    assert [job["payload"]["sid"] for job in jobs] == [sid]
    assert wiki.redeem(unused).json()["error"] == "invalid_grant"
    assert "You said that a sign-in was not you" in words(owner.get("/account/activity"))


def test_disowning_a_sign_in_that_is_over_is_no_error(owner: Browser, mail: Mail) -> None:
    """What it says is so: and every browser is a stranger again."""
    thief = a_browser(address=ELSEWHERE)
    thief.sign_in("Grace")
    letter = mail.letter(GRACE, DEVICE)
    sign_out(thief)
    assert "has ended" in words(come_back(a_browser(), letter, NOT_ME))
    thief.sign_in("Grace")
    assert len(mail.letters(GRACE, DEVICE)) == 2, "the browser is new once more"


def test_after_disowning_the_second_step_is_asked_for_in_trusted_browsers_too(
    ada: Ada, mail: Mail, playing: Any, admin: psycopg.Connection, settings: Any
) -> None:
    """Whoever got in may have trusted theirs."""
    settings.TRUSTED_BROWSER_DAYS = 30
    mail.a_member("Edith", "edith@example.org", totp_secret=ada.secret)
    trusted = a_browser()
    step(trusted, trusted.sign_in("Edith"), code=ada.code(-1), trust="on")
    sign_out(trusted)
    assert trusted.sign_in("Edith").status_code == 303
    sign_out(trusted)
    thief = a_browser(address=ELSEWHERE)
    step(thief, thief.sign_in("Edith"), code=ada.code())
    assert is_in(thief)
    letters = mail.letters("edith@example.org", DEVICE)
    assert "has ended" in words(come_back(a_browser(), letters[-1], NOT_ME))
    assert not is_in(thief)
    assert "One more step" in words(trusted.sign_in("Edith"))


def test_sign_in_at_a_wiki_is_told_as_any_other(
    owner: Browser, mail: Mail, wiki: WikiClient
) -> None:
    """It is the session here that is new, not the wiki's; going on to a second one is none."""
    visitor = a_browser(address=ELSEWHERE)
    page = ask(visitor, wiki)
    answer_of(visitor.submit(page, "/login", username="Grace", password=PASSWORD))
    code_for(visitor, wiki)
    assert len(told(mail)) == 1
