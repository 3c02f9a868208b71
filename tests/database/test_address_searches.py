"""Whose address is this: found by the exact address alone, by operators alone, on the record."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest

from accounts.errors import EmailInvalid
from emergency.actions.find_by_address import Holder, find_by_address
from emergency.actions.operators import Operator
from emergency.errors import NotAllowed
from tests.database import mail
from tests.database.asking import Login, ask, call, random_32, value
from tests.database.operating import enrolled, signed_in
from tests.database.people import Member
from vault import operators
from vault.events import NOWHERE
from vault.seals import address_digests

Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def ada(vault: None, playing: Playing) -> Member:
    """Somebody with a confirmed address, ada@example.org."""
    return mail.a_member(playing)


@pytest.fixture
def looker(ada: Member, playing: Playing) -> Operator:
    """An operator who may look and nothing else."""
    olga = mail.a_member(playing, "Olga", "olga@example.org")
    return signed_in(playing, enrolled(playing, olga.account_id, "looker"))


def searched(playing: Playing, typed: str, by: Operator) -> list[Holder]:
    """What an operator finds, in their own process."""
    with playing("operator"):
        return find_by_address(typed, by=by)


@pytest.mark.parametrize("typed", ["ada@example.org", " Ada@Example.ORG ", "ADA@example.org"])
def test_search_finds_whoever_has_the_address_however_it_is_spelled(
    playing: Playing, ada: Member, looker: Operator, typed: str
) -> None:
    """Any level of operator, by keys that open nothing; as the site itself reads addresses."""
    assert searched(playing, typed, looker) == [Holder(ada.account_id, "Ada", "confirmed")]


@pytest.mark.parametrize("typed", ["ad@example.org", "ada@example.com", "a%@example.org"])
def test_search_finds_nobody_by_less_than_the_address(
    playing: Playing, looker: Operator, typed: str
) -> None:
    """No beginning, no pattern: who is looked for is known already."""
    assert searched(playing, typed, looker) == []


def test_search_for_what_is_no_address_asks_nothing(
    playing: Playing, looker: Operator, admin: psycopg.Connection
) -> None:
    """It is said to be none, and nothing is recorded."""
    with pytest.raises(EmailInvalid):
        searched(playing, "ada", looker)
    assert (
        value(admin, "SELECT count(*) FROM vault.events WHERE tag LIKE 'operator:address%%'") == 0
    )


def test_search_says_which_is_confirmed_and_which_was_taken_away(
    playing: Playing, ada: Member, looker: Operator, admin: psycopg.Connection
) -> None:
    """Others may have typed the same address; one that was removed lately is still found."""
    eve = mail.sign_up_with("Eve", "ada@example.org")
    assert searched(playing, "ada@example.org", looker) == [
        Holder(ada.account_id, "Ada", "confirmed"),
        Holder(eve.account_id, "Eve", "unconfirmed"),
    ]
    admin.execute(
        "UPDATE vault.email_addresses SET removed_at = now(), is_primary = false"
        " WHERE account_id = %s",
        [ada.account_id],
    )
    assert searched(playing, "ada@example.org", looker)[0].state == "removed"


def test_search_is_in_the_trail_with_who_was_found_and_nothing_to_try_out(
    playing: Playing, ada: Member, looker: Operator, admin: psycopg.Connection
) -> None:
    """By whom and whose accounts; neither the address nor a digest of it."""
    searched(playing, "ada@example.org", looker)
    searched(playing, "nobody@example.org", looker)
    rows = ask(admin, "SELECT * FROM vault.events WHERE tag = 'operator:address:searched'")
    assert [row["actor_id"] for row in rows] == [looker.session.account_id] * 2
    assert [row["detail"] for row in rows] == [
        {"accounts": [str(ada.account_id)]},
        {"accounts": []},
    ]
    with playing("owner"):
        digests = address_digests("ada@example.org")
    trail = str(ask(admin, "SELECT e::text FROM vault.events e"))
    assert "example.org" not in trail
    assert not [one for one in digests if one.hex() in trail]


def test_search_needs_a_live_operators_session(
    playing: Playing, ada: Member, looker: Operator, login: Login, admin: psycopg.Connection
) -> None:
    """Signed out, with a session of the public site, or with none, nobody is told anything."""
    session = mail.sign_in(ada)
    with playing("owner"):
        digests = address_digests("ada@example.org")
    with login("operator") as connection:
        for secret in (session.secret, random_32(), None):
            row = call(connection, "api.find_by_address_v1", secret, digests)
            assert (row["status"], row["account_id"]) == ("forbidden", None)
    with playing("operator"):
        operators.sign_out(looker.session, NOWHERE)
    with pytest.raises(NotAllowed):
        searched(playing, "ada@example.org", looker)
    assert (
        value(admin, "SELECT count(*) FROM vault.events WHERE tag LIKE 'operator:address%%'") == 0
    )


def test_search_takes_a_digest_a_key_and_no_list_of_them(looker: Operator, login: Login) -> None:
    """One address at a time: a list of guesses is refused, and so is nothing."""
    with login("operator") as connection:
        for digests in ([random_32()] * 21, [], None):
            row = call(connection, "api.find_by_address_v1", looker.session.secret, digests)
            assert row["status"] == "bad_request"


def test_search_finds_an_address_under_an_older_key(
    playing: Playing, ada: Member, looker: Operator, admin: psycopg.Connection
) -> None:
    """While a rotation goes on, both keys are tried."""
    from django.conf import settings
    from django.test import override_settings

    with playing("owner"):
        lookup = mail.ring_with("AUTHSITE_ADDRESS_KEYS", "t2").derived("address-lookup")
    with playing("operator"):
        ring = type(settings.ADDRESS_LOOKUP_KEYS).parse("AUTHSITE_ADDRESS_LOOKUP_KEYS", lookup)
        assert ring.key_ids() == ["t2", "t1"]
        with override_settings(ADDRESS_LOOKUP_KEYS=ring):
            [found] = find_by_address("ada@example.org", by=looker)
    assert found.account_id == ada.account_id
