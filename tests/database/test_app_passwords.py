"""App passwords: 160 bits for a program's own scopes and networks, and nothing else."""

from collections import Counter
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import Login, ask, call, random_32, value
from tests.database.factors import enrol_app
from tests.database.mail import Playing, a_member, fresh, letters
from tests.database.people import Member, attempt_of, prove, sign_in
from tests.database.programs import ORIGIN, made_by, make, use
from tests.database.racing import raced
from tests.web.counting import counted_hashes, counted_sql
from vault import app_passwords
from vault.app_passwords import NewAppPassword, Verdict
from vault.events import NOWHERE


def test_app_password_opens_its_scopes_and_no_session(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A program learns whose it is and what it may do; the sign-in page takes it for nothing."""
    session, typed, made = made_by(playing)
    verdict = use("Ada", typed)
    assert verdict == Verdict(
        "right",
        id=made,
        account_id=session.account_id,
        username="Ada",
        scopes=("edit", "upload"),
    )
    assert prove(Member(session.account_id, "Ada", typed)).status == "wrong"
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 1
    assert [one["template"] for one in letters(admin)] == ["app_password_added"]
    [own] = app_passwords.own(session)
    assert (own.id, own.name, own.scopes, own.networks) == (made, "Bot", ("edit", "upload"), ())
    assert own.last_used_at is not None


@pytest.mark.parametrize(
    "spelled",
    [
        lambda typed: typed.upper(),
        lambda typed: typed.replace("-", ""),
        lambda typed: typed.replace("-", " "),
        lambda typed: f" {typed}\n",
    ],
)
def test_app_password_however_it_is_grouped_is_the_same(
    vault: None, playing: Playing, spelled: Any
) -> None:
    """Capitals, spaces and hyphens are the reader's aid alone."""
    _, typed, _ = made_by(playing)
    assert [len(group) for group in typed.split("-")] == [4] * 8
    assert use("Ada", spelled(typed)).status == "right"


@pytest.mark.parametrize("typed", ["", "x", "a" * 31, "a" * 33, "1" * 32, "a-" * 200, "ä" * 32])
def test_app_password_of_another_form_is_wrong(vault: None, typed: str) -> None:
    """What can be none is asked about nobody."""
    with counted_sql() as statements:
        assert use("Ada", typed) == Verdict("wrong")
    assert statements == []


def test_app_password_takes_the_same_work_for_every_name(vault: None, playing: Playing) -> None:
    """One statement, no hash and one word, whoever is known and whatever they hold (V-enum)."""
    _, typed, _ = made_by(playing)
    a_member(playing, "Eve", None)
    heard = {}
    for name in ("Ada", "Eve", "Nobody"):
        with counted_sql() as statements, counted_hashes() as hashes:
            verdict = use(name, app_passwords.encode(b"w" * 20))
        heard[name] = (verdict, statements, hashes)
    assert heard["Ada"] == heard["Eve"] == heard["Nobody"]
    assert heard["Ada"][0] == Verdict("wrong")
    assert len(heard["Ada"][1]) == 1
    assert heard["Ada"][2] == []
    assert use("Nobody", typed) == use("Eve", typed) == Verdict("wrong")


def test_wrong_app_passwords_wait_and_right_ones_never_do(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Strangers use up a budget of their own, and keep nobody's programs out (V-limit)."""
    _, typed, _ = made_by(playing)
    wrong = app_passwords.encode(b"w" * 20)
    statuses = [use("Ada", wrong).status for _ in range(15)]
    assert statuses == ["wrong"] * 10 + ["wait"] * 5
    assert use("Ada", wrong).wait_seconds
    assert use("Ada", typed).status == "right"
    assert [use("Nobody", wrong).status for _ in range(15)] == statuses
    for name in ("Ada", "Nobody"):  # and the budget of the password is another one
        assert prove(Member(uuid4(), name, "not it")).status == "wrong"
    subjects = ask(admin, "SELECT octet_length(subject) AS bytes FROM vault.guess_budgets")
    assert sorted(row["bytes"] for row in subjects) == [2, 3, 16, 17]


@pytest.mark.parametrize(
    ("networks", "inside", "outside"),
    [
        (["192.0.2.0/24"], ["192.0.2.0", "192.0.2.255", "::ffff:192.0.2.1"], ["192.0.3.0", "::1"]),
        (["2001:db8::/32"], ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "192.0.2.1"]),
        (["::ffff:10.0.0.0/104"], ["10.9.9.9", "::ffff:10.1.1.1"], ["11.0.0.0"]),
        (["192.0.2.1/32", "2001:db8::1/128"], ["192.0.2.1", "2001:db8::1"], ["192.0.2.2"]),
        ([], ["192.0.2.1", "2001:db8::1"], []),
    ],
)
def test_app_password_is_right_in_its_networks_alone(
    vault: None, playing: Playing, networks: list[str], inside: list[str], outside: list[str]
) -> None:
    """Bound to networks, it is worth nothing elsewhere; bound to none, it is good anywhere."""
    session, typed, _ = made_by(playing, networks=[ip_network(one) for one in networks])
    assert [use("Ada", typed, address).status for address in inside] == ["right"] * len(inside)
    assert [use("Ada", typed, address).status for address in outside] == (
        ["network"] * len(outside)
    )
    assert len(app_passwords.own(session)[0].networks) == len(networks)


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("UPDATE vault.app_passwords SET revoked_at = clock_timestamp()", "wrong"),
        ("UPDATE vault.app_passwords SET expires_at = clock_timestamp()", "wrong"),
        ("UPDATE vault.accounts SET state = 'locked'", "locked"),
        ("UPDATE vault.site SET sign_in_open = false", "closed"),
        ("DELETE FROM vault.app_passwords", "wrong"),
    ],
)
def test_app_password_after_its_time_is_refused(
    admin: psycopg.Connection, playing: Playing, meanwhile: str, status: str
) -> None:
    """Revoked, expired, its account locked, or nobody may sign in: it opens nothing."""
    _, typed, _ = made_by(playing)
    admin.execute(meanwhile)
    assert use("Ada", typed) == Verdict(status)  # type: ignore[arg-type]
    if status in ("locked", "closed"):  # and a stranger is not told more than always
        wrong = use("Ada", app_passwords.encode(b"w" * 20))
        assert wrong.status == ("closed" if status == "closed" else "wrong")


