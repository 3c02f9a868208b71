"""Three letters an hour, and no more, that strangers can make us send to one address (V-limit)."""

from collections.abc import Callable

import psycopg
import pytest

from tests.database.asking import Login, ask, call, value
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    HERE,
    Playing,
    a_member,
    add,
    answer_requests,
    ask_for_reset,
    fresh,
    letters,
    mailed_events,
    request_reset,
    sign_up_with,
)
from tests.database.people import sign_in
from tests.database.racing import raced
from vault import address_changes
from vault.email_addresses import normal_form
from vault.seals import address_digest, open_address

ASKED_FOR = ("password_reset_link", "address_confirmation")


def _letters_to(admin: psycopg.Connection, address: str = ADDRESS) -> list[str]:
    """The letters that strangers can ask for which went to an address, in any spelling."""
    rows = ask(admin, "SELECT account_id, sealed_address, payload FROM vault.outbox ORDER BY id")
    return [
        row["payload"]["template"]
        for row in rows
        if row["payload"].get("template") in ASKED_FOR
        and normal_form(open_address(row["sealed_address"], row["account_id"])) == address
    ]


def _an_hour_later(admin: psycopg.Connection, seconds: int = 3600) -> None:
    """Moves what counts letters back by an hour: those to addresses, and those of accounts."""
    admin.execute(
        "UPDATE vault.address_letters l SET sent = ARRAY(SELECT at - make_interval(secs => %s)"
        " FROM unnest(l.sent) WITH ORDINALITY AS s (at, n) ORDER BY n)",
        [seconds],
    )
    admin.execute(
        "UPDATE vault.mailed_tokens SET requested_at = requested_at - make_interval(secs => %s)",
        [seconds],
    )


def _by_name(playing: Playing, admin: psycopg.Connection) -> None:
    for _ in range(50):
        request_reset()
    answer_requests(playing, admin)


def _by_address(playing: Playing, admin: psycopg.Connection) -> None:
    for number in range(50):
        request_reset(None, address=("ada@example.org", "ADA@example.org")[number % 2])
    answer_requests(playing, admin)


def _through_several_accounts(playing: Playing, admin: psycopg.Connection) -> None:
    for number in range(9):
        a_member(playing, f"Ada {number}", password=False)
    for number in range(50):
        if number % 3:
            request_reset(f"Ada {number % 9}")
        else:
            request_reset(None, address=ADDRESS)
    answer_requests(playing, admin)


def _by_adding_it_to_strangers_accounts(playing: Playing, admin: psycopg.Connection) -> None:
    for number in range(6):
        eve = a_member(playing, f"Eve {number}", f"eve{number}@example.org")
        session = sign_in(eve)
        added = add(session, fresh(eve, session), ADDRESS)
        for _ in range(2):
            address_changes.request_confirmation(
                session, added, browser=BROWSER, language="en", origin=HERE
            )


def _by_signing_up(playing: Playing, admin: psycopg.Connection) -> None:
    for number in range(6):
        sign_up_with(f"Mallory {number}", ADDRESS)


RESETS: list[Callable[[Playing, psycopg.Connection], None]] = [
    _by_name,
    _by_address,
    _through_several_accounts,
]
CONFIRMATIONS: list[Callable[[Playing, psycopg.Connection], None]] = [
    _by_adding_it_to_strangers_accounts,
    _by_signing_up,
]
WAYS = RESETS + CONFIRMATIONS


@pytest.mark.parametrize("way", CONFIRMATIONS, ids=lambda way: way.__name__[1:])
def test_letters_that_ask_to_confirm_leave_one_to_get_back_in_by(
    admin: psycopg.Connection, playing: Playing, way: Callable[..., None]
) -> None:
    """Whoever keeps adding somebody's address keeps nobody out: the third letter is a reset's."""
    a_member(playing)
    way(playing, admin)
    assert _letters_to(admin) == ["address_confirmation"] * 2
    ask_for_reset(playing, admin)
    ask_for_reset(playing, admin)
    assert _letters_to(admin) == ["address_confirmation"] * 2 + ["password_reset_link"]


@pytest.mark.parametrize("way", RESETS, ids=lambda way: way.__name__[1:])
def test_letters_to_one_address_asked_for_in_any_way_are_three_an_hour(
    admin: psycopg.Connection, playing: Playing, way: Callable[..., None]
) -> None:
    """Fifty requests: three letters; the fourth comes after the hour."""
    a_member(playing)
    way(playing, admin)
    assert len(_letters_to(admin)) == 3
    _an_hour_later(admin, 3590)
    ask_for_reset(playing, admin)
    assert len(_letters_to(admin)) == 3
    _an_hour_later(admin, 11)
    ask_for_reset(playing, admin)
    assert len(_letters_to(admin)) == 4


