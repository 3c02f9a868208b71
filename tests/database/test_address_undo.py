"""Undoing a change of addresses, by the letter that told the old one of it.

Who has the last word when two undo each other's changes: tests/properties/test_address_undo.py.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.database.asking import (
    AGENT,
    NETWORK,
    Login,
    a_wiki,
    ask,
    call,
    random_32,
    reported,
    value,
)
from tests.database.mail import (
    ADDRESS,
    EVES,
    HERE,
    Playing,
    a_reset_token,
    add,
    answer_requests,
    ask_for_reset,
    confirm,
    live_addresses,
    mailed,
    redeem,
    remove,
    request_reset,
    reset,
    restore,
    sent_to,
    set_primary,
    signed_in,
    taken_over,
    tokens,
)
from tests.database.people import PASSWORD, Member, prove, sign_in
from vault import sessions
from vault.attempts import Attempt
from vault.email_addresses import own_addresses
from vault.mailed_tokens import MailedToken, find
from vault.seals import open_address

ADA = Member(UUID(int=0), "Ada", PASSWORD)  # as whoever knows name and password


def _told(admin: psycopg.Connection) -> list[tuple[str, str]]:
    """Each letter so far: which, and to whom."""
    rows = ask(
        admin,
        "SELECT account_id, sealed_address, payload FROM vault.outbox WHERE kind = 'letter'"
        " ORDER BY id",
    )
    return [
        (row["payload"]["template"], open_address(row["sealed_address"], row["account_id"]))
        for row in rows
    ]


def test_undo_of_a_change_makes_the_old_address_the_only_one(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Letters come there again; the new one is told, and everybody is signed out, wikis as well."""
    session, _ = taken_over(playing, admin)
    admin.execute(
        "INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, %s)",
        [session.sid, a_wiki(admin)],
    )
    undo = mailed(playing, admin, purpose="undo")
    found = restore(undo)
    assert isinstance(found, MailedToken)
    assert (found.purpose, found.address, found.username) == ("undo", ADDRESS, "Ada")
    assert live_addresses(admin) == {ADDRESS: True}
    assert _told(admin)[-2:] == [("address_changed", ADDRESS), ("address_undone", EVES)]
    assert sessions.resume(session.secret) is None
    assert value(admin, "SELECT end_reason FROM vault.sessions") == "address_restored"
    logouts = "SELECT count(*) FROM vault.outbox WHERE kind = 'backchannel_logout'"
    assert value(admin, logouts) == 1
    tags = [row["tag"] for row in ask(admin, "SELECT tag FROM vault.events ORDER BY id")]
    assert tags[-2:] == ["account:email:removed", "account:email:restored"]
    assert restore(undo) == "spent"


