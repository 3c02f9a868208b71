"""One's own e-mail addresses: one more, another primary one, one less, each by fresh proof."""

from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import ask as rows
from tests.database.asking import value
from tests.web.holders import words
from tests.web.letters import (
    ADD,
    CONFIRM,
    EMAIL,
    GRACE,
    PRIMARY,
    REMOVE,
    TO_CONFIRM,
    TO_UNDO,
    UNDO,
    Mail,
    come_back,
    confirmed,
    sign_up_with,
)
from tests.web.passkeys import is_in, prove_password
from tests.web.people import PASSWORD, Answer, Browser

pytestmark = pytest.mark.usefixtures("unlimited")

SECOND = "second@example.org"


@pytest.fixture
def owner(browser: Browser, mail: Mail) -> Browser:
    """Grace, signed in, whose address is confirmed, and who has proven herself again."""
    confirmed(browser, mail)
    prove_password(browser, "email")
    return browser


def add(browser: Browser, address: str) -> Answer:
    """Sends the form for one more address."""
    return browser.submit(browser.get(ADD), ADD, email=address)


def has_two(owner: Browser, mail: Mail, address: str = SECOND) -> None:
    """Gives Grace another address, and has it confirmed."""
    add(owner, address)
    come_back(owner, mail.letter(address, TO_CONFIRM), CONFIRM)


def id_of(admin: psycopg.Connection, number: int = 0) -> str:
    """The id of an address: the oldest, the next one."""
    found = rows(admin, "SELECT id FROM vault.email_addresses ORDER BY created_at")
    return str(found[number]["id"])


def choose(browser: Browser, path: str, address: str) -> Answer:
    """Opens the page about one of one's addresses, and sends its form."""
    page = browser.get(path, {"factor": address})
    return browser.submit(page, path, factor=address)


def shown(browser: Browser) -> str:
    """The page of one's addresses."""
    return words(browser.get(EMAIL))


def test_address_added_is_confirmed_by_its_letter_and_told_to_the_other(
    owner: Browser, mail: Mail
) -> None:
    """Until then nothing but that letter goes there, and it counts for nothing."""
    page = add(owner, "Second@Example.ORG")
    assert "Second@example.org" in words(page)
    assert "Not confirmed" in shown(owner)
    letter = mail.letter("Second@example.org")
    assert TO_CONFIRM in letter.subject
    told = mail.letter(GRACE, "Another address for your account")
    assert "Second" not in told.text, "where it goes is nobody's to read"
    done = owner.submit(page, CONFIRM, code=letter.code)
    assert "S…d@example.org" in words(done)
    assert "Not confirmed" not in shown(owner)
    assert "Confirmed" in shown(owner)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "Enter an e-mail address."),
        ("nowhere", "not an e-mail address"),
        ("a@b@example.org", "not an e-mail address"),
        ("GRACE@example.org", "among yours already"),
        ("grace@EXAMPLE.org", "among yours already"),
    ],
)
def test_address_that_cannot_be_added_is_said_at_the_field(
    owner: Browser, admin: psycopg.Connection, address: str, said: str
) -> None:
    """With what was typed still there, and nothing sent."""
    had = value(admin, "SELECT count(*) FROM vault.outbox")
    page = add(owner, address)
    assert said in words(page)
    assert 'href="#id_email"' in words(page)
    assert f'value="{address}"' in words(page) or not address
    assert value(admin, "SELECT count(*) FROM vault.outbox") == had


def test_addresses_are_five_at_the_most_and_letters_three_an_hour(
    owner: Browser, admin: psycopg.Connection
) -> None:
    """The sixth says so; so does the fourth letter of an hour, wherever it would go."""
    for number in range(2):
        assert "Look into your mail" in words(add(owner, f"more{number}@example.org"))
    wait = add(owner, "more2@example.org")
    assert "three such letters in the last hour" in words(wait)
    again = owner.submit(owner.get(EMAIL), EMAIL, factor=id_of(admin, 2))
    assert "three such letters in the last hour" in words(again)
    admin.execute("UPDATE vault.mailed_tokens SET requested_at = now() - interval '61 minutes'")
    for number in (2, 3):
        add(owner, f"more{number}@example.org")
    assert "five addresses already" in words(add(owner, "more4@example.org"))
    assert value(admin, "SELECT count(*) FROM vault.email_addresses") == 5


def test_letter_is_sent_again_by_session_alone(browser: Browser, mail: Mail) -> None:
    """It goes where the first one went; the first is good as well."""
    sign_up_with(browser, "Grace", GRACE)
    page = browser.get(EMAIL)
    address = words(page).partition('name="factor" value="')[2].partition('"')[0]
    again = browser.submit(page, EMAIL, factor=address)
    assert "The letter is on its way" in words(again)
    first, second = mail.letters(GRACE, TO_CONFIRM)
    assert first.code != second.code
    assert "is confirmed" in words(come_back(browser, first, CONFIRM))
    assert "Letters go here" in shown(browser)
    once_more = browser.submit(page, EMAIL, factor=address)
    assert once_more.status_code == 200
    assert len(mail.letters(GRACE, TO_CONFIRM)) == 2, "it is confirmed already"


