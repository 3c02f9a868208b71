"""Confirmed addresses under a MAC: whose, which one, and that its owner reads there."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import (
    Login,
    random_32,
    register,
    reported,
    value,
)
from tests.database.people import Member, sign_in, sign_up
from tests.database.vouched import ada, wiki
from vault import accounts, email_addresses

__all__ = ["ada", "wiki"]
Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def addressed(
    admin: psycopg.Connection, ada: Member, playing: Playing
) -> Callable[..., list[email_addresses.OwnAddress]]:
    """Somebody with a confirmed address; gives what they see of it."""
    session = sign_in(ada)
    address = accounts.EmailAddress("Ada@example.org", "ada@example.org")
    parameters = accounts.address_parameters(address, ada.account_id, confirmed=True)
    admin.execute(
        "SELECT vault.add_address(%(account)s, %(address)s, %(sealed)s, %(digest)s,"
        " %(digest_key)s, %(address_mac)s, %(address_mac_key)s)",
        {"account": ada.account_id, **parameters},
    )
    return lambda: email_addresses.own_addresses(session)


def test_address_confirmed_by_the_owner_is_confirmed(
    admin: psycopg.Connection, addressed: Callable[..., list[email_addresses.OwnAddress]]
) -> None:
    """As typed, whatever its case; and nothing is reported."""
    [address] = addressed()
    assert (address.address, address.is_confirmed, address.is_primary) == (
        "Ada@example.org",
        True,
        True,
    )
    assert reported(admin) == set()


@pytest.mark.parametrize(
    "change", ["mac = ''", "mac = sha256('x')", "mac_key = 'other'", "id = gen_random_uuid()"]
)
def test_address_whose_confirmation_is_not_ours_counts_as_unconfirmed(
    admin: psycopg.Connection,
    addressed: Callable[..., list[email_addresses.OwnAddress]],
    change: str,
) -> None:
    """The row says that it was confirmed; the MAC does not."""
    admin.execute(f"UPDATE vault.email_addresses SET {change}")
    [address] = addressed()
    assert not address.is_confirmed
    assert reported(admin) == {("address", str(address.id))}


@pytest.mark.parametrize(
    "change",
    ["sealed = sha256('x')", "sealed = ''", "lookup_digest = sha256('x')", "lookup_key = 'x'"],
)
def test_address_that_is_not_the_accounts_own_is_left_out(
    admin: psycopg.Connection,
    addressed: Callable[..., list[email_addresses.OwnAddress]],
    change: str,
) -> None:
    """What does not open, or stands beside another's digest, is nobody's: the page goes without."""
    admin.execute(f"UPDATE vault.email_addresses SET {change}")
    assert addressed() == []
    assert len(reported(admin)) == 1


def test_address_of_somebody_else_is_left_out(
    admin: psycopg.Connection, addressed: Callable[..., list[email_addresses.OwnAddress]]
) -> None:
    """A confirmed row with its MAC, moved to another account as it is."""
    thief = sign_up("Mallory")
    session = sign_in(thief)
    admin.execute("UPDATE vault.email_addresses SET account_id = %s", [thief.account_id])
    assert email_addresses.own_addresses(session) == []
    assert len(reported(admin)) == 1


@pytest.mark.parametrize("missing", range(4))
def test_address_of_which_a_part_is_missing_makes_no_account(
    admin: psycopg.Connection, login: Login, missing: int
) -> None:
    """All of an address or nothing of it."""
    parts: list[Any] = [uuid4(), random_32() * 2, random_32(), "t1"]
    with login("web") as web:
        whole = list(parts)
        parts[missing] = None
        assert register(web, "Ada", address=parts)["status"] == "bad_request"
        assert register(web, "Ada", address=whole)["status"] == "created"
    assert value(
        admin,
        "SELECT (verified_at, mac, mac_key) = (NULL, '', '') IS NULL FROM vault.email_addresses",
    )
