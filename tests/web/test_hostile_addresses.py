"""E-mail addresses of every kind: what is none is refused at its field, what is one gets letters.

From all four forms that take one; and through a real SMTP conversation, also to people whose
address is beyond ASCII (RFC 6531).
"""

from dataclasses import replace
from typing import Any, Final

import psycopg
import pytest

from outbox.messages import TRIES_WHEN_REFUSED
from tests.database.asking import ask as rows
from tests.mail_reader import letter_of
from tests.unit.outbox.test_mail import mail_server
from tests.web.holders import words
from tests.web.letters import (
    ADD,
    CONFIRM,
    TO_CONFIRM,
    TO_RESET,
    Mail,
    ask_for_reset,
    come_back,
    set_password,
    sign_up_with,
)
from tests.web.markup import Page
from tests.web.passkeys import SIGN_UP, prove_password
from tests.web.people import NEW_PASSWORD, PASSWORD, Answer, Browser

pytestmark = pytest.mark.usefixtures("unlimited")

NONE: Final = (
    # what could end a header, or a line of a letter
    *("a@example.org\r\nBcc: b@evil.example", "a\r\nBcc:b@evil.example@example.org"),
    *("a@example.org\nb@evil.example", "a\r@example.org", "a@exa\tmple.org", "a\x0b@example.org"),
    *("a@example.org\u2028b@evil.example", "a\x85@example.org", "a\x7f@example.org"),
    # several, or one beside a name
    *(
        "a@example.org,b@evil.example",
        "a@example.org;b@evil.example",
        "a@example.org b@evil.example",
    ),
    *("A <a@example.org>", "<a@example.org>", "a@example.org>,<b@evil.example", "a@b@example.org"),
    *("mailto:a@example.org", "a%evil.example@example.org@", "@evil.example:a@example.org"),
    # quotes and comments (RFC 5322 section 3.2)
    *('"a b"@example.org', '"a@evil.example"@example.org', '"a"@example.org', '"\\""@example.org'),
    *("a(b)@example.org", "a@(b)example.org", "a\\@evil.example@example.org"),
    # markup
    *("<script>alert(1)</script>@example.org", 'a@example.org"><img src=x>', "a@<b>example.org"),
    # what cannot be seen, or turns text round
    *(
        "a\u202egro.live@example.org",
        "a\u200b@example.org",
        "\ufeffa@example.org",
        "a\u2066@b.example",
    ),
    *("a\u00ad@example.org", "a\u00a0b@example.org", "a\u3000b@example.org", "a\ue000@example.org"),
    # letters that another program reads as an @, a comma, a space, two dots
    *("a\uff20evil.example@example.org", "a\ufe6bevil@example.org", "a\uff20example.org"),
    *("a\uff0cb@example.org", "a\uff1cb@example.org", "a\u2025b@example.org"),
    # too long: before the @, behind it, altogether (RFC 5321 section 4.5.3.1)
    *("a" * 65 + "@example.org", "\u0436" * 33 + "@example.org", "a@" + "b" * 64 + ".example"),
    *("a@" + ".".join(["b" * 60] * 5) + ".example", "a" * 320 + "@example.org", "a" * 900),
    # no name, no host, or not quite one
    *("@", "a", "a@", "@example.org", "a@example", "a@.example", "a@example..org", "a@-.org"),
    *(".a@example.org", "a.@example.org", "a..b@example.org", "a@example.org.", "a@_.example"),
    *("a@127.0.0.1", "a@[127.0.0.1]", "a@[IPv6:::1]", "a@example.org:25", "a@exa mple.org"),
    *("a@\u2764.example", "a@xn--a.example", "a@\u200d.example", "a@b\u0338.example\u0301\u0301@"),
)
# What is typed, and where the letter goes.
SOME: Final = {
    "grace@example.org": "grace@example.org",
    " Grace+wiki.2@EXAMPLE.org ": "Grace+wiki.2@example.org",
    "o'neil!#$%&*/=?^_`{|}~-@example.org": "o'neil!#$%&*/=?^_`{|}~-@example.org",
    "a" * 64 + "@example.org": "a" * 64 + "@example.org",
    "grace@m\u00fcnchen.example": "grace@xn--mnchen-3ya.example",
    "grace@M\u00dcNCHEN.example": "grace@xn--mnchen-3ya.example",
    "grace@mu\u0308nchen.example": "grace@xn--mnchen-3ya.example",
    "grace@stra\u00dfe.example": "grace@xn--strae-oqa.example",
    "grace@\u4f8b\u5b50\u3002example": "grace@xn--fsqu00a.example",
    "grace@\uff45xample.org": "grace@example.org",
    "δοκιμή@παράδειγμα.example": "δοκιμή@xn--hxajbheg2az3al.example",
    "用户@例子.example": "用户@xn--fsqu00a.example",
    "gra\u0308ce@example.org": "gr\u00e4ce@example.org",
    "\u0131ke@example.org": "\u0131ke@example.org",
    "stra\u00dfe@example.org": "stra\u00dfe@example.org",
    "\u0436" * 32 + "@example.org": "\u0436" * 32 + "@example.org",
}
UTF8: Final = {"EHLO": "250-mail.example\r\n250-8BITMIME\r\n250 SMTPUTF8"}


