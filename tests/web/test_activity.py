"""What happened to one's account, in words, and the letters that told of it: one's own alone."""

import html
import re
from typing import Any, Final

import psycopg
import pytest

from accounts.services import activity
from tests.database.asking import value
from tests.web.holders import Ada, step, words
from tests.web.letters import (
    GRACE,
    TO_DISOWN,
    Mail,
    ask_for_reset,
    confirmed,
    sign_up_with,
)
from tests.web.markup import Page
from tests.web.people import PASSWORD, Answer, Browser, WikiClient, code_for
from vault.events import Tag

pytestmark = pytest.mark.usefixtures("unlimited")

ACTIVITY: Final = "/account/activity"
# What the page does not tell, and why.
LEFT_OUT: Final[dict[Tag, str]] = {
    **dict.fromkeys(
        (Tag.PASSWORD_RIGHT, Tag.PASSKEY_RIGHT, Tag.BROWSER_SPARED),
        "the sign-in that it led to is told",
    ),
    **dict.fromkeys(
        (Tag.APP_PASSWORD_RIGHT, Tag.APP_PASSWORD_REFUSED, Tag.REFRESH_ROTATED),
        "programs do it, all day long",
    ),
    **dict.fromkeys(
        (Tag.PASSWORD_UNJUDGED, Tag.FACTOR_UNJUDGED, Tag.PASSWORD_CLOSED, Tag.PASSKEY_REFUSED),
        "nobody came in, and nobody knows by whose fault",
    ),
    **dict.fromkeys(
        (Tag.PASSWORD_UPGRADED, Tag.TOTP_OPENED, Tag.CODE_REDEEMED, Tag.GUESSES_CLEARED),
        "how the site works inside",
    ),
    **dict.fromkeys(
        (Tag.CODE_REFUSED, Tag.REFRESH_REFUSED, Tag.GRANT_REVOKED),
        "between a wiki and this site; operators see it",
    ),
    Tag.TOKEN_REQUESTED: "the letter that it led to is told; strangers ask for others as well",
    Tag.SIGN_UP_REFUSED: "there is no account",
    **dict.fromkeys(
        (
            *(Tag.ALERT_ACKNOWLEDGED, Tag.ALERT_RAISED, Tag.ALL_SESSIONS_ENDED),
            *(Tag.BACKENDS_ENDED, Tag.JOB_DROPPED, Tag.JOB_REVIVED, Tag.KEYS_CHANGED),
            *(Tag.RESTORE_APPLIED, Tag.RESTORE_REAPPLIED, Tag.ROW_REFUSED),
            *(Tag.SIGNING_KEY_ADDED, Tag.SIGNING_KEY_WITHDRAWN, Tag.KEYS_LOCKED, Tag.KEYS_RESTORED),
            *(Tag.LIST_LOCKED, Tag.LIST_UNLOCKED, Tag.DOOR_CLOSED, Tag.DOOR_OPENED),
            *(Tag.ADDRESS_SEARCHED, Tag.TOKEN_EXAMINED),
            *(Tag.WIKI_REGISTERED, Tag.WIKI_REGISTERED_BY_OPERATOR, Tag.WIKI_CHANGED),
            *(Tag.WIKI_RESUMED, Tag.WIKI_SUSPENDED, Tag.ASSERTION_REPLAYED),
        ),
        "of the whole site, not of an account",
    ),
    **dict.fromkeys(
        (
            *(Tag.OPERATOR_GRANTED, Tag.OPERATOR_INVITED),
            *(Tag.OPERATOR_PASSKEY_ENROLLED, Tag.OPERATOR_PASSKEY_REMOVED),
        ),
        "of the operator's site, which has its own page",
    ),
}


def test_every_kind_of_event_has_words_or_a_reason_to_have_none() -> None:
    """A new kind of event has to be told to its owner, or be left out on purpose."""
    shown = set(activity._KINDS)
    assert shown.isdisjoint(LEFT_OUT)
    assert shown | set(LEFT_OUT) == set(Tag)
    assert len({str(said) for said, _ in activity._WORDS.values()}) == len(activity._WORDS)


def lines(page: Answer) -> list[str]:
    """What the page says happened, line by line."""
    listed = words(page).partition("<ol")[2].partition("</ol>")[0]
    plain = [re.sub(r"<[^>]+>", " ", line) for line in listed.split("<li>")[1:]]
    return [html.unescape(" ".join(line.split())) for line in plain]


def letters(page: Answer) -> str:
    """What it says of letters."""
    return words(page).partition("Letters that we sent you")[2]


def test_page_tells_what_one_did_the_latest_first(
    browser: Browser, mail: Mail, wiki: WikiClient
) -> None:
    """In words, with the browser, the network and the wiki; this sign-in is marked."""
    confirmed(browser, mail)
    browser.submit(browser.get("/account/"), "/logout")
    Browser(REMOTE_ADDR="198.51.100.7").sign_in("Grace", "not the password")
    browser.sign_in("Grace")
    code_for(browser, wiki)
    told = lines(browser.get(ACTIVITY))
    starts = [
        "Signed in to a wiki: English wiki",
        "Signed in by password This sign-in",
        "A wrong password was tried",
        "Signed out",
        "An e-mail address was confirmed",
        "Signed in by password",
        "The account was created",
    ]
    assert len(told) == len(starts)
    for line, start in zip(told, starts, strict=True):
        assert line.startswith(start)
    assert "from another network" in told[2]
    assert "Firefox on Linux" in told[1]
    assert "from the network you are on now" in told[1]