def test_app_password_lives_as_long_as_was_said(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Its end is set when it is made, is ten years away at the most, and is in the list."""
    session, _, _ = made_by(playing, lives_seconds=3600)
    [own] = app_passwords.own(session)
    assert own.expires_at is not None
    assert (own.expires_at - own.created_at).total_seconds() == 3600
    admin.execute("UPDATE vault.app_passwords SET expires_at = clock_timestamp()")
    assert app_passwords.own(session) == []


def test_app_password_revoked_by_a_hundred_at_once_is_revoked_once(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """One revocation and one event, however often the button is pressed (V-race)."""
    session, typed, made = made_by(playing)
    arguments = (session.secret, made, *ORIGIN)
    answers = raced(
        100, login, lambda c: call(c, "api.revoke_app_password_v1", *arguments)["status"]
    )
    assert Counter(answers) == {"revoked": 1, "unknown": 99}
    events = "SELECT count(*) FROM vault.events WHERE tag = 'account:app_password:revoked'"
    assert value(admin, events) == 1
    assert use("Ada", typed).status == "wrong"
    assert app_passwords.own(session) == []


def test_app_password_of_somebody_else_is_neither_seen_nor_ended(
    vault: None, playing: Playing
) -> None:
    """One's own session reaches one's own alone; an ended one reaches nothing."""
    session, typed, made = made_by(playing)
    eves, hers, _ = made_by(playing, "Eve")
    assert app_passwords.revoke(eves, made, NOWHERE) == "unknown"
    assert app_passwords.revoke(eves, uuid4(), NOWHERE) == "unknown"
    assert made not in {one.id for one in app_passwords.own(eves)}
    assert use("Eve", typed) == use("Ada", hers) == Verdict("wrong")
    assert use("Ada", typed).status == "right"
    nobodys = type(session)(**{**vars(session), "secret": random_32()})
    assert app_passwords.revoke(nobodys, made, NOWHERE) == "gone"
    assert app_passwords.own(nobodys) == []
    assert app_passwords.revoke(session, made, NOWHERE) == "revoked"


def test_app_password_without_a_fresh_proof_of_ones_own_is_not_made(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Another person's proof, another session's, one to sign in, an old one, a weak one."""
    ada, eve = a_member(playing), a_member(playing, "Eve", "eve@example.org")
    session, second, hers = sign_in(ada), sign_in(ada), sign_in(eve)
    for attempt in (fresh(eve, hers), fresh(ada, second), attempt_of(ada)):
        assert make(session, attempt) == "gone"
    proof = fresh(ada, session)
    admin.execute(
        "UPDATE vault.attempts SET authenticated_at = authenticated_at - interval '5 minutes'"
    )
    assert make(session, proof) == "gone"
    enrol_app(ada, session)
    assert make(session, fresh(ada, session)) == "weak"
    assert value(admin, "SELECT count(*) FROM vault.app_passwords") == 0


def test_app_passwords_are_fifty_that_work_at_the_most(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Ended ones make room, and are not counted."""
    ada = a_member(playing)
    session = sign_in(ada)
    proof = fresh(ada, session)
    assert isinstance(make(session, proof), NewAppPassword)
    admin.execute(
        "INSERT INTO vault.app_passwords (id, account_id, secret_hash, name, scopes, networks,"
        " created_at, expires_at, revoked_at, mac, mac_key) SELECT gen_random_uuid(), account_id,"
        " sha256(n::text::bytea), name, scopes, networks, created_at,"
        " CASE n % 3 WHEN 1 THEN clock_timestamp() END,"
        " CASE n % 3 WHEN 2 THEN clock_timestamp() END, mac, mac_key"
        " FROM vault.app_passwords, generate_series(1, 147) AS n"
    )
    assert make(session, proof) == "full"
    admin.execute("UPDATE vault.app_passwords SET revoked_at = clock_timestamp()")
    assert isinstance(make(session, proof), NewAppPassword)
