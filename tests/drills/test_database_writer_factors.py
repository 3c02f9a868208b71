"""The thief writes every row of second factors and attempts, and holds no key.

It knows the victim's password, has an account and factors of its own, and signs in like anybody: it
proves nothing that it does not hold. What deleting rows gives it is in
``test_database_writer_rollbacks.py``.
"""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import psycopg
import pytest

from tests.database.asking import ask, random_32, reported, sha256, value
from tests.database.factors import (
    cheaply,
    enrol_app,
    enrol_codes,
    enrol_passkey,
    fresh_attempt,
    later,
    new_passkey,
    present,
    with_code,
)
from tests.database.people import Member, attempt_of, sign_in, sign_up
from tests.drills.loot import Loot
from vault import (
    address_changes,
    app_passwords,
    passkeys,
    passwords,
    recovery_codes,
    sessions,
    totp,
)
from vault.attempts import Attempt
from vault.errors import VaultRefused
from vault.events import NOWHERE

MORE: dict[str, Any] = {"language": "en", "origin": NOWHERE}
# What an attempt would hold that a passkey which knew its user has proven as well.
ALL_PROOFS = "'{password,totp,hwk,uv}'"


def _opens_nothing(attempt: Attempt) -> None:
    """No session comes of an attempt whose row says more than was heard."""
    with pytest.raises(VaultRefused, match="changed"):
        sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)


@pytest.fixture
def victim(vault: None) -> Member:
    """Whose password the thief knows."""
    return sign_up("Victim")


@pytest.fixture
def mallory(vault: None) -> Member:
    """The thief's own account."""
    return sign_up("Mallory")


def test_database_writer_proves_nothing_by_writing_proofs_into_an_attempt(
    admin: psycopg.Connection, victim: Member, mallory: Member, loot: Loot
) -> None:
    """An attempt holds what this very sign-in has heard, whatever stands in its row by now."""
    enrol_app(victim)
    attempt = attempt_of(victim)
    admin.execute(f"UPDATE vault.attempts SET proofs = {ALL_PROOFS}, amr = '{{pwd,otp,mfa}}'")
    _opens_nothing(attempt)
    loot.refused("a second factor by writing that it was proven")
    secret = enrol_app(mallory)
    attempt = attempt_of(mallory)
    admin.execute(
        f"UPDATE vault.attempts SET proofs = {ALL_PROOFS} WHERE secret_hash = %s",
        [sha256(attempt.secret)],
    )
    verdict = with_code(attempt, secret, now=later(0))
    assert verdict.attempt is not None
    assert verdict.attempt.amr == ("pwd", "otp", "mfa")
    _opens_nothing(verdict.attempt)
    accounts = (victim.account_id, mallory.account_id)
    assert reported(admin) == {("attempt", str(account)) for account in accounts}
    loot.refused("an assertion that tells of a passkey, for a password and a code of its own")


def test_database_writer_with_a_found_key_alone_has_no_second_factor(
    admin: psycopg.Connection, victim: Member, mallory: Member, loot: Loot
) -> None:
    """A security key that did not know its user, and a password that nobody typed."""
    found = enrol_passkey(victim)
    first = present(found, user_verified=False)
    assert first.attempt is not None
    admin.execute(
        "UPDATE vault.attempts SET proofs = '{password,hwk}' WHERE secret_hash = %s",
        [sha256(first.attempt.secret)],
    )
    verdict = present(found, user_verified=False, attempt=first.attempt)
    assert verdict.attempt is not None
    assert verdict.attempt.amr == ("hwk", "user")
    _opens_nothing(verdict.attempt)
    assert reported(admin) == {("attempt", str(victim.account_id))}
    attempt = attempt_of(mallory)
    admin.execute(
        "UPDATE vault.attempts SET account_id = %s WHERE secret_hash = %s",
        [victim.account_id, sha256(attempt.secret)],
    )
    verdict = present(found, user_verified=False, attempt=attempt)
    assert verdict == passkeys.Verdict("gone")
    loot.refused("the password that a found security key still needs, written in or its own")
    admin.execute("UPDATE vault.passkeys SET is_synced = true")
    verdict = present(found)
    assert verdict.attempt is not None
    assert "swk" not in verdict.attempt.amr
    _opens_nothing(verdict.attempt)
    loot.refused("another kind of key than the one that was registered")


