"""The thief reads and writes every row of the vault, and holds none of the keys outside it."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

from tests.database.asking import ask, random_32, reported, sha256, value
from tests.database.factors import enrol_passkey, presented
from tests.database.people import CHEAP, PASSWORD, attempt_of, sign_in, sign_up
from tests.drills.loot import Loot
from vault import operator_passkeys, operators, passkeys, passwords, seals, sessions
from vault.errors import KeyUnknown, SealBroken
from vault.events import NOWHERE
from vault.hashing import Cost, argon2id
from vault.keys import KeyRing, new_key

Play = Callable[[str], AbstractContextManager[None]]


def _strangers_ring(name: str) -> KeyRing:
    """A ring with the right key id and a key of the thief's own."""
    return KeyRing.parse(name, new_key("t1"))


def test_database_writer_makes_no_session(admin: psycopg.Connection, loot: Loot) -> None:
    """Rows made, copied, stretched or given to somebody else carry no MAC of ours."""
    victim, mallory = sign_up("Victim"), sign_up("Mallory")
    own = sign_in(mallory)
    secret, sid = random_32(), uuid4()
    admin.execute(
        "INSERT INTO vault.sessions SELECT %s, %s, kind, %s, account_epoch, site_epoch, amr,"
        " authenticated_at, created_at, expires_at, idle_seconds, kept, last_seen_at,"
        " agent_label, mac, mac_key FROM vault.sessions WHERE sid = %s",
        [sid, sha256(secret), victim.account_id, own.sid],
    )
    assert sessions.resume(secret) is None
    admin.execute(
        "UPDATE vault.sessions SET account_id = %s WHERE sid = %s", [victim.account_id, own.sid]
    )
    assert sessions.resume(own.secret) is None
    assert reported(admin) == {("session", str(sid)), ("session", str(own.sid))}
    loot.refused("a session for the victim, made or turned over")
    attempt = attempt_of(mallory)
    admin.execute("UPDATE vault.attempts SET account_id = %s", [victim.account_id])
    opened = sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    assert opened is None or sessions.resume(opened.secret) is None
    loot.refused("its own half-finished sign-in turned over to the victim")


def test_database_writer_makes_no_operator(
    admin: psycopg.Connection, playing: Play, loot: Loot
) -> None:
    """A row in the table of operators is nothing without the owner's MAC."""
    mallory = sign_up("Mallory")
    admin.execute(
        "INSERT INTO vault.operators (account_id, level, granted_at, mac, mac_key)"
        " VALUES (%s, 'chief', now(), %s, 't1')",
        [mallory.account_id, random_32()],
    )
    own = enrol_passkey(mallory)
    admin.execute("UPDATE vault.passkeys SET kind = 'operator'")
    with playing("operator"):
        assert not operators.is_operator(mallory.account_id)
        assert passkeys.find(own.credential_id) is None
        # Even one of this site's, from when they were an operator, is none without the row.
        attempt = presented(own, purpose="operator")
        assert operators.sign_in(attempt, agent_label="", origin=NOWHERE) is None
    assert {what for what, _ in reported(admin)} == {"operator", "passkey"}
    loot.refused("operator's rights by a row of its own")
    admin.execute("DELETE FROM vault.operators")
    with playing("owner"):
        operators.grant(mallory.account_id, "looker")
    admin.execute(
        "INSERT INTO vault.operator_invites (token_hash, account_id, expires_at, mac, mac_key)"
        " VALUES (sha256('mine'), %s, now() + '1 hour', %s, 't1')",
        [mallory.account_id, random_32()],
    )
    with playing("operator"):
        assert operator_passkeys.find_invite(b"mine") is None
    assert ("operator_invite", str(mallory.account_id)) in reported(admin)
    loot.refused("a link of its own for an operator's passkey")
    admin.execute("UPDATE vault.operators SET level = 'chief'")
    with playing("operator"):
        assert not operators.is_operator(mallory.account_id)
    loot.refused("a higher level for an operator")


