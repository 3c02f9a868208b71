"""Lockouts in the vault: who may take them, what they end, and that the last operator stays."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest

from emergency.actions.end_sessions import end_sessions
from emergency.actions.lock_account import lock_account
from emergency.actions.operators import Operator, resume
from emergency.actions.suspend_wiki import resume_wiki, suspend_wiki
from emergency.actions.unlock_account import unlock_account
from emergency.errors import (
    AlreadyLocked,
    AlreadySuspended,
    LastOperator,
    MeasureRefused,
    NotAllowed,
    NotLocked,
    NotProven,
    NotSuspended,
    OwnAccount,
    ReasonMissing,
    TargetUnknown,
)
from tests.database import people
from tests.database.asking import Login, value, vouch_for_wikis
from tests.database.operating import enrolled, shows, signed_in
from tests.database.people import Member
from vault import operators, sessions
from vault.events import NOWHERE
from vault.operators import LEVELS, Level
from vault.passkeys import Passkey
from vault.sessions import Session

Playing = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Team:
    """An operator of each level, and somebody who is none."""

    operators: dict[Level, Operator]
    passkeys: dict[Level, Passkey]
    member: Member
    session: Session

    def proven(self, level: Level) -> Operator:
        """The operator of that level, who has just shown their passkey: for one measure."""
        return shows(self.operators[level], self.passkeys[level])


@pytest.fixture
def member(vault: None) -> Member:
    """Somebody with an account."""
    return people.sign_up("Ada")


def make_operator(playing: Playing, name: str, level: Level) -> Passkey:
    """Somebody with an account and a passkey of the operator's site."""
    return enrolled(playing, people.sign_up(name).account_id, level)


@pytest.fixture
def team(member: Member, playing: Playing) -> Iterator[Team]:
    """Plays the operator's process, with everybody signed in."""
    passkeys = {level: make_operator(playing, level.title(), level) for level in LEVELS}
    staff = {level: signed_in(playing, passkey) for level, passkey in passkeys.items()}
    session = people.sign_in(member)
    with playing("operator"):
        yield Team(staff, passkeys, member, session)


def is_alive(playing: Playing, session: Session) -> bool:
    """Whether the public site still takes a session."""
    with playing("web"):
        return sessions.resume(session.secret) is not None


def test_lock_ends_sessions_at_once_and_keeps_everybody_out(team: Team, playing: Playing) -> None:
    """A locked account has no session and gets none, by the right password either."""
    done = lock_account(team.member.account_id, "stolen", by=team.proven("locker"))
    assert (done.status, done.sessions_ended) == ("locked", 1)
    with playing("web"):
        assert sessions.resume(team.session.secret) is None
        assert people.prove(team.member).status == "locked"


def test_unlock_lets_in_again_and_revives_nothing(team: Team, playing: Playing) -> None:
    """What the lock ended stays ended; the password works again."""
    lock_account(team.member.account_id, "stolen", by=team.proven("locker"))
    by = team.proven("locker")
    assert unlock_account(team.member.account_id, "returned", by=by).status == "unlocked"
    assert not is_alive(playing, team.session)
    with playing("web"):
        assert people.prove(team.member).status == "right"


def test_end_sessions_ends_pending_sign_ins_too(team: Team, playing: Playing) -> None:
    """A proof that was given before opens no session after."""
    with playing("web"):
        pending = people.attempt_of(team.member)
    done = end_sessions(team.member.account_id, "lost phone", by=team.proven("locker"))
    assert (done.status, done.sessions_ended) == ("ended", 1)
    with playing("web"):
        opened = sessions.open_session(pending, kept=False, agent_label="", origin=NOWHERE)
        assert opened is None
        assert people.prove(team.member).status == "right"


@pytest.mark.parametrize("level", LEVELS)
def test_measure_goes_by_the_level_that_the_vault_has(team: Team, level: Level) -> None:
    """Lookers look, lockers lock accounts, chiefs suspend wikis too; the vault says so."""
    account = team.member.account_id
    if level == "looker":
        for act in (lock_account, unlock_account, end_sessions):
            with pytest.raises(NotAllowed):
                act(account, "x", by=team.proven(level))
    else:
        assert lock_account(account, "x", by=team.proven(level)).status == "locked"
        assert unlock_account(account, "x", by=team.proven(level)).status == "unlocked"
        assert end_sessions(account, "x", by=team.proven(level)).status == "ended"
    with pytest.raises(TargetUnknown if level == "chief" else NotAllowed):
        suspend_wiki("nothing", "x", by=team.proven(level))


def test_measure_without_a_passkey_shown_for_it_is_refused(team: Team) -> None:
    """A live session of the right level harms nobody by itself; one proof is for one measure."""
    by, account = team.operators["chief"], team.member.account_id
    for act in (lock_account, unlock_account, end_sessions):
        with pytest.raises(NotProven):
            act(account, "x", by=by)
    for change in (suspend_wiki, resume_wiki):
        with pytest.raises(NotProven):
            change("en", "x", by=by)
    team.proven("locker")
    with pytest.raises(NotProven):
        lock_account(account, "x", by=by)
    assert end_sessions(account, "x", by=team.proven("chief")).status == "ended"
    with pytest.raises(NotProven):
        lock_account(account, "x", by=by)
    assert team.session.account_id == account