def test_database_writer_swaps_no_totp_secret(
    admin: psycopg.Connection, victim: Member, mallory: Member, loot: Loot
) -> None:
    """Its own sealed secret in the victim's row, its own row given to the victim, a copy of it."""
    enrol_app(victim)
    own = enrol_app(mallory)
    apps = {row["account_id"]: row["id"] for row in ask(admin, "SELECT * FROM vault.totp_devices")}
    admin.execute(
        "UPDATE vault.totp_devices v SET sealed_secret = m.sealed_secret,"
        " secret_digest = m.secret_digest FROM vault.totp_devices m"
        " WHERE v.account_id = %s AND m.account_id = %s",
        [victim.account_id, mallory.account_id],
    )
    assert with_code(attempt_of(victim), own, now=later(0)).status == "wrong"
    admin.execute("UPDATE vault.totp_devices SET account_id = %s", [victim.account_id])
    assert with_code(attempt_of(victim), own, now=later(1)).status == "wrong"
    assert reported(admin) == {("totp_device", str(app)) for app in apps.values()}
    loot.refused("a code of its own app at the victim's account")
    admin.execute("DELETE FROM vault.totp_devices WHERE id = %s", [apps[victim.account_id]])
    attempt = attempt_of(victim)
    # The attempt of the victim's password, turned over to an account whose app it holds.
    admin.execute("UPDATE vault.totp_devices SET account_id = %s", [mallory.account_id])
    admin.execute(
        "UPDATE vault.attempts SET account_id = %s WHERE secret_hash = %s",
        [mallory.account_id, sha256(attempt.secret)],
    )
    assert with_code(attempt, own, now=later(2)).status == "wrong"
    loot.refused("its own app within the victim's sign-in")


def test_database_writer_swaps_no_recovery_codes(
    admin: psycopg.Connection, victim: Member, mallory: Member, loot: Loot
) -> None:
    """Its own set with digests and proofs in place of the victim's, or the sign-in turned over."""
    enrol_codes(victim)
    own = enrol_codes(mallory)
    admin.execute("DELETE FROM vault.recovery_codes WHERE account_id = %s", [victim.account_id])
    admin.execute("DELETE FROM vault.recovery_code_sets WHERE account_id = %s", [victim.account_id])
    for table in ("recovery_code_sets", "recovery_codes"):
        columns = value(
            admin,
            "SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 1 AND NOT attisdropped",
            f"vault.{table}",
        )
        admin.execute(
            f"INSERT INTO vault.{table} (account_id, {columns})"
            f" SELECT %s, {columns} FROM vault.{table} WHERE account_id = %s",
            [victim.account_id, mallory.account_id],
        )
    with cheaply():
        verdict = recovery_codes.prove(attempt_of(victim), own[0], origin=NOWHERE)
    assert verdict.status == "wrong"
    # The digest is the victim's as it should be, the proof beside it is not.
    attempt = attempt_of(victim)
    admin.execute(
        "UPDATE vault.attempts SET account_id = %s WHERE secret_hash = %s",
        [mallory.account_id, sha256(attempt.secret)],
    )
    with cheaply():
        verdict = recovery_codes.prove(attempt, own[1], origin=NOWHERE)
    assert verdict.status == "wrong"
    assert reported(admin) == {("recovery_code", str(victim.account_id))}
    loot.refused("a recovery code of its own at the victim's account")


def test_database_writer_registers_no_passkey(
    admin: psycopg.Connection, victim: Member, mallory: Member, loot: Loot
) -> None:
    """Its own moved or copied to the victim, or its public key put into the victim's row."""
    own, theirs = enrol_passkey(mallory), enrol_passkey(victim)
    admin.execute(
        "UPDATE vault.passkeys SET account_id = %s WHERE credential_id = %s",
        [victim.account_id, own.credential_id],
    )
    assert passkeys.find(own.credential_id) is None
    assert present(own) == passkeys.Verdict("unknown"), "found before it was moved"
    copied = random_32()
    admin.execute(
        "INSERT INTO vault.passkeys SELECT %s, account_id, user_handle, public_key, aaguid,"
        " is_synced, backed_up, transports, name, sign_count, created_at, last_used_at, mac,"
        " mac_key FROM vault.passkeys WHERE credential_id = %s",
        [copied, theirs.credential_id],
    )
    assert passkeys.find(copied) is None
    admin.execute(
        "UPDATE vault.passkeys SET public_key = %s WHERE credential_id = %s",
        [own.public_key, theirs.credential_id],
    )
    assert passkeys.find(theirs.credential_id) is None
    refused = (own.credential_id, copied, theirs.credential_id)
    assert reported(admin) == {("passkey", sha256(one).hex()) for one in refused}
    loot.refused("a passkey of its own at the victim's account")


