"""Changing one's addresses: by fresh proof, and whoever else is in the account is out."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.test import override_settings

from tests.database.asking import AGENT, NETWORK, Login, ask, call, random_32, value
from tests.database.factors import enrol_app
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    HERE,
    Playing,
    a_member,
    a_reset_token,
    add,
    confirm,
    fresh,
    letters,
    mailed,
    redeem,
    ring_with,
    signed_in,
)
from tests.database.people import attempt_of, sign_in
from vault import address_changes, sessions
from vault.attempts import Attempt
from vault.email_addresses import own_addresses
from vault.mailed_tokens import MailedToken, find
from vault.sessions import Session

ORIGIN = (NETWORK, AGENT)
NEW = "ada@example.net"


def _states(session: Session) -> dict[str, tuple[bool, bool]]:
    """Each address: whether it is the primary one, whether it is confirmed."""
    return {one.address: (one.is_primary, one.is_confirmed) for one in own_addresses(session)}


def _ask_again(session: Session, address_id: UUID) -> str:
    return address_changes.request_confirmation(
        session, address_id, browser=BROWSER, language="en", origin=HERE
    )


def _set_primary(session: Session, attempt: Attempt, address_id: UUID) -> str:
    return address_changes.set_primary(session, attempt, address_id, language="en", origin=HERE)


def _remove(session: Session, attempt: Attempt, address_id: UUID) -> str:
    return address_changes.remove_address(session, attempt, address_id, language="en", origin=HERE)


def test_address_from_its_adding_to_its_being_the_primary_one(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Added, confirmed by its letter, made primary, the old one removed: and who is told what."""
    _, session, proof = signed_in(playing)
    old = own_addresses(session)[0].id
    new = add(session, proof, NEW)
    assert _states(session) == {ADDRESS: (True, True), NEW: (False, False)}
    assert _set_primary(session, proof, new) == "unknown"
    token = confirm(mailed(playing, admin, address=NEW))
    assert isinstance(token, MailedToken)
    assert (token.address, token.address_id, token.username) == (NEW, new, "Ada")
    assert _states(session) == {ADDRESS: (True, True), NEW: (False, True)}
    assert _ask_again(session, new) == "confirmed"
    assert _remove(session, proof, old) == "primary"
    assert _set_primary(session, proof, new) == "changed"
    assert _set_primary(session, proof, new) == "kept"
    assert _states(session) == {NEW: (True, True), ADDRESS: (False, True)}
    assert _remove(session, proof, old) == "removed"
    assert _remove(session, proof, old) == "unknown"
    assert _states(session) == {NEW: (True, True)}
    assert [one["template"] for one in letters(admin)] == [
        *("address_confirmation", "address_asked", "address_changed", "address_removed")
    ]
    tags = [row["tag"] for row in ask(admin, "SELECT tag FROM vault.events ORDER BY id")]
    assert [tag for tag in tags if ":email:" in tag] == [
        "account:email:asked",
        "account:email:confirmed",
        "account:email:changed",
        "account:email:removed",
    ]