def test_undo_of_a_removal_brings_the_address_back(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Also where it was the last one, and there is none to tell."""
    _, session, proof = signed_in(playing)
    old = own_addresses(session)[0].id
    assert remove(session, proof, old) == "removed"
    assert own_addresses(session) == []
    assert _told(admin) == [("address_removed", ADDRESS)]
    assert isinstance(restore(mailed(playing, admin, purpose="undo")), MailedToken)
    assert live_addresses(admin) == {ADDRESS: True}
    ask_for_reset(playing, admin)
    assert len(sent_to(admin)) == 1


def test_undo_survives_all_that_an_intruder_can_end(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A new password by letter, all sessions ended, the address removed: the letter still works."""
    session, proof = taken_over(playing, admin)
    undo = mailed(playing, admin, purpose="undo")
    old = next(one.id for one in own_addresses(session) if one.address == ADDRESS)
    assert remove(session, proof, old) == "removed"
    attempt = redeem(a_reset_token(playing, admin, address=EVES))
    assert isinstance(attempt, Attempt)
    assert reset(attempt) == "reset"
    admin.execute("UPDATE vault.site SET epoch = epoch + 1")
    assert isinstance(restore(undo), MailedToken)
    assert live_addresses(admin) == {ADDRESS: True}


def test_undo_leaves_nothing_of_what_was_mailed_to_the_new_address(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Its resets, its own undo and its word on sessions are void, and so is what was opened."""
    session, proof = taken_over(playing, admin)
    for device in (b"1" * 32, b"2" * 32):  # Ada comes in, and the intruder hears of it
        sign_in(ADA, origin=replace(HERE, device=device))
    resetting = a_reset_token(playing, admin, address=EVES)
    opened = redeem(a_reset_token(playing, admin, address=EVES))
    assert isinstance(opened, Attempt)
    another = add(session, proof, "eve@example.com")
    confirm(mailed(playing, admin, address="eve@example.com", purpose="confirm"))
    assert set_primary(session, proof, another) == "changed"
    theirs = mailed(playing, admin, address=EVES, purpose="undo")
    disowning = mailed(playing, admin, address=EVES, purpose="disown")
    [mine, _] = tokens(admin, "undo")
    assert isinstance(restore(mailed(playing, admin, mine)), MailedToken)
    assert redeem(resetting) == "dead"
    assert reset(opened) == "gone"
    assert restore(theirs) == "spent"
    assert find(disowning, "disown", browser=None) == "spent"
    request_reset(None, address=EVES)
    answer_requests(playing, admin)
    assert not [one for one in sent_to(admin)[2:] if one[0] == EVES]


def test_undo_from_a_newer_address_can_be_undone_by_the_older(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Whoever adds and removes an address has a letter to undo that; the owner gets one too.

    Without it, the intruder's letter would take the owner's only address, and leave no way back.
    """
    _, session, proof = signed_in(playing)
    added = add(session, proof, EVES)
    confirm(mailed(playing, admin, address=EVES, purpose="confirm"))
    assert remove(session, proof, added) == "removed"
    assert isinstance(restore(mailed(playing, admin, address=EVES, purpose="undo")), MailedToken)
    assert live_addresses(admin) == {EVES: True}
    assert _told(admin)[-1] == ("address_removed", ADDRESS)
    assert isinstance(restore(mailed(playing, admin, purpose="undo")), MailedToken)
    assert live_addresses(admin) == {ADDRESS: True}
    assert _told(admin)[-1] == ("address_undone", EVES)


@pytest.mark.parametrize(("days", "status"), [(6.9, "restored"), (7.1, "expired")])
def test_undo_is_good_for_seven_days_from_its_letter(
    admin: psycopg.Connection, playing: Playing, days: float, status: str
) -> None:
    """By the vault's clock, which alone says when the letter was written."""
    taken_over(playing, admin)
    undo = mailed(playing, admin, purpose="undo")
    admin.execute(
        "UPDATE vault.mailed_tokens SET expires_at = expires_at - make_interval(secs => %s)",
        [days * 86_400],
    )
    found = restore(undo)
    assert ("restored" if isinstance(found, MailedToken) else found) == status
    assert live_addresses(admin) == (
        {ADDRESS: True} if status == "restored" else live_addresses(admin)
    )


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("UPDATE vault.accounts SET state = 'locked'", "dead"),
        ("DELETE FROM vault.email_addresses WHERE NOT is_primary", "dead"),
        ("UPDATE vault.email_addresses SET verified_at = NULL", "dead"),
        ("UPDATE vault.mailed_tokens SET expires_at = NULL", "expired"),
        ("DELETE FROM vault.mailed_tokens", "unknown"),
    ],
)
def test_undo_after_its_time_is_refused(
    admin: psycopg.Connection, login: Login, playing: Playing, meanwhile: str, status: str
) -> None:
    """A word for each reason, in Python and in the vault itself, and nothing changes."""
    taken_over(playing, admin)
    undo = mailed(playing, admin, purpose="undo")
    [token] = tokens(admin, "undo")
    admin.execute(meanwhile)
    before = live_addresses(admin)
    assert restore(undo) == status
    with login("web") as web:
        given = (token, undo, "en", NETWORK, AGENT)
        assert call(web, "api.restore_address_v1", *given)["status"] == status
    assert live_addresses(admin) == before


@pytest.mark.parametrize(
    ("position", "odd"),
    [(0, None), (1, None), (1, b""), (1, b"x" * 33), (2, None), (2, "en; --")],
)
def test_undo_with_arguments_missing_or_odd_is_a_bad_request(
    admin: psycopg.Connection, login: Login, playing: Playing, position: int, odd: Any
) -> None:
    """Each argument alone: a status of its own, and nothing is spent by it."""
    taken_over(playing, admin)
    undo = mailed(playing, admin, purpose="undo")
    good: list[Any] = [tokens(admin, "undo")[0], undo, "en"]
    with login("web") as web:
        arguments = [*good[:position], odd, *good[position + 1 :], NETWORK, AGENT]
        assert call(web, "api.restore_address_v1", *arguments)["status"] == "bad_request"
        given = (good[0], random_32(), "en", NETWORK, AGENT)
        assert call(web, "api.restore_address_v1", *given)["status"] == "unknown"
    assert isinstance(restore(undo), MailedToken)


def test_undo_whose_row_a_writer_changed_restores_nothing_and_is_reported(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Nor is another address restored by it, nor is another token made an undo (V-reset)."""
    session, _ = taken_over(playing, admin)
    undo = mailed(playing, admin, purpose="undo")
    [token] = tokens(admin, "undo")
    eves = next(one.id for one in own_addresses(session) if one.address == EVES)
    admin.execute("UPDATE vault.mailed_tokens SET address_id = %s WHERE id = %s", [eves, token])
    assert restore(undo) == "unknown"
    resetting = a_reset_token(playing, admin, address=EVES)
    admin.execute("UPDATE vault.mailed_tokens SET purpose = 'undo' WHERE purpose = 'reset'")
    assert restore(resetting) == "unknown"
    assert reported(admin) == {("mailed_token", str(one)) for one in tokens(admin, "undo")}
    assert live_addresses(admin) == {ADDRESS: False, EVES: True}


def test_undo_does_not_give_the_password_back(admin: psycopg.Connection, playing: Playing) -> None:
    """It only takes away: whoever set one knows it until its owner sets another, by letter."""
    taken_over(playing, admin)
    attempt = redeem(a_reset_token(playing, admin, address=EVES))
    assert isinstance(attempt, Attempt)
    reset(attempt)
    restore(mailed(playing, admin, tokens(admin, "undo")[0]))
    assert prove(ADA).status == "wrong"
    attempt = redeem(a_reset_token(playing, admin))
    assert isinstance(attempt, Attempt)
    assert reset(attempt, ADA.password) == "reset"
    assert prove(ADA).status == "right"