def test_database_writer_makes_moves_and_widens_no_app_password(
    admin: psycopg.Connection, victim: Member, mallory: Member, loot: Loot
) -> None:
    """Given to the victim, with more scopes, from everywhere, without an end."""
    session = sign_in(mallory)
    made = app_passwords.add(
        session,
        fresh_attempt(mallory, session),
        name="Bot",
        scopes=("read",),
        networks=(),
        lives_seconds=600,
        **MORE,
    )
    assert isinstance(made, app_passwords.NewAppPassword)
    genuine = ask(admin, "SELECT * FROM vault.app_passwords")[0]
    for change, name in (
        ("account_id = %(victim)s", "Victim"),
        ("scopes = '{read,edit}'", "Mallory"),
        ("expires_at = NULL", "Mallory"),
        ("secret_hash = sha256('another')", "Mallory"),
    ):
        admin.execute(f"UPDATE vault.app_passwords SET {change}", {"victim": victim.account_id})
        verdict = app_passwords.prove(
            name, made.typed, address=ip_address("192.0.2.7"), origin=NOWHERE
        )
        assert verdict.status == "wrong"
        admin.execute(
            "UPDATE vault.app_passwords SET account_id = %s, scopes = %s, expires_at = %s,"
            " secret_hash = %s",
            [genuine[one] for one in ("account_id", "scopes", "expires_at", "secret_hash")],
        )
    assert reported(admin) == {("app_password", str(made.id))}
    loot.refused("an app password for the victim, or one that opens more or lives longer")


def test_database_writer_in_a_stolen_session_proves_nothing_afresh(
    admin: psycopg.Connection, victim: Member, mallory: Member, loot: Loot
) -> None:
    """Its own fresh proof, turned over to the victim's session in the row of the attempt."""
    stolen = sign_in(victim)
    own = sign_in(mallory)

    def turned_over() -> Attempt:
        attempt = fresh_attempt(mallory, own)
        admin.execute(
            "UPDATE vault.attempts SET account_id = %s, sid = %s WHERE secret_hash = %s",
            [victim.account_id, stolen.sid, sha256(attempt.secret)],
        )
        return attempt

    with cheaply():
        assert passwords.change(stolen, turned_over(), "the thief's own password", **MORE) is None
        assert recovery_codes.replace(stolen, turned_over(), **MORE).status == "gone"
    assert passkeys.add(stolen, turned_over(), new_passkey(), name="Key", **MORE) == "gone"
    app = {"name": "Phone", "secret": random_32(), "step": int(later(0)) // 30}
    assert totp.add(stolen, turned_over(), **app, **MORE) == "gone"
    program: dict[str, Any] = {"name": "Bot", "scopes": ("edit",), "networks": ()}
    assert app_passwords.add(stolen, turned_over(), **program, lives_seconds=None, **MORE) == "gone"
    address = "thief@example.org"
    assert (
        address_changes.add_address(stolen, turned_over(), address, browser=random_32(), **MORE)
        == "gone"
    )
    loot.refused("a new password, factor, program or address in a session that it stole")


def test_database_writer_makes_no_proof_fresh_again(
    admin: psycopg.Connection, victim: Member, loot: Loot
) -> None:
    """Web looks at its own clock as well: neither the row nor the policy makes a proof younger."""
    session = sign_in(victim)
    attempt = fresh_attempt(victim, session)
    old = replace(attempt, auth_time=attempt.auth_time - 900)
    admin.execute("UPDATE vault.attempts SET authenticated_at = clock_timestamp()")
    assert passkeys.add(session, old, new_passkey(), name="Key", **MORE) == "gone"
    assert passkeys.add(session, attempt, new_passkey(), name="Key", **MORE) == "added"
    loot.refused("a proof of a quarter of an hour ago, where a fresh one is asked for")
