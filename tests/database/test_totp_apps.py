"""TOTP apps: secrets that nothing but an attempt opens, and one's own list (V-secretread)."""

import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import ask, reported
from tests.database.factors import (
    enrol_app,
    fresh_attempt,
    later,
    new_passkey,
    with_code,
)
from tests.database.people import Member, attempt_of, sign_in, sign_up
from vault import passkeys, totp
from vault.events import NOWHERE
from vault.totp_codes import step_at

Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


# --- The secret stays the app's ----------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "sealed_secret = (SELECT sealed_secret FROM vault.totp_devices WHERE name = 'hers')",
        "sealed_secret = (SELECT sealed_secret FROM vault.totp_devices WHERE name = 'other')",
        "sealed_secret = sha256('x') || sha256('y')",
        "sealed_secret = ''",
        "id = gen_random_uuid()",
    ],
)
def test_secret_that_was_moved_or_made_by_a_database_writer_opens_nothing(
    ada: Member, admin: psycopg.Connection, change: str
) -> None:
    """V-secretread: account and app are bound to it; the row is left out and written down."""
    session = sign_in(ada)
    enrol_app(sign_up("Grace"), name="hers")
    secret = enrol_app(ada, session, name="mine")
    proof = fresh_attempt(ada, session, secret, now=later(-1))
    other = secrets.token_bytes(20)
    more = {"step": step_at() - 5, "language": "en", "origin": NOWHERE}
    assert totp.add(session, proof, name="other", secret=other, **more) == "added"
    admin.execute(f"UPDATE vault.totp_devices SET {change} WHERE name = 'mine'")
    opening = totp.open_secrets(attempt_of(ada), NOWHERE)
    assert isinstance(opening, totp.Opening)
    assert [found for _, found, _ in opening.secrets] == [other]
    assert {what for what, _ in reported(admin)} == {"totp_device"}
    assert with_code(attempt_of(ada), secret, now=later(0)).status == "wrong"


def test_row_of_somebody_else_moved_to_ones_own_account_opens_nothing(
    ada: Member, admin: psycopg.Connection
) -> None:
    """A database writer cannot read a secret by giving its row to an account of theirs."""
    enrol_app(ada)
    mallory = sign_up("Mallory")
    admin.execute("UPDATE vault.totp_devices SET account_id = %s", [mallory.account_id])
    opening = totp.open_secrets(attempt_of(mallory), NOWHERE)
    assert isinstance(opening, totp.Opening)
    assert opening.secrets == ()


def test_secret_is_in_no_row_repr_or_event(ada: Member, admin: psycopg.Connection) -> None:
    """V-secretread: sealed in its table and nowhere else; no page and no opening shows it."""
    secret = enrol_app(ada, session := sign_in(ada))
    attempt = attempt_of(ada)
    opening = totp.open_secrets(attempt, NOWHERE)
    with_code(attempt, secret, now=later(0))
    heard = repr(opening) + repr(attempt) + repr(totp.own_apps(session))
    for row in ask(admin, "SELECT tablename FROM pg_tables WHERE schemaname = 'vault'"):
        heard += str(ask(admin, f"SELECT t::text FROM vault.{row['tablename']} t"))
    assert secret.hex() not in heard
    assert repr(secret)[2:-1] not in heard
    [kept] = ask(admin, "SELECT sealed_secret, secret_digest FROM vault.totp_devices")
    assert all(secret not in bytes(column) for column in kept.values())


# --- One's own apps ----------------------------------------------------------------------------


def test_apps_are_listed_renamed_and_removed_by_their_owner(ada: Member) -> None:
    """Their names and dates, oldest first."""
    session = sign_in(ada)
    secret = enrol_app(ada, session, name="Phone")
    [app] = totp.own_apps(session)
    assert (app.name, app.last_used_at) == ("Phone", None)
    assert totp.rename(session, app.id, "Old phone") == "renamed"
    proof = fresh_attempt(ada, session, secret)
    [app] = totp.own_apps(session)
    assert app.name == "Old phone"
    assert app.last_used_at is not None
    assert totp.remove(session, proof, app.id, language="en", origin=NOWHERE) == "removed"
    assert totp.own_apps(session) == []
    assert attempt_of(ada).factors == ()


def test_app_of_somebody_else_is_unknown(ada: Member) -> None:
    """By its id, which is no secret, nobody renames or removes it (V-object)."""
    enrol_app(ada, session := sign_in(ada))
    [app] = totp.own_apps(session)
    mallory = sign_up("Mallory")
    hers = sign_in(mallory)
    proof = fresh_attempt(mallory, hers)
    assert totp.rename(hers, app.id, "Mine") == "unknown"
    assert totp.remove(hers, proof, app.id, language="en", origin=NOWHERE) == "unknown"
    assert totp.rename(hers, uuid4(), "Mine") == "unknown"
    assert [mine.name for mine in totp.own_apps(session)] == ["Phone"]


@pytest.mark.parametrize("factor", ["totp", "passkey"])
def test_app_is_added_and_removed_with_the_second_factor_that_is_held(
    ada: Member, factor: str
) -> None:
    """V-enrol: the password alone adds and removes nothing beside a second factor."""
    session = sign_in(ada)
    password = fresh_attempt(ada, session)
    if factor == "totp":
        enrol_app(ada, session)
    else:
        more = {"name": "Key", "language": "en", "origin": NOWHERE}
        assert passkeys.add(session, password, new_passkey(), **more) == "added"
    more = {"language": "en", "origin": NOWHERE}
    given = {"name": "2", "secret": secrets.token_bytes(20), "step": step_at()}
    assert totp.add(session, password, **given, **more) == "weak"
    assert totp.remove(session, password, uuid4(), **more) == "weak"


def test_app_with_a_secret_that_the_account_has_already_is_refused(ada: Member) -> None:
    """One secret is enrolled once an account; another account may have it too."""
    session = sign_in(ada)
    secret = enrol_app(ada, session)
    proof = fresh_attempt(ada, session, secret)
    given = {"secret": secret, "step": step_at(), "language": "en", "origin": NOWHERE}
    assert totp.add(session, proof, name="Again", **given) == "exists"
    enrol_app(sign_up("Grace"), secret=secret)


def test_app_the_eleventh_is_refused(ada: Member, playing: Playing) -> None:
    """Ten are plenty, and each makes guessing easier."""
    with playing("owner"):
        statuses = [
            totp.import_device(ada.account_id, "Phone", secrets.token_bytes(20)) for _ in range(11)
        ]
    assert Counter(statuses) == {"added": 10, "full": 1}


def test_app_that_comes_from_elsewhere_works_from_where_it_was_used(
    ada: Member, playing: Playing
) -> None:
    """Codes that may have been used there are none here; an account that is not there gets none."""
    secret, now = secrets.token_bytes(20), later(0)
    with playing("owner"):
        assert totp.import_device(uuid4(), "Phone", secret) == "unknown"
        until = step_at(now)
        given = totp.import_device(ada.account_id, "Phone", secret, used_until=until)
        assert given == "added"
        with pytest.raises(Exception, match="bad_request"):
            totp.import_device(ada.account_id, "2", secrets.token_bytes(20), used_until=10**9)
    assert with_code(attempt_of(ada), secret, now=now).status == "wrong"
    assert with_code(attempt_of(ada), secret, now=now + 30).status == "right"