def test_proof_of_five_minutes_ago_is_none(team: Team, admin: psycopg.Connection) -> None:
    """Whoever left the desk meanwhile shows the passkey again."""
    by = team.proven("chief")
    admin.execute(
        "UPDATE vault.sessions SET proven_at = proven_at - interval '5 minutes'"
        " WHERE proven_at IS NOT NULL"
    )
    with pytest.raises(NotProven):
        lock_account(team.member.account_id, "x", by=by)


@pytest.mark.parametrize("refused", ["no reason", "below their level", "already", "unknown"])
def test_proof_is_used_up_by_a_measure_that_was_refused(
    team: Team, admin: psycopg.Connection, refused: str
) -> None:
    """Whatever comes of it: no proof lies about for the next one."""
    account, level = team.member.account_id, "locker"
    act = {
        "no reason": lambda: lock_account(account, " ", by=team.proven(level)),
        "below their level": lambda: suspend_wiki("en", "x", by=team.proven(level)),
        "already": lambda: unlock_account(account, "x", by=team.proven(level)),
        "unknown": lambda: lock_account(uuid4(), "x", by=team.proven(level)),
    }[refused]
    with pytest.raises(MeasureRefused):
        act()
    assert value(admin, "SELECT count(*) FROM vault.sessions WHERE proven_at IS NOT NULL") == 0
    with pytest.raises(NotProven):
        lock_account(account, "x", by=team.operators[level])


def test_measure_by_what_is_no_operators_session_is_refused(team: Team) -> None:
    """A session of the public site and one that has ended do nothing."""
    ended = team.proven("chief")
    operators.sign_out(ended.session, NOWHERE)
    web = Operator(session=team.session, level="chief")
    for by in (ended, web):
        with pytest.raises(NotAllowed):
            lock_account(team.member.account_id, "x", by=by)
    assert resume("") is None
    assert resume("A" * 43) is None


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001])
def test_measure_without_a_usable_reason_is_refused(team: Team, reason: str) -> None:
    """The trail says why, or nothing happens."""
    for act in (lock_account, unlock_account, end_sessions):
        with pytest.raises(ReasonMissing):
            act(team.member.account_id, reason, by=team.proven("chief"))


def test_measure_on_nobody_and_done_twice_is_refused(team: Team) -> None:
    """Each refusal has a name of its own."""
    account = team.member.account_id
    for act in (lock_account, unlock_account, end_sessions):
        with pytest.raises(TargetUnknown):
            act(uuid4(), "x", by=team.proven("chief"))
    with pytest.raises(NotLocked):
        unlock_account(account, "x", by=team.proven("chief"))
    lock_account(account, "x", by=team.proven("chief"))
    with pytest.raises(AlreadyLocked):
        lock_account(account, "x", by=team.proven("chief"))


def test_lock_of_ones_own_account_is_refused(team: Team) -> None:
    """Another operator has to."""
    by = team.proven("locker")
    with pytest.raises(OwnAccount):
        lock_account(by.session.account_id, "x", by=by)


def test_lock_of_an_operator_ends_their_operators_session(team: Team) -> None:
    """One bad operator is locked by another, and can do nothing from then on."""
    bad, good = team.proven("locker"), team.proven("chief")
    lock_account(bad.session.account_id, "turned", by=good)
    with pytest.raises(NotAllowed):
        lock_account(team.member.account_id, "x", by=bad)
    assert operators.resume(bad.session.secret) is None


def test_operator_of_a_lower_level_cannot_shut_out_a_higher_one(team: Team) -> None:
    """One bad locker must not be able to lock those who could stop them."""
    locker, chief = team.operators["locker"], team.proven("chief")
    for measure in (lock_account, end_sessions):
        with pytest.raises(NotAllowed):
            measure(chief.session.account_id, "turned", by=team.proven("locker"))
    assert operators.resume(chief.session.secret) is not None
    assert lock_account(locker.session.account_id, "turned", by=chief).status == "locked"