def test_page_says_how_a_sign_in_was_proven(ada: Ada, browser: Browser) -> None:
    """And tells of a recovery code, but not of each right code of an app."""
    step(browser, browser.sign_in("Ada"), code=ada.code(-1))
    told = lines(browser.get(ACTIVITY))
    assert told[0].startswith("Signed in by password and code")
    assert not any("code was used" in line for line in told)
    other = Browser()
    step(other, other.sign_in("Ada"), code="000000")
    step(other, other.sign_in("Ada"), method="recovery_code", code=ada.codes[0])
    told = lines(browser.get(ACTIVITY))
    assert "A recovery code was used" in told[1]
    assert "A wrong code was tried" in told[2]
    assert "Was this you?" in told[2]


def test_page_shows_nothing_of_anybody_else(browser: Browser, mail: Mail) -> None:
    """V-idor: neither events nor letters, also by the number of a line of theirs."""
    confirmed(browser, mail)
    other = Browser()
    sign_up_with(other, "Mallory", "mallory@example.org")
    mail.deliver()
    for query in ({}, {"before": "999999"}, {"account": "Grace"}):
        page = other.get(ACTIVITY, query)
        assert {line.partition(" just")[0] for line in lines(page)} <= {
            "Signed in by password This sign-in",
            "The account was created",
        }
        assert "g…e@" not in words(page)
    Browser().sign_in("Grace")
    mail.deliver()
    reference = mail.letter(GRACE, TO_DISOWN).reference
    assert reference in words(browser.get(ACTIVITY))
    assert reference not in words(other.get(ACTIVITY))


def test_pages_of_the_past_hold_every_line_once(grace: Browser, admin: psycopg.Connection) -> None:
    """Thirty a page; the letters stand on the first alone."""
    account = value(admin, "SELECT id FROM vault.accounts")
    for number in range(64):
        tag = Tag.PASSKEY_ADDED if number % 2 else Tag.PASSKEY_REMOVED
        admin.execute(
            "SELECT vault.record_event(%s, %s, NULL, NULL, NULL, NULL, NULL)", [tag, account]
        )
    page, told, pages = grace.get(ACTIVITY), [], 1
    assert "Letters that we sent you" in words(page)
    told += lines(page)
    while found := re.search(r'href="(/account/activity\?before=\d+)" rel="next"', words(page)):
        page = grace.get(found[1])
        assert "Letters that we sent you" not in words(page)
        assert "Back to the latest" in words(page)
        told += lines(page)
        pages += 1
    assert pages == 3
    assert len(told) == 66
    assert [line.startswith("A passkey was added") for line in told[:64]] == [True, False] * 32


@pytest.mark.parametrize(
    "before",
    ["", "x", "-1", "0", "1", "1.5", "1e3", "9" * 18, "9" * 19, "9" * 400, "٣", "1 OR 1", "+1"],
)
def test_page_before_what_is_no_line_is_a_page_all_the_same(grace: Browser, before: str) -> None:
    """V-inject: a number of a line, or the first page."""
    page = grace.get(ACTIVITY, {"before": before})
    assert page.status_code == 200
    assert (lines(page) == []) == (before in {"0", "1"})


def test_names_that_others_chose_are_text(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """V-xss: of a wiki, of a browser; and a label that is none of ours is no browser at all."""
    code_for(grace, wiki)
    admin.execute("UPDATE vault.wikis SET name = '<script>alert(1)</script>\u202egnp'")
    admin.execute("UPDATE vault.sessions SET agent_label = '<img src=x onerror=alert(1)>'")
    page = grace.get(ACTIVITY)
    assert "<script>alert" not in words(page)
    assert "<img" not in words(page)
    assert any(bdi.text.startswith("<script>") for bdi in Page(words(page)).all("bdi"))
    assert "Unknown browser" in words(page)


def test_reason_of_an_operator_is_not_among_what_its_owner_reads(
    grace: Browser, admin: psycopg.Connection
) -> None:
    """It may name somebody else."""
    account = value(admin, "SELECT id FROM vault.accounts")
    admin.execute(
        "SELECT vault.record_event(%s, %s, NULL, NULL, NULL, NULL, NULL, %s)",
        [Tag.ACCOUNT_UNLOCKED, account, '{"reason": "asked by Mallory"}'],
    )
    page = grace.get(ACTIVITY)
    assert "An operator unlocked the account" in words(page)
    assert "Mallory" not in words(page)


def test_letters_are_listed_with_what_became_of_them(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """Sent, on its way, given up; with the letter's own reference, and no whole address."""
    confirmed(browser, mail)
    ask_for_reset(Browser())
    page = browser.get(ACTIVITY)
    assert "A way to set a new password" not in letters(page), "it is not written yet"
    letter = mail.letters(GRACE)[-1]
    assert "sent" in letters(browser.get(ACTIVITY))
    assert letter.reference in letters(browser.get(ACTIVITY))
    assert "g…e@example.org" in letters(browser.get(ACTIVITY))
    assert GRACE not in words(browser.get(ACTIVITY))
    for change, said in (
        ("done_at = NULL", "on its way"),
        ("done_at = NULL, buried_at = clock_timestamp()", "could not be delivered"),
        ('payload = payload || \'{"template": "of_tomorrow"}\'', "A letter"),
        ("sealed_address = 'x'::bytea", "Reference:"),
    ):
        admin.execute(f"UPDATE vault.outbox SET {change} WHERE kind = 'letter'")
        assert said in letters(browser.get(ACTIVITY))


def test_page_asks_for_a_session_and_is_never_kept(browser: Browser, settings: Any) -> None:
    """Whoever is signed out is led to sign in, and back."""
    answer = browser.get(ACTIVITY)
    assert answer["Location"] == "/login?page=activity"
    browser.sign_up("Grace", PASSWORD)
    assert browser.get(ACTIVITY)["Cache-Control"].startswith("no-store")