def test_letters_about_a_change_go_to_the_address_that_was_there_before(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Whoever takes an account over cannot keep its owner from hearing of it."""
    _, session, proof = signed_in(playing)
    old = value(admin, "SELECT sealed FROM vault.email_addresses")
    new = add(session, proof, NEW)
    confirm(mailed(playing, admin, address=NEW))
    _set_primary(session, proof, new)
    told = {
        row["template"]: row["sealed"] == old
        for row in ask(
            admin,
            "SELECT payload ->> 'template' AS template, sealed_address AS sealed FROM vault.outbox",
        )
    }
    assert told == {"address_confirmation": False, "address_asked": True, "address_changed": True}


def test_first_address_becomes_the_primary_one_when_it_is_confirmed(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Where no confirmed one is, the one that is confirmed first gets the letters."""
    ada = a_member(playing, "Ada", None)
    session = sign_in(ada)
    proof = fresh(ada, session)
    wrong = add(session, proof, "typo@example.net")
    add(session, proof, NEW)
    assert _states(session) == {"typo@example.net": (True, False), NEW: (False, False)}
    confirm(mailed(playing, admin, address=NEW))
    assert _states(session) == {NEW: (True, True), "typo@example.net": (False, False)}
    assert _remove(session, proof, wrong) == "removed"
    assert letters(admin, "address_removed") == []


def test_address_that_is_the_only_one_and_a_wrong_one_can_be_removed(
    vault: None, playing: Playing
) -> None:
    """An address that was mistyped at sign-up stands in nobody's way."""
    ada = a_member(playing, "Ada", None)
    session = sign_in(ada)
    proof = fresh(ada, session)
    wrong = add(session, proof, "typo@example.net")
    add(session, proof, NEW)
    assert _remove(session, proof, wrong) == "removed"


def test_new_primary_address_ends_every_other_session(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Who else was signed in is out, and the browser that changed it stays; so for a removal."""
    ada, session, proof = signed_in(playing)
    new = add(session, proof, NEW)
    confirm(mailed(playing, admin, address=NEW))
    old = own_addresses(session)[0].id
    admin.execute("INSERT INTO vault.device_credentials SELECT sha256('d'), id FROM vault.accounts")
    others = [sign_in(ada) for _ in range(2)]
    assert _set_primary(session, proof, new) == "changed"
    assert [sessions.resume(one.secret) for one in others] == [None, None]
    assert value(admin, "SELECT count(*) FROM vault.device_credentials") == 0
    assert sessions.resume(session.secret) is not None
    other = sign_in(ada)
    assert _remove(session, proof, old) == "removed"
    assert sessions.resume(other.secret) is None
    assert sessions.resume(session.secret) is not None


def test_token_mailed_to_an_address_dies_with_it(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Somebody who still reads the old mailbox gets in by no letter that lies there (V-reset)."""
    _, session, proof = signed_in(playing)
    new = add(session, proof, NEW)
    confirm(mailed(playing, admin, address=NEW))
    resetting = a_reset_token(playing, admin)
    old = own_addresses(session)[0].id
    _set_primary(session, proof, new)
    _remove(session, proof, old)
    assert redeem(resetting) == "dead"


def test_address_that_one_has_already_is_not_added_again(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """However it is spelled, and under whichever key of the ring it is stored."""
    _, session, proof = signed_in(playing)
    for spelling in (ADDRESS, "ADA@example.org"):
        assert add(session, proof, spelling) == "exists"
        with override_settings(ADDRESS_KEYS=ring_with("AUTHSITE_ADDRESS_KEYS", "t2")):
            assert add(session, proof, spelling) == "exists"
    admin.execute(
        "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
        " is_primary) SELECT account_id, sealed, sha256(n::text::bytea), 't1', false"
        " FROM vault.email_addresses, generate_series(1, 4) AS n"
    )
    assert add(session, proof, NEW) == "full"


def test_change_without_a_fresh_proof_of_ones_own_is_refused(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Another session's proof, another person's, one to sign in, an old one, or none at all."""
    ada, session, proof = signed_in(playing)
    _, others, theirs = signed_in(playing, "Eve")
    new = add(session, proof, NEW)
    confirm(mailed(playing, admin, address=NEW))
    mine = own_addresses(session)[0].id
    second = sign_in(ada)
    for attempt in (theirs, attempt_of(ada), fresh(ada, second)):
        assert add(session, attempt, "x@example.net") == "gone"
        assert _set_primary(session, attempt, new) == "gone"
        assert _remove(session, attempt, mine) == "gone"
    for attempt in (theirs,):
        assert _set_primary(others, attempt, new) == "unknown"
        assert _remove(others, attempt, new) == "unknown"
        assert _ask_again(others, new) == "unknown"
        assert _ask_again(others, uuid4()) == "unknown"
    admin.execute(
        "UPDATE vault.attempts SET authenticated_at = authenticated_at - interval '5 minutes'"
    )
    assert add(session, proof, "x@example.net") == "gone"
    enrol_app(ada, session)
    weak = fresh(ada, session)
    assert add(session, weak, "x@example.net") == "weak"
    assert _set_primary(session, weak, new) == "weak"
    assert _remove(session, weak, new) == "weak"
    admin.execute("UPDATE vault.sessions SET ended_at = clock_timestamp()")
    for refused in (
        add(session, weak, "x@example.net"),
        _set_primary(session, weak, new),
        _remove(session, weak, new),
        _ask_again(session, new),
    ):
        assert refused == "gone"


def test_change_with_arguments_missing_or_odd_is_a_bad_request(
    vault: None, login: Login, playing: Playing
) -> None:
    """Each argument of each function alone: a status of its own, never an internal message."""
    _, session, proof = signed_in(playing)
    digest = random_32()
    proofs = [session.secret, proof.secret]
    functions: dict[str, tuple[list[Any], dict[int, list[Any]]]] = {
        "api.add_address_v1": (
            [*proofs, uuid4(), b"s" * 60, digest, "t1", [digest], random_32(), "en"],
            {
                0: [None, b"", b"x"],
                1: [None, b"", b"x"],
                2: [None, own_addresses(session)[0].id],
                3: [None, b"", b"s" * 29, b"s" * 2001],
                4: [None, b"d", b"d" * 33, random_32()],
                5: [None, "", "k" * 41],
                6: [None, [], [random_32()], [digest] * 11],
                7: [None, b"", b"b" * 33],
                8: [None, "", "x", "en;"],
            },
        ),
        "api.request_confirmation_v1": (
            [session.secret, own_addresses(session)[0].id, random_32(), "en"],
            {0: [None, b""], 1: [None], 2: [None, b"b"], 3: [None, "e" * 21]},
        ),
        "api.confirm_address_v1": (
            [uuid4(), random_32(), BROWSER, None, random_32(), "t1"],
            {0: [None], 1: [None, b"", b"t" * 33], 4: [None, b"m"], 5: [None, "", "k" * 41]},
        ),
        "api.set_primary_address_v1": (
            [*proofs, uuid4(), "en"],
            {0: [None], 1: [None], 2: [None], 3: [None, ""]},
        ),
        "api.remove_address_v1": (
            [*proofs, uuid4(), "en"],
            {0: [None], 1: [None], 2: [None], 3: [None, ""]},
        ),
    }
    with login("web") as web:
        for function, (good, odd) in functions.items():
            for position, values in odd.items():
                for wrong in values:
                    arguments = [*good[:position], wrong, *good[position + 1 :]]
                    status = call(web, function, *arguments, *ORIGIN)["status"]
                    is_proof = position in (0, 1) and function != "api.confirm_address_v1"
                    is_proof = is_proof and isinstance(good[position], bytes)
                    assert status == ("gone" if is_proof else "bad_request"), (function, wrong)
    assert find(random_32(), "confirm", browser=None) == "unknown"
