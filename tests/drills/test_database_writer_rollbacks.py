"""What the thief who writes every row does gain, shown one by one: docs/threat-model.md says so.

No MAC can say that a row is the newest of its kind, or that one is missing. Where a drill here
begins to fail, something has been won: take its line out of the threat model.
"""

from ipaddress import ip_address
from typing import Any

import psycopg
import pytest

from outbox.letters import write_letter
from tests.database.asking import ask, reported, value, vouch_for_wikis
from tests.database.factors import (
    enrol_app,
    enrol_codes,
    enrol_passkey,
    fresh_attempt,
    later,
    with_code,
)
from tests.database.mail import a_member
from tests.database.people import Member, attempt_of, prove, sign_in, sign_up
from tests.database.vouched import wiki
from tests.drills.loot import Loot
from vault import app_passwords, consents, operators, sessions, signing_keys, wikis
from vault.events import NOWHERE
from vault.outbox import Job
from vault.wikis import Wiki

__all__ = ["wiki"]


@pytest.fixture
def victim(vault: None) -> Member:
    """Whose password the thief knows."""
    return sign_up("Victim")


def test_database_writer_brings_ended_sessions_back(
    admin: psycopg.Connection, victim: Member, loot: Loot
) -> None:
    """Signed out, ended by epochs, idled out: until the end that its MAC names, and no longer."""
    session = sign_in(victim)
    sessions.end(session, NOWHERE)
    admin.execute("UPDATE vault.accounts SET epoch = epoch + 1")
    admin.execute("UPDATE vault.site SET epoch = epoch + 1")
    assert sessions.resume(session.secret) is None
    admin.execute("UPDATE vault.sessions SET ended_at = NULL, last_seen_at = now()")
    admin.execute("UPDATE vault.accounts SET epoch = epoch - 1")
    admin.execute("UPDATE vault.site SET epoch = epoch - 1")
    assert sessions.resume(session.secret) is not None
    loot.gained("an ended session, if it has the cookie")
    admin.execute("UPDATE vault.sessions SET expires_at = expires_at + interval '1 year'")
    assert sessions.resume(session.secret) is None
    assert reported(admin) == {("session", str(session.sid))}
    loot.refused("a session beyond its absolute end")


def test_database_writer_takes_second_factors_away(
    admin: psycopg.Connection, victim: Member, loot: Loot
) -> None:
    """Their password alone then signs in; the session and its assertions tell of no second one."""
    enrol_passkey(victim)
    enrol_codes(sign_up("Other"))
    assert "passkey" in attempt_of(victim).factors
    for table in ("totp_devices", "passkeys", "recovery_codes", "recovery_code_sets"):
        admin.execute(f"DELETE FROM vault.{table}")
    session = sign_in(victim)
    assert session.amr == ("pwd",)
    assert reported(admin) == set()
    loot.gained("an account whose password it knows, by deleting its second factors")
    loot.refused("that wikis are told of a second factor then")


def test_database_writer_guesses_without_an_end(
    admin: psycopg.Connection, victim: Member, loot: Loot
) -> None:
    """Budgets and counts are rows: it empties them. The limits by network are elsewhere."""
    secret = enrol_app(victim)
    attempt = attempt_of(victim)
    for _ in range(25):
        assert with_code(attempt, b"no secret of theirs!", now=later(0)).status == "wrong"
        admin.execute("UPDATE vault.attempts SET wrong_factors = 0")
        admin.execute("DELETE FROM vault.guess_budgets")
    assert with_code(attempt, secret, now=later(0)).status == "right"
    loot.gained("guesses at passwords and codes as fast as the limits by network let it")


def test_database_writer_uses_what_was_used_or_revoked(
    admin: psycopg.Connection, victim: Member, loot: Loot
) -> None:
    """A code of an app, an app password: only one that was genuine, and that it knows."""
    session = sign_in(victim)
    more: dict[str, Any] = {"lives_seconds": None, "language": "en", "origin": NOWHERE}
    made = app_passwords.add(
        session, fresh_attempt(victim, session), name="Bot", scopes=("edit",), networks=(), **more
    )
    assert isinstance(made, app_passwords.NewAppPassword)
    assert app_passwords.revoke(session, made.id, NOWHERE) == "revoked"
    here = {"address": ip_address("192.0.2.7"), "origin": NOWHERE}
    assert app_passwords.prove("Victim", made.typed, **here).status == "wrong"
    admin.execute("UPDATE vault.app_passwords SET revoked_at = NULL")
    assert app_passwords.prove("Victim", made.typed, **here).status == "right"
    secret, now = enrol_app(victim, session), later(0)
    assert with_code(attempt_of(victim), secret, now=now).status == "right"
    assert with_code(attempt_of(victim), secret, now=now).status == "wrong"
    admin.execute("UPDATE vault.totp_devices SET last_step = -1")
    assert with_code(attempt_of(victim), secret, now=now).status == "right"
    loot.gained("a revoked app password, or a code that was used, if it knows them")