def test_letters_go_to_another_confirmed_address_and_the_old_one_can_undo_it(
    owner: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """This browser stays signed in and is known; all others are out; the undo signs nobody in."""
    has_two(owner, mail)
    other = Browser()
    other.sign_in("Grace")
    page = owner.get(PRIMARY, {"factor": id_of(admin, 1)})
    done = owner.submit(page, PRIMARY, factor=id_of(admin, 1))
    assert (done.status_code, done["Location"]) == (303, EMAIL)
    assert is_in(owner)
    assert not is_in(other)
    assert done.cookies["__Host-device"].value
    again = owner.submit(page, PRIMARY, factor=id_of(admin, 1))
    assert (again.status_code, again["Location"]) == (303, EMAIL), "sent twice, it is so already"
    [letter] = mail.letters(GRACE, TO_UNDO)
    reader = Browser()
    undone = come_back(reader, letter, UNDO)
    assert "The change is undone" in words(undone)
    assert not is_in(reader)
    assert not is_in(owner)
    reader.sign_in("Grace")
    assert "Letters go here" in shown(reader)
    assert SECOND not in shown(reader)
    assert mail.letter(SECOND, "was taken from your account")
    assert "was used already" in words(come_back(reader, letter, UNDO))


def test_primary_address_goes_last_and_a_confirmed_one_is_told(
    owner: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """Removing: the primary one not while there is another; then it can be undone from there."""
    has_two(owner, mail)
    refused = choose(owner, REMOVE, id_of(admin))
    assert "Letters go to this address." in words(refused)
    assert choose(owner, REMOVE, id_of(admin, 1))["Location"] == EMAIL
    assert SECOND not in shown(owner)
    letter = mail.letter(SECOND, "was removed from your account")
    assert choose(owner, REMOVE, id_of(admin))["Location"] == EMAIL
    assert "You have none" in shown(owner)
    assert mail.letter(GRACE, "was removed from your account")
    assert "The change is undone" in words(come_back(Browser(), letter, UNDO))


def test_unconfirmed_address_is_removed_without_a_letter_and_its_own_is_dead(
    owner: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """Nobody showed that it is theirs, so nobody is told; nobody is signed out for it."""
    other = Browser()
    other.sign_in("Grace")
    page = add(owner, SECOND)
    letter = mail.letter(SECOND, TO_CONFIRM)
    assert choose(owner, REMOVE, id_of(admin, 1))["Location"] == EMAIL
    assert is_in(other)
    assert len(mail.letters(SECOND)) == 1
    late = owner.submit(page, CONFIRM, code=letter.code)
    assert "is confirmed" not in words(late)


@pytest.mark.parametrize("path", [PRIMARY, REMOVE])
def test_address_that_is_not_ones_own_is_nobodys(
    owner: Browser, mail: Mail, admin: psycopg.Connection, path: str
) -> None:
    """Somebody else's, none at all, no id: the same words, and nothing happens."""
    mail.a_member("Ada", "ada@example.org")
    before = rows(admin, "SELECT * FROM vault.email_addresses ORDER BY id")
    for wanted in (id_of(admin, 1), str(uuid4()), "x", "", "' OR 1"):
        for answer in (owner.get(path, {"factor": wanted}), choose(owner, path, wanted)):
            assert "not among yours" in words(answer)
    assert rows(admin, "SELECT * FROM vault.email_addresses ORDER BY id") == before


@pytest.mark.parametrize("wanted", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_letter_again_for_no_address_of_ones_own_is_refused(owner: Browser, wanted: str) -> None:
    """By any id that somebody makes up."""
    answer = owner.submit(owner.get(EMAIL), EMAIL, factor=wanted)
    assert "not among yours" in words(answer)


def test_unconfirmed_address_gets_no_other_letters(
    owner: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """It cannot be made the primary one, by the page or past it."""
    add(owner, SECOND)
    answer = choose(owner, PRIMARY, id_of(admin, 1))
    assert "not among yours" in words(answer)
    assert value(admin, "SELECT count(*) FROM vault.email_addresses WHERE is_primary") == 1
    assert len(mail.letters(SECOND)) == 1


def test_each_change_asks_for_a_fresh_proof_and_keeps_which_address_was_meant(
    owner: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """A stolen session changes no address; the page that comes after the proof is the one before.

    Also where the proof was too old only when the form was sent.
    """
    has_two(owner, mail)
    address = id_of(admin, 1)
    pages = {path: owner.get(path, {"factor": address}) for path in (ADD, PRIMARY, REMOVE)}
    before = rows(admin, "SELECT * FROM vault.email_addresses ORDER BY id")
    del owner.cookies["__Host-proof"]
    for path, page in pages.items():
        name = f"email-{path.rpartition('/')[2]}"
        asked = owner.get(path, {"factor": address})
        assert asked["Location"] == f"/account/prove?page={name}&factor={address}"
        sent = owner.submit(page, path, factor=address, email="third@example.org")
        assert sent["Location"] == f"/account/prove?page={name}&factor={address}"
    assert rows(admin, "SELECT * FROM vault.email_addresses ORDER BY id") == before
    proving = owner.get(sent["Location"])
    done = owner.submit(proving, "/account/prove", password=PASSWORD)
    assert done["Location"] == f"{REMOVE}?factor={address}"
    assert SECOND in words(owner.get(done["Location"]))


def test_change_while_the_session_ends_leads_to_signing_in(
    owner: Browser, admin: psycopg.Connection
) -> None:
    """V-disabled: between the page and its form."""
    pages = {path: owner.get(path, {"factor": id_of(admin)}) for path in (EMAIL, ADD, REMOVE)}
    admin.execute("UPDATE vault.accounts SET epoch = epoch + 1")
    for path, page in pages.items():
        sent = owner.submit(page, path, factor=id_of(admin), email=SECOND)
        assert sent.status_code == 303
        assert sent["Location"].startswith("/login?page=email")
