"""Passkeys in the vault: rows that are not ours, and one's own list."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import ask, reported, value
from tests.database.factors import (
    enrol_app,
    enrol_passkey,
    fresh_attempt,
    later,
    new_passkey,
    present,
    presented,
    sign_in_with,
    with_code,
)
from tests.database.people import Member, attempt_of, sign_in, sign_up
from vault import passkeys, totp
from vault.errors import VaultRefused
from vault.events import NOWHERE
from vault.passkeys import NewPasskey, Verdict

Playing = Callable[[str], AbstractContextManager[None]]
MORE: dict[str, Any] = {"language": "en", "origin": NOWHERE}


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


# --- A row that is not ours --------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "account_id = (SELECT id FROM vault.accounts WHERE username = 'Mallory')",
        "user_handle = 'other'",
        "public_key = sha256('mine')",
        "aaguid = gen_random_uuid()",
        "is_synced = NOT is_synced",
        "mac = sha256('x')",
        "mac = ''",
        "mac_key = 'unknown'",
        "mac_key = ''",
    ],
)
def test_passkey_that_a_database_writer_made_or_changed_is_found_by_nobody(
    ada: Member, admin: psycopg.Connection, change: str, playing: Playing
) -> None:
    """Each field that is trusted counts, in each process that looks; and it is reported."""
    sign_up("Mallory")
    passkey = enrol_passkey(ada)
    admin.execute(f"UPDATE vault.passkeys SET {change}")
    assert passkeys.find(passkey.credential_id) is None
    with playing("operator"):
        assert passkeys.find(passkey.credential_id) is None
    assert {what for what, _ in reported(admin)} == {"passkey"}


def test_passkey_under_the_credential_id_of_another_is_not_found(
    ada: Member, admin: psycopg.Connection
) -> None:
    """A row that was given another id is nobody's."""
    enrol_passkey(ada)
    admin.execute("UPDATE vault.passkeys SET credential_id = sha256('mine')")
    credential = value(admin, "SELECT credential_id FROM vault.passkeys")
    assert passkeys.find(credential) is None


def test_passkey_that_was_moved_after_it_was_found_proves_nothing(
    ada: Member, admin: psycopg.Connection
) -> None:
    """Between the look and the proof, a database writer gains nobody's account."""
    passkey = enrol_passkey(ada)
    grace = sign_up("Grace")
    admin.execute("UPDATE vault.passkeys SET account_id = %s", [grace.account_id])
    assert present(passkey) == Verdict("unknown")
    assert {what for what, _ in reported(admin)} == {"passkey"}


def test_passkey_of_an_account_that_was_renamed_signs_nobody_in(
    ada: Member, admin: psycopg.Connection
) -> None:
    """A name that no key vouches for is used by no proof."""
    passkey = enrol_passkey(ada)
    admin.execute("UPDATE vault.accounts SET username = 'Countess'")
    assert present(passkey) == Verdict("unknown")
    assert {what for what, _ in reported(admin)} == {"account"}


@pytest.mark.parametrize("credential", [b"", b"x", b"x" * 2_000, bytes(32)])
def test_passkey_that_nobody_has_is_not_found(vault: None, credential: bytes) -> None:
    """Unknown, and no more is said."""
    assert passkeys.find(credential) is None


# --- One's own ---------------------------------------------------------------------------------


def test_passkeys_are_listed_renamed_and_removed_by_their_owner(ada: Member) -> None:
    """With what their page and a next registration need."""
    passkey = enrol_passkey(ada, transports=("internal", "hybrid"), backed_up=True, is_synced=True)
    session = sign_in_with(passkey)
    [mine] = passkeys.own_passkeys(session)
    assert (mine.credential_id, mine.user_handle) == (passkey.credential_id, passkey.user_handle)
    assert (mine.name, mine.transports) == ("Key", ("internal", "hybrid"))
    assert mine.is_synced
    assert not mine.backed_up, "as its last signature said"
    assert mine.last_used_at is not None
    assert passkeys.rename(session, mine.credential_id, "Blue key") == "renamed"
    [mine] = passkeys.own_passkeys(session)
    assert mine.name == "Blue key"
    proof = presented(passkey, purpose="reauthenticate", session_secret=session.secret)
    assert passkeys.remove(session, proof, mine.credential_id, **MORE) == "removed"
    assert passkeys.own_passkeys(session) == []
    assert passkeys.remove(session, proof, mine.credential_id, **MORE) == "unknown"