def test_database_writer_brings_a_lock_an_operator_and_a_signing_key_back(
    admin: psycopg.Connection, victim: Member, playing: Any, loot: Loot
) -> None:
    """Whoever was locked out, was an operator once, or holds a signing key that was withdrawn."""
    admin.execute("UPDATE vault.accounts SET state = 'locked'")
    assert prove(victim).status == "locked"
    admin.execute("UPDATE vault.accounts SET state = 'active'")
    assert prove(victim).status == "right"
    loot.gained("an account that was locked, if it can sign in to it")
    with playing("owner"):
        operators.grant(victim.account_id, "chief")
    admin.execute("UPDATE vault.operators SET revoked_at = now()")
    with playing("operator"):
        assert not operators.is_operator(victim.account_id)
        admin.execute("UPDATE vault.operators SET revoked_at = NULL")
        assert operators.is_operator(victim.account_id)
    loot.gained("operator's rights that were ended, if it can sign in as that operator")
    admin.execute("CREATE TEMP TABLE kept AS TABLE vault.signing_keys")
    kid = signing_keys.signing_key("ES256").kid
    try:
        admin.execute("UPDATE vault.signing_keys SET state = 'retired', retired_at = '-infinity'")
        signing_keys.forget()
        assert signing_keys.key_set().published == ()
        admin.execute("UPDATE vault.signing_keys SET state = 'next' WHERE kid = %s", [kid])
        signing_keys.forget()
        assert [key["kid"] for key in signing_keys.key_set().published] == [kid]
    finally:
        admin.execute("DELETE FROM vault.signing_keys")
        admin.execute("INSERT INTO vault.signing_keys SELECT * FROM kept")
        signing_keys.forget()
    loot.gained("a withdrawn signing key published again, while its sealing key is in the ring")


def test_database_writer_brings_a_consent_back(
    admin: psycopg.Connection, victim: Member, wiki: Wiki, loot: Loot
) -> None:
    """Its MAC is as good as on the day when it was given: a wiki's owner is told again, unasked."""
    session = sign_in(victim)
    admin.execute("UPDATE vault.wikis SET first_party = false")
    vouch_for_wikis(admin)
    wikis.forget()
    given = consents.give(session, wiki, ("openid", "profile"), question="page", origin=NOWHERE)
    assert given == "given"
    admin.execute("CREATE TEMP TABLE kept AS TABLE vault.consents")
    assert consents.withdraw(session, wiki.client_id, NOWHERE) == "withdrawn"
    assert consents.find(session, wiki.client_id) is None
    admin.execute("INSERT INTO vault.consents SELECT * FROM kept")
    assert consents.find(session, wiki.client_id) is not None
    loot.gained("that a wiki is told again who somebody is who took that back")


def test_database_writer_has_letters_of_ours_sent_with_a_name_of_its_choice(
    admin: psycopg.Connection, playing: Any, loot: Loot
) -> None:
    """Any of our letters, to an address that the account gave; its one word is the user name."""
    member = a_member(playing, "Victim", "victim@example.org")
    admin.execute(
        "INSERT INTO vault.outbox (kind, account_id, sealed_address, payload)"
        " SELECT 'letter', a.id, e.sealed,"
        " vault.letter_payload('Somebody else', 'password_changed', 'en')"
        " FROM vault.accounts a JOIN vault.email_addresses e ON e.account_id = a.id"
        " WHERE a.id = %s",
        [member.account_id],
    )
    [row] = ask(
        admin,
        "SELECT id, kind, payload, 1 AS tries, account_id, created_at, sealed_address"
        " FROM vault.outbox",
    )
    with playing("worker"):
        letter = write_letter(Job(**row), "victim@example.org")
    assert "Somebody else" in str(letter.message())
    loot.gained("a letter of ours to the victim that calls them by a name of its choice")


def test_database_writer_keeps_word_from_people_and_wikis(
    admin: psycopg.Connection, playing: Any, loot: Loot
) -> None:
    """What has not been sent yet is a row, and so is what the trail has not sealed."""
    member = a_member(playing, "Victim", "victim@example.org")
    session = sign_in(member)
    enrol_app(member, session)
    assert value(admin, "SELECT count(*) FROM vault.outbox") >= 1
    admin.execute("DELETE FROM vault.outbox")
    admin.execute("DELETE FROM vault.session_wikis")
    admin.execute("DELETE FROM vault.alerts")
    sessions.end(session, NOWHERE)
    assert value(admin, "SELECT count(*) FROM vault.outbox") == 0
    loot.gained("that letters, alerts and word of a sign-out are not sent")