def forms(browser: Browser, address: str) -> dict[str, Answer]:
    """The answers of the forms that take an address for an account."""
    visitor, by_passkey = Browser(), Browser()
    page = by_passkey.get("/signup")
    return {
        "sign-up": visitor.sign_up("Ada", PASSWORD, email=address),
        "sign-up by passkey": by_passkey.submit(page, SIGN_UP, username="Ada", email=address),
        "another address": browser.submit(browser.get(ADD), ADD, email=address),
    }


def test_what_is_no_address_is_refused_by_every_form(
    grace: Browser, admin: psycopg.Connection
) -> None:
    """V-inject: at its field, as text; nothing is stored or sent. NUL never gets that far."""
    prove_password(grace, "email-add")
    for address in NONE:
        for form, answer in forms(grace, address).items():
            assert answer.status_code == 200, (form, address)
            assert 'href="#id_email"' in words(answer), (form, address)
            assert "<img src=x>" not in words(answer)
            assert "<script>alert" not in words(answer)
        answer = ask_for_reset(Browser(), address)
        assert ('href="#id_account"' in words(answer)) == ("@" in address), address
    for answer in forms(grace, "a\x00@example.org").values():
        assert answer.status_code == 400
    assert "Enter an e-mail address." in words(grace.submit(grace.get(ADD), ADD, email=" "))
    assert rows(admin, "SELECT id FROM vault.email_addresses") == []
    assert rows(admin, "SELECT id FROM vault.outbox WHERE kind <> 'reset_request'") == []
    assert len(rows(admin, "SELECT id FROM vault.accounts")) == 1


@pytest.mark.parametrize("typed", SOME)
def test_address_of_any_kind_gets_its_letters_and_leads_back(
    browser: Browser, mail: Mail, typed: str
) -> None:
    """Confirmed and recovered by it, through SMTP as it is spoken; the envelope has it exactly."""
    address, taken = SOME[typed], []
    with mail_server(UTF8, taken) as server:
        over_smtp = replace(mail, mail_url=f"smtp://127.0.0.1:{server.port}")
        sign_up_with(browser, "Grace", typed)
        over_smtp.deliver()
        done = come_back(browser, letter_of(taken.pop().encode()), CONFIRM)
        assert "is confirmed" in words(done)
        visitor = Browser()
        assert "Look into your mail" in words(ask_for_reset(visitor, typed))
        over_smtp.deliver()
        letter = letter_of(taken.pop().encode())
        asked = [line.decode().strip() for line in server.requests]
    assert TO_RESET in letter.subject
    assert letter.to == address
    page = set_password(visitor, come_back(visitor, letter), NEW_PASSWORD)
    assert "Your new password is set" in words(page)
    assert asked.count(f"rcpt TO:<{address}>") == 2
    said = [line for line in asked if line.startswith("mail FROM")]
    assert all(("SMTPUTF8" in line) == (not address.isascii()) for line in said)


def test_address_beyond_ascii_waits_for_a_server_that_takes_it_and_holds_up_nobody(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """The operator reads why; the letter is given up after a few tries, and can be revived."""
    taken: list[str] = []
    with mail_server({}, taken) as server:
        over_smtp = replace(mail, mail_url=f"smtp://127.0.0.1:{server.port}")
        sign_up_with(browser, "Grace", "用户@例子.example")
        sign_up_with(Browser(), "Ada", "ada@example.org")
        for _ in range(TRIES_WHEN_REFUSED):
            over_smtp.deliver()
            admin.execute("UPDATE vault.outbox SET not_before = clock_timestamp()")
        assert not any(line.startswith(b"rcpt TO:<\xe7") for line in server.requests)
    assert [letter_of(text.encode()).to for text in taken] == ["ada@example.org"]
    [job] = rows(admin, "SELECT last_error, tries FROM vault.outbox WHERE buried_at IS NOT NULL")
    assert job == {"last_error": "mail_server_without_smtputf8", "tries": TRIES_WHEN_REFUSED}
    admin.execute("UPDATE vault.outbox SET buried_at = NULL")
    with mail_server(UTF8, taken) as server:
        replace(mail, mail_url=f"smtp://127.0.0.1:{server.port}").deliver()
    assert TO_CONFIRM in letter_of(taken[-1].encode()).subject


def test_name_that_is_hostile_stands_in_no_header_and_is_no_link(
    browser: Browser, mail: Mail, settings: Any
) -> None:
    """V-inject: the user name is the one thing in a letter that somebody else has chosen."""
    name = "Bcc- a.example.org, see www.evil.example"
    sign_up_with(browser, name, "grace@example.org")
    [letter] = mail.letters()
    assert "Bcc" not in letter.subject
    assert name in letter.text.replace("\n", " ")
    links = [link.get("href") for link in Page(letter.html).all("a")]
    assert [link.partition("#")[0] for link in links] == [f"{settings.ISSUER}{CONFIRM}"]
