"""A confirmed address that was removed: nobody's, and kept until nobody can undo that."""

from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import (
    value,
)
from tests.database.mail import (
    ADDRESS,
    EVES,
    HERE,
    Playing,
    a_member,
    a_reset_token,
    add,
    ask_for_reset,
    confirm,
    disown,
    fresh,
    letters,
    live_addresses,
    mailed,
    redeem,
    remove,
    reset,
    restore,
    ring_with,
    sent_to,
    set_primary,
    taken_over,
    tokens,
)
from tests.database.people import PASSWORD, Member, sign_in
from vault import outbox, resealing
from vault.attempts import Attempt
from vault.email_addresses import own_addresses
from vault.mailed_tokens import MailedToken
from vault.renewals import KINDS

ADA = Member(UUID(int=0), "Ada", PASSWORD)  # as whoever knows name and password


def test_address_that_was_removed_is_nobodys_until_it_is_restored(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """It gets no reset letter, is in no list, and may be added anew, by its owner or another."""
    session, proof = taken_over(playing, admin)
    old = next(one.id for one in own_addresses(session) if one.address == ADDRESS)
    assert remove(session, proof, old) == "removed"
    assert remove(session, proof, old) == set_primary(session, proof, old) == "unknown"
    assert [one.address for one in own_addresses(session)] == [EVES]
    admin.execute("DELETE FROM vault.outbox")
    ask_for_reset(playing, admin, None, address=ADDRESS)
    assert letters(admin) == []
    ask_for_reset(playing, admin)
    assert [address for address, _ in sent_to(admin)] == [EVES]
    bob = a_member(playing, "Bob", "bob@example.org")
    bobs = sign_in(bob)
    for owner, attempt in ((session, proof), (bobs, fresh(bob, bobs))):
        assert not isinstance(add(owner, attempt, ADDRESS), str)


@pytest.mark.parametrize("way", ["removed", "changed", "disowned"])
def test_way_back_that_a_letter_has_opened_ends_when_its_owner_acts(
    admin: psycopg.Connection, playing: Playing, way: str
) -> None:
    """Whoever reads the mailbox and waits at the new password gets no further."""
    ada = a_member(playing)
    session = sign_in(ada)
    proof = fresh(ada, session)
    [old] = [one.id for one in own_addresses(session)]
    opened = redeem(a_reset_token(playing, admin))
    assert isinstance(opened, Attempt)
    if way == "removed":
        assert remove(session, proof, old) == "removed"
    elif way == "changed":
        second = add(session, proof, EVES)
        confirm(mailed(playing, admin, address=EVES, purpose="confirm"))
        assert set_primary(session, proof, second) == "changed"
    else:
        sign_in(ada, origin=replace(HERE, device=b"s" * 32))
        sign_in(ada, origin=replace(HERE, device=b"t" * 32))
        assert isinstance(disown(mailed(playing, admin, purpose="disown")), MailedToken)
    assert reset(opened) == "gone"


@pytest.mark.parametrize(("days", "left"), [(8.9, 1), (9.1, 0)])
def test_address_that_was_removed_is_forgotten_after_nine_days(
    admin: psycopg.Connection, playing: Playing, days: float, left: int
) -> None:
    """Once nobody can undo it any more; an address that stays, stays."""
    session, proof = taken_over(playing, admin)
    old = next(one.id for one in own_addresses(session) if one.address == ADDRESS)
    remove(session, proof, old)
    for table, column in (("email_addresses", "removed_at"), ("mailed_tokens", "requested_at")):
        admin.execute(
            f"UPDATE vault.{table} SET {column} = {column} - make_interval(secs => %s)",  # type: ignore[arg-type]
            [days * 86_400],
        )
    with playing("worker"):
        outbox.prune()
    gone = "SELECT count(*) FROM vault.email_addresses WHERE removed_at IS NOT NULL"
    assert value(admin, gone) == left
    assert (value(admin, "SELECT count(*) FROM vault.mailed_tokens") > 0) is bool(left)
    assert live_addresses(admin) == {EVES: True}


def test_undo_works_after_the_address_was_put_under_a_new_key(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """An address that was removed is moved to the active key with all others."""
    session, proof = taken_over(playing, admin)
    old = next(one.id for one in own_addresses(session) if one.address == ADDRESS)
    remove(session, proof, old)
    undo = mailed(playing, admin, tokens(admin, "undo")[0])
    [addresses] = [kind for kind in KINDS if kind.what == "addresses"]
    ring = ring_with("AUTHSITE_ADDRESS_KEYS", "t2")
    with playing("owner"), override_settings(ADDRESS_KEYS=ring):
        resealing.reseal(addresses, batch=10, progress=lambda _: None)
    keys = "SELECT array_agg(DISTINCT lookup_key) FROM vault.email_addresses"
    assert value(admin, keys) == ["t2"]
    with override_settings(ADDRESS_KEYS=ring):
        assert isinstance(restore(undo), MailedToken)
        assert live_addresses(admin) == {ADDRESS: True}
