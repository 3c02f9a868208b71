"""Accounts that share an address share a letter, and nobody else gets to see their tokens."""

from uuid import UUID

import psycopg
import pytest

from tests.database.mail import (
    ADDRESS,
    Playing,
    a_member,
    add,
    ask_for_reset,
    fresh,
    letters,
    mailed,
    redeem,
    sent_to,
)
from tests.database.people import sign_in
from vault.attempts import Attempt
from vault.token_arming import arm


def test_request_by_address_is_answered_with_one_letter_for_all_its_accounts(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Each account that confirmed it, primary or not, has a token of its own in the one letter."""
    ada = a_member(playing)
    bob = a_member(playing, "Bob")
    a_member(playing, "Eve", "eve@example.org")
    uma = a_member(playing, "Uma", "uma@example.org")
    session = sign_in(uma)
    add(session, fresh(uma, session), ADDRESS)  # which nobody has confirmed
    admin.execute(
        "UPDATE vault.email_addresses SET is_primary = false WHERE account_id = %s",
        [bob.account_id],
    )
    admin.execute("DELETE FROM vault.outbox")
    ask_for_reset(playing, admin, None, address=ADDRESS)
    assert sent_to(admin) == [(ADDRESS, {ada.account_id, bob.account_id})]
    [letter] = letters(admin)
    opened = [redeem(mailed(playing, admin, UUID(token))) for token in letter["tokens"]]
    assert {one.account_id for one in opened if isinstance(one, Attempt)} == {
        *(ada.account_id, bob.account_id)
    }


def test_request_for_an_address_of_many_accounts_names_ten(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A letter has an end; the others are asked for by name."""
    members = [a_member(playing, f"Ada {number}", password=False) for number in range(12)]
    ask_for_reset(playing, admin, None, address=ADDRESS)
    assert sent_to(admin) == [(ADDRESS, {one.account_id for one in members[:10]})]
    ask_for_reset(playing, admin, "Ada 11")
    assert sent_to(admin)[1:] == [(ADDRESS, {members[11].account_id})]


# Pairs of addresses with one digest, or that look alike: whoever owns one may not own the other.
SPELLINGS = [
    ("strasse@example.org", "stra\u00dfe@example.org"),
    ("ada@example.org", "ADA@example.org"),
    ("ada@example.org", "Ada@example.org"),
    ("office@example.org", "o\ufb03ce@example.org"),
    ("s\u00e9b@example.org", "S\u00c9B@example.org"),
    ("\u03c3\u03c3@example.org", "\u03c3\u03c2@example.org"),
    ("i@example.org", "\u0131@example.org"),
    ("i\u0307@example.org", "\u0130@example.org"),
    ("ada@example.org", "\uff41\uff44\uff41@example.org"),
    ("s\u00e9b@example.org", "se\u0301b@example.org"),
    ("kim@example.org", "\u212aim@example.org"),
    ("ada@example.org", "ada@EXAMPLE.org"),
]


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda pair: ascii(pair[1]))
def test_addresses_that_are_spelled_otherwise_never_share_a_letter(
    admin: psycopg.Connection, playing: Playing, spellings: tuple[str, str]
) -> None:
    """Found by one digest or not: a token goes to the very letters that its account confirmed."""
    people = {
        one: a_member(playing, name, one)
        for name, one in zip(("Ada", "Eve"), spellings, strict=True)
    }
    for typed in spellings:
        ask_for_reset(playing, admin, None, address=typed)
    sent = sent_to(admin)
    assert {address for address, _ in sent} == set(spellings)
    for address, accounts in sent:
        assert accounts == {people[address].account_id}
        job = next(one for one in letters(admin) if one["username"] == people[address].username)
        for other in spellings:
            if other != address:
                with playing("worker"):
                    assert arm(UUID(job["tokens"][0]), address=other) == "refused"