def test_database_writer_tries_no_password_offline(admin: psycopg.Connection, loot: Loot) -> None:
    """Salt, cost, subject and digest are all in its hands; the pepper is not."""
    victim = sign_up("Victim")
    [row] = ask(
        admin,
        "SELECT * FROM vault.password_verifiers JOIN vault.password_parameters USING (account_id)",
    )
    subject = value(admin, "SELECT vault.password_subject(%s)", victim.account_id)
    cost = Cost(row["memory_kib"], row["time_cost"], row["parallelism"])

    def digest_under(ring: KeyRing) -> bytes:
        key = ring.key(row["pepper_id"], "password")
        tag = argon2id(hmac.digest(key, subject + PASSWORD.encode(), "sha256"), row["salt"], cost)
        return hashlib.sha256(row["digest_salt"] + tag).digest()

    assert digest_under(settings.PEPPER_KEYS) == row["digest"], "the drill computes it rightly"
    for _ in range(5):
        assert digest_under(_strangers_ring("AUTHSITE_PEPPER_KEYS")) != row["digest"]
    loot.refused("telling a right guess from a wrong one without the pepper")


def test_database_writer_opens_no_seal(admin: psycopg.Connection, loot: Loot) -> None:
    """Signing keys and addresses are sealed under rings that are not in the database."""
    [row] = ask(admin, "SELECT kid, sealed_private FROM vault.signing_keys WHERE alg = 'RS256'")
    sealed = seals.seal_address("victim@example.org", uuid4())
    ring = _strangers_ring("AUTHSITE_SIGNING_KEYS")
    for box, purpose, owner in (
        (row["sealed_private"], "signing-key", row["kid"].encode()),
        (sealed, "address", b"x"),
    ):
        with pytest.raises((SealBroken, KeyUnknown)):
            seals.unseal(ring, purpose, box, owner)
    opened = seals.unseal(
        settings.SIGNING_KEYS, "signing-key", row["sealed_private"], row["kid"].encode()
    )
    assert json.loads(opened)["d"].encode() not in row["sealed_private"]
    loot.refused("private keys, and so assertions; addresses")


def test_database_writer_swaps_no_verifier(admin: psycopg.Connection, loot: Loot) -> None:
    """The victim's rows replaced by its own: its password does not open the victim's account."""
    victim, mallory = sign_up("Victim"), sign_up("Mallory", "mallory's own password")
    for table in ("password_parameters", "password_verifiers"):
        admin.execute(f"DELETE FROM vault.{table} WHERE account_id = %s", [victim.account_id])
        admin.execute(f"UPDATE vault.{table} SET account_id = %s", [victim.account_id])
    with override_settings(**CHEAP):
        verdict = passwords.prove("Victim", mallory.password, purpose="sign_in", origin=NOWHERE)
    assert verdict.status == "wrong"
    loot.refused("its own password on the victim's account")
    loot.gained("that the victim cannot sign in: locks, deletions, lost rows")


def test_database_writer_who_knocks_at_the_door_meanwhile_is_not_believed(
    admin: psycopg.Connection, loot: Loot
) -> None:
    """Who writes rows while it signs in can turn its guess into the verifier, and gains nothing.

    The database then says "right"; the proof beside the parameters, under the pepper, says no.
    """
    victim = sign_up("Victim")
    verdicts: list[passwords.Verdict] = []

    def knock() -> None:
        with override_settings(**CHEAP):
            verdicts.append(passwords.prove("Victim", "no idea", purpose="sign_in", origin=NOWHERE))

    admin.execute("BEGIN")
    admin.execute("SELECT FROM vault.accounts WHERE id = %s FOR UPDATE", [victim.account_id])
    thread = threading.Thread(target=knock)
    thread.start()
    deadline = time.monotonic() + 60
    copied = 0
    while not copied and time.monotonic() < deadline:
        copied = admin.execute(
            "UPDATE vault.password_verifiers v SET digest = p.digest"
            " FROM vault.password_proposals p WHERE p.account_id = v.account_id"
            " AND p.digest IS NOT NULL"
        ).rowcount
        time.sleep(0.01)
    admin.execute("COMMIT")
    thread.join(timeout=60)
    assert copied
    judged = "SELECT count(*) FROM vault.events WHERE tag = 'account:password:right'"
    assert admin.execute(judged).fetchone() == (1,)
    assert [verdict.status for verdict in verdicts] == ["wrong"]
    assert reported(admin) == {("password", str(victim.account_id))}
    loot.refused("a password of its own for an account, although it also knocks at the door")