def test_last_operator_who_can_unlock_is_never_locked(
    member: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """A looker cannot undo a lock, so they do not count; the console is refused too."""
    make_operator(playing, "Looker", "looker")
    only = make_operator(playing, "Only", "chief")
    with playing("owner"), pytest.raises(LastOperator):
        lock_account(only.account_id, "x", by=None)
    second = make_operator(playing, "Second", "locker")
    with playing("owner"):
        assert lock_account(only.account_id, "x", by=None).status == "locked"
        with pytest.raises(LastOperator):
            lock_account(second.account_id, "x", by=None)


def a_wiki(admin: psycopg.Connection, client_id: str = "en") -> None:
    """A registered wiki."""
    admin.execute(
        "INSERT INTO vault.wikis (client_id, name, first_party, token_endpoint_auth_method,"
        " home_uri, redirect_uris, post_logout_redirect_uris, response_types, require_pkce,"
        " id_token_alg, scopes, backchannel_logout_uri) VALUES (%s, 'English', true, 'none',"
        " 'https://en.wiki.example', '{https://en.wiki.example/cb}', '{}', '{code}', true,"
        " 'RS256', '{openid}', 'https://en.wiki.example/logout')",
        [client_id],
    )
    vouch_for_wikis(admin)


def test_lock_tells_every_wiki_of_every_session(team: Team, admin: psycopg.Connection) -> None:
    """Each wiki that a session has signed in to gets word, durably."""
    a_wiki(admin)
    admin.execute(
        "INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, 'en')", [team.session.sid]
    )
    lock_account(team.member.account_id, "stolen", by=team.proven("locker"))
    told = admin.execute(
        "SELECT payload->>'client_id', payload->>'sid' FROM vault.outbox"
        " WHERE kind = 'backchannel_logout'"
    ).fetchall()
    assert told == [("en", str(team.session.sid))]


def test_wiki_suspended_loses_what_it_was_given_and_stays_without_after(
    team: Team, admin: psycopg.Connection
) -> None:
    """Suspending revokes its grants; resuming revives none."""
    a_wiki(admin)
    admin.execute(
        "INSERT INTO vault.grants (id, code_hash, client_id, sid, account_id, account_epoch,"
        " site_epoch, redirect_uri, scopes, expires_at) VALUES (gen_random_uuid(), '\\x01', 'en',"
        " %s, %s, 1, 1, '', '{openid}', now() + '1 minute')",
        [team.session.sid, team.member.account_id],
    )
    with pytest.raises(NotSuspended):
        resume_wiki("en", "x", by=team.proven("chief"))
    assert suspend_wiki("en", "taken over", by=team.proven("chief")).status == "suspended"
    with pytest.raises(AlreadySuspended):
        suspend_wiki("en", "x", by=team.proven("chief"))
    assert resume_wiki("en", "cleaned", by=team.proven("chief")).status == "active"
    assert value(admin, "SELECT count(*) FROM vault.grants WHERE revoked_at IS NULL") == 0


def test_measure_leaves_an_event_with_actor_and_reason(
    team: Team, admin: psycopg.Connection
) -> None:
    """Who, whom, why, and how many: in the trail for good."""
    by = team.proven("locker")
    lock_account(team.member.account_id, " stolen ", by=by)
    assert admin.execute(
        "SELECT account_id, actor_id, detail FROM vault.events WHERE tag = 'lockout:account:locked'"
    ).fetchall() == [
        (
            team.member.account_id,
            by.session.account_id,
            {"reason": "stolen", "sessions_ended": 1},
        )
    ]


def test_console_doors_are_closed_to_every_other_role(
    vault: None, login: Login, member: Member
) -> None:
    """Only the owner locks without an operator's session."""
    doors = ("console_lock_account_v1", "console_unlock_account_v1")
    for role in ("web", "operator", "worker"):
        with login(role) as connection:
            for door in (*doors, "console_end_account_sessions_v1"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"SELECT api.{door}(%s, 'x')", [member.account_id])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT api.console_set_wiki_state_v1('en', 'active', 'x')")


def test_web_and_worker_cannot_take_a_measure_even_with_an_operators_secret(
    team: Team, login: Login
) -> None:
    """A stolen operator's cookie is of no use in another process's hands."""
    secret = team.proven("chief").session.secret
    for role in ("web", "worker"):
        with login(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "SELECT api.lock_account_v1(%s, %s, 'x')", [secret, team.member.account_id]
            )


@pytest.mark.parametrize("view", ["accounts", "wikis", "sessions", "events"])
def test_view_is_the_operators_to_read_and_nobodys_to_write(
    vault: None, login: Login, member: Member, view: str
) -> None:
    """The operator selects, and changes nothing through a view; others do not see it."""
    with login("operator") as connection:
        connection.execute(f"SELECT * FROM views.{view}")
        for verb in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
            assert not value(
                connection, "SELECT has_table_privilege(%s, %s)", f"views.{view}", verb
            )
    for role in ("web", "worker"):
        with login(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT * FROM views.{view}")


def test_views_have_no_column_that_holds_a_secret(vault: None, login: Login) -> None:
    """No view that an operator reads has bytes in it, nor a name of what is kept secret."""
    with login("operator") as connection:
        columns = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'views'"
        ).fetchall()
    assert len(columns) > 40
    forbidden = ("secret", "hash", "mac", "digest", "sealed", "salt", "tag_", "verifier")
    assert not [c for c, kind in columns if kind == "bytea" or any(f in c for f in forbidden)]


def test_views_have_no_volatile_clock(admin: psycopg.Connection) -> None:
    """With one, PostgreSQL computes every account's sessions before it cuts to a page of fifty."""
    definitions = admin.execute(
        "SELECT viewname, definition FROM pg_views WHERE schemaname = 'views'"
    ).fetchall()
    assert len(definitions) >= 4
    assert [name for name, definition in definitions if "clock_timestamp" in definition] == []