def test_passkey_of_somebody_else_is_unknown_to_ones_own_list(ada: Member) -> None:
    """V-object: by its id, which any wiki's visitor may present, nobody changes another's."""
    passkey = enrol_passkey(ada)
    mallory = sign_up("Mallory")
    session = sign_in(mallory)
    proof = fresh_attempt(mallory, session)
    assert passkeys.rename(session, passkey.credential_id, "Mine") == "unknown"
    assert passkeys.remove(session, proof, passkey.credential_id, **MORE) == "unknown"
    again = NewPasskey(**{**vars(new_passkey()), "credential_id": passkey.credential_id})
    assert passkeys.add(session, proof, again, name="Mine", **MORE) == "exists"
    assert passkeys.own_passkeys(session) == []
    assert passkeys.find(passkey.credential_id) == passkey


def test_passkey_is_added_and_removed_with_the_highest_factor_that_is_held(ada: Member) -> None:
    """V-enrol: the password does neither beside an app; its code adds, the passkey removes."""
    session = sign_in(ada)
    password = fresh_attempt(ada, session)
    secret = enrol_app(ada, session)
    credential = secrets.token_bytes(32)
    new = new_passkey(credential_id=credential)
    assert passkeys.add(session, password, new, name="Key", **MORE) == "weak"
    assert passkeys.remove(session, password, credential, **MORE) == "weak"
    assert with_code(password, secret, now=later(0)).status == "right"
    assert passkeys.add(session, password, new, name="Key", **MORE) == "added"
    assert passkeys.remove(session, password, credential, **MORE) == "weak"
    passkey = passkeys.find(credential)
    assert passkey is not None
    proof = presented(passkey, purpose="reauthenticate", session_secret=session.secret)
    assert passkeys.remove(session, proof, credential, **MORE) == "removed"


def test_passkey_the_twenty_first_is_refused(ada: Member) -> None:
    """Twenty are plenty."""
    session = sign_in(ada)
    proof = fresh_attempt(ada, session)
    first = new_passkey()
    assert passkeys.add(session, proof, first, name="Key", **MORE) == "added"
    found = passkeys.find(first.credential_id)
    assert found is not None
    proof = presented(found, purpose="reauthenticate", session_secret=session.secret)
    heard = [passkeys.add(session, proof, new_passkey(), name="K", **MORE) for _ in range(20)]
    assert heard == ["added"] * 19 + ["full"]


@pytest.mark.parametrize(
    "change",
    [
        {"credential_id": b""},
        {"credential_id": b"x" * 15},
        {"credential_id": b"x" * 1024},
        {"user_handle": b""},
        {"user_handle": b"x" * 65},
        {"public_key": b"x" * 31},
        {"public_key": b"x" * 2001},
        {"transports": ("usb",) * 11},
        {"transports": ("x" * 201,)},
        {"sign_count": -1},
        {"sign_count": 2**32},
    ],
)
def test_passkey_that_webauthn_does_not_know_is_not_stored(
    ada: Member, change: dict[str, Any]
) -> None:
    """V-webauthn: lengths and counters as the standard has them."""
    session = sign_in(ada)
    proof = fresh_attempt(ada, session)
    with pytest.raises(VaultRefused, match="bad_request"):
        passkeys.add(session, proof, new_passkey(**change), name="Key", **MORE)
    for name in ("", "x" * 101):
        with pytest.raises(VaultRefused, match="bad_request"):
            passkeys.add(session, proof, new_passkey(), name=name, **MORE)
    assert passkeys.own_passkeys(session) == []


def test_event_of_a_passkey_names_no_credential_id(ada: Member, admin: psycopg.Connection) -> None:
    """A digest stands for it in the trail."""
    passkey = enrol_passkey(ada)
    present(passkey)
    trail = str(ask(admin, "SELECT detail::text FROM vault.events WHERE tag ~ 'passkey'"))
    assert passkey.credential_id.hex() not in trail
    assert "credential" in trail


def test_account_with_an_app_and_a_passkey_names_both(ada: Member) -> None:
    """What a sign-in may ask for, the most phishing-resistant first."""
    session = sign_in(ada)
    secret = enrol_app(ada, session)
    proof = fresh_attempt(ada, session, secret)
    assert passkeys.add(session, proof, new_passkey(), name="Key", **MORE) == "added"
    assert attempt_of(ada).factors == ("passkey", "totp")
    assert totp.own_apps(session)[0].name == "Phone"
    assert passkeys.rename(session, uuid4().bytes, "x") == "unknown"