def test_letters_to_one_address_asked_for_in_all_ways_are_three_an_hour(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Confirmations and resets share the three, whatever accounts they name."""
    a_member(playing)
    for way in WAYS:
        way(playing, admin)
    assert len(_letters_to(admin)) == 3


def test_letters_in_a_running_hour_are_three_at_any_moment(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Each comes an hour after the third before it, not three at once when a clock strikes."""
    a_member(playing)
    sent = []
    for _ in range(12):
        ask_for_reset(playing, admin)
        sent.append(len(_letters_to(admin)))
        _an_hour_later(admin, 600)
    assert sent == [1, 2, 3, 3, 3, 3, 4, 5, 6, 6, 6, 6]


def test_letters_that_are_not_sent_are_nobodys_to_notice(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Whoever adds an address hears the same, whether or not it has had its three letters."""
    a_member(playing)
    _by_name(playing, admin)
    eve = a_member(playing, "Eve", "eve@example.org")
    session = sign_in(eve)
    proof = fresh(eve, session)
    heard = []
    for address in (ADDRESS, "nobody@example.org"):
        added = add(session, proof, address)
        heard.append(
            address_changes.request_confirmation(
                session, added, browser=BROWSER, language="en", origin=HERE
            )
        )
        address_changes.remove_address(session, proof, added, language="en", origin=HERE)
        admin.execute("DELETE FROM vault.mailed_tokens WHERE account_id = %s", [eve.account_id])
    assert heard == ["asked", "asked"]
    assert _letters_to(admin) == ["password_reset_link"] * 3
    assert _letters_to(admin, "nobody@example.org") == ["address_confirmation"] * 2


def test_letters_taken_by_a_hundred_at_once_are_three(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """The count and the taking are one statement (V-race)."""
    for number in range(20):
        sign_up_with(f"Mallory {number}", f"somebody{number}@example.org")
    digest, _ = address_digest(ADDRESS)

    def take(owner: psycopg.Connection) -> bool:
        owner.execute("SET ROLE authsite_owner")
        return bool(value(owner, "SELECT vault.take_letter_to(%s, 'reset')", digest))

    assert sum(raced(100, login, take, role="owner")) == 3


def test_letters_to_one_address_use_up_nobody_elses(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Whoever floods one mailbox keeps no letter from another, of the same account even."""
    a_member(playing)
    a_member(playing, "Bob", "bob@example.org")
    _by_name(playing, admin)
    ask_for_reset(playing, admin, "Bob")
    assert len(_letters_to(admin, "bob@example.org")) == 1


def test_resets_of_an_account_by_several_addresses_are_three_an_hour(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Three an hour for an account as well: five mailboxes give no fifteen tokens."""
    ada = a_member(playing)
    for number in range(3):
        digest, key = address_digest(f"ada{number}@example.org")
        admin.execute(
            "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
            " is_primary, verified_at) VALUES (%s, 's', %s, %s, false, now())",
            [ada.account_id, digest, key],
        )
    for number in range(4):
        request_reset(None, address=f"ada{number % 3}@example.org")
    # The worker would open none of these rows: here it says that it did.
    for row in ask(admin, "SELECT id FROM vault.outbox WHERE kind = 'reset_request'"):
        [meant] = ask(admin, "SELECT address_id FROM api.reset_request_v1(%s)", row["id"])
        call(admin, "api.answer_reset_v1", row["id"], [meant["address_id"]], [0])
    assert len(letters(admin, "password_reset_link")) == 3
    assert [one["detail"]["sent"] for one in mailed_events(admin)] == [True, True, True, False]


def test_letter_that_no_token_was_left_for_takes_none_of_the_addresses_three(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """What is not sent is not counted."""
    ada = a_member(playing)
    for _ in range(3):
        admin.execute(
            "INSERT INTO vault.mailed_tokens (purpose, account_id, account_epoch, site_epoch)"
            " VALUES ('reset', %s, 1, 1)",
            [ada.account_id],
        )
    ask_for_reset(playing, admin)
    assert _letters_to(admin) == []
    assert value(admin, "SELECT count(*) FROM vault.address_letters") == 0
