"""Confirming an address by its letter: once, in time, by whoever reads that mailbox."""

from collections import Counter
from uuid import UUID

import psycopg
import pytest

from tests.database.asking import AGENT, NETWORK, Login, call, random_32, value
from tests.database.mail import (
    BROWSER,
    HERE,
    OTHER_BROWSER,
    Playing,
    a_member,
    a_reset_token,
    add,
    confirm,
    fresh,
    letters,
    mailed,
    redeem,
    signed_in,
    tokens,
)
from tests.database.people import sign_in
from tests.database.racing import raced
from vault import address_changes
from vault.attempts import Attempt
from vault.email_addresses import own_addresses
from vault.mailed_tokens import MailedToken
from vault.sessions import Session

ORIGIN = (NETWORK, AGENT)
NEW = "ada@example.net"


def _ask_again(session: Session, address_id: UUID) -> str:
    return address_changes.request_confirmation(
        session, address_id, browser=BROWSER, language="en", origin=HERE
    )


def _remove(session: Session, attempt: Attempt, address_id: UUID) -> str:
    return address_changes.remove_address(session, attempt, address_id, language="en", origin=HERE)


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("UPDATE vault.mailed_tokens SET spent_at = clock_timestamp()", "spent"),
        ("UPDATE vault.mailed_tokens SET expires_at = clock_timestamp()", "expired"),
        ("UPDATE vault.accounts SET state = 'locked'", "dead"),
        ("UPDATE vault.accounts SET epoch = epoch + 1", "dead"),
        ("UPDATE vault.site SET epoch = epoch + 1", "dead"),
        ("DELETE FROM vault.email_addresses WHERE NOT is_primary", "dead"),
        ("DELETE FROM vault.mailed_tokens", "unknown"),
    ],
)
def test_confirmation_after_its_time_is_refused(
    admin: psycopg.Connection, login: Login, playing: Playing, meanwhile: str, status: str
) -> None:
    """A word for each reason, in Python and in the vault itself, and nothing is confirmed."""
    _, session, proof = signed_in(playing)
    add(session, proof, NEW)
    secret = mailed(playing, admin, address=NEW)
    [token] = tokens(admin)
    admin.execute(meanwhile)
    assert confirm(secret) == status
    with login("web") as web:
        arguments = (token, secret, BROWSER, None, random_32(), "t1", *ORIGIN)
        assert call(web, "api.confirm_address_v1", *arguments)["status"] == status
    assert value(admin, "SELECT count(verified_at) FROM vault.email_addresses") == 1


def test_confirmation_of_another_form_purpose_or_browser_is_refused(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Odd tokens, a reset's, and another browser that does not say whose it is (V-replay)."""
    _, session, proof = signed_in(playing)
    a_member(playing, "Eve", "eve@example.org")
    resetting = a_reset_token(playing, admin)
    add(session, proof, NEW)
    secret = mailed(playing, admin, address=NEW)
    for odd in (b"", b"x", bytes(32), secret + b"x", secret[:31], resetting):
        assert confirm(odd) == "unknown"
    with login("web") as web:
        arguments = (tokens(admin)[0], resetting, BROWSER, None, random_32(), "t1", *ORIGIN)
        assert call(web, "api.confirm_address_v1", *arguments)["status"] == "unknown"
    for browser in (OTHER_BROWSER, None, b""):
        for username in (None, "", "Eve", "ada"):
            assert confirm(secret, browser=browser, username=username) == "other_browser"
    assert isinstance(confirm(secret, browser=None, username="Ada"), MailedToken)
    assert isinstance(redeem(resetting), Attempt)


def test_confirmation_raced_by_a_hundred_happens_once(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """One confirmation, one event; the other ninety-nine are told that it is spent (V-race)."""
    _, session, proof = signed_in(playing)
    add(session, proof, NEW)
    secret = mailed(playing, admin, address=NEW)
    [token] = tokens(admin)
    arguments = (token, secret, BROWSER, None, random_32(), "t1", *ORIGIN)
    answers = raced(100, login, lambda c: call(c, "api.confirm_address_v1", *arguments)["status"])
    assert Counter(answers) == {"confirmed": 1, "spent": 99}
    events = "SELECT count(*) FROM vault.events WHERE tag = 'account:email:confirmed'"
    assert value(admin, events) == 1


def test_addresses_confirmed_at_once_leave_one_primary(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Two letters answered in the same moment neither clash nor make two primary ones (V-race)."""
    ada = a_member(playing, "Ada", None)
    session = sign_in(ada)
    proof = fresh(ada, session)
    addresses = [f"ada{n}@example.net" for n in range(3)]
    armed = []
    for address in addresses:
        add(session, proof, address)
        armed.append((tokens(admin)[-1], mailed(playing, admin, address=address)))
    turns = iter(armed * 10)
    arguments = (BROWSER, None, random_32(), "t1", *ORIGIN)
    answers = raced(
        30, login, lambda c: call(c, "api.confirm_address_v1", *next(turns), *arguments)["status"]
    )
    assert Counter(answers) == {"confirmed": 3, "spent": 27}
    assert value(admin, "SELECT count(*) FROM vault.email_addresses WHERE is_primary") == 1


def test_confirmation_asked_for_again_and_again_sends_three_letters_an_hour(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Adding, asking again, removing and adding anew share three letters an hour (V-limit)."""
    _, session, proof = signed_in(playing)
    first = add(session, proof, NEW)
    assert _ask_again(session, first) == "asked"
    assert _remove(session, proof, first) == "removed"
    second = add(session, proof, "somebody@example.net")
    assert isinstance(second, UUID)
    assert _ask_again(session, second) == "wait"
    assert add(session, proof, "somebody-else@example.net") == "wait"
    assert len(letters(admin, "address_confirmation")) == 3
    assert len(own_addresses(session)) == 2
