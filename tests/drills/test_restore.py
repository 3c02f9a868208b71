"""Last night's backup is all that is left: what it revives is dead, and what changed since holds.

The site of the dump is followed by a day of changes, whose seals the store has; then the dump goes
into a fresh database, where ``manage.py afterrestore`` runs before anything is opened.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.test import override_settings

from demo.postgres import Server
from emergency.actions.after_restore import Restored, after_restore
from emergency.errors import StoreMissing, StoreOfAnotherTrail
from outbox import sealing
from tests.database.asking import (
    Login,
    Person,
    a_person,
    a_wiki,
    issue,
    open_session,
    redeem,
    value,
)
from tests.database.asking import prove as prove_by_sql
from tests.database.people import CHEAP, Member, attempt_of, prove, sign_in, sign_up
from tests.database.trail import records
from tests.drills.loot import Loot
from tests.drills.restoring import Play, dump, in_the_restored, manage, restored
from tests.environment import dsn
from vault import event_seals, lockouts, passwords, seal_handover, sessions
from vault.events import NOWHERE
from vault.sessions import Session

NEW_PASSWORD = "a horse of another colour"
_EVENTS = "SELECT array_agg(tag ORDER BY id) FROM vault.events WHERE tag ~ '^site:restore:'"


@dataclass(frozen=True)
class Night:
    """What was there when the dump was made, and what the day after it brought."""

    server: Server
    file: Path
    playing: Play
    ada: Member  # changes her password by day
    mallory: Member  # is locked by day
    grace: Member  # was locked by night, and is unlocked by day
    old_session: Session
    new_session: Session
    old_code: bytes
    spent_code: bytes
    old_attempt: Person


def _minute(playing: Play) -> None:
    with playing("worker"):
        sealing.keep_trail()


def _change_password(member: Member, session: Session) -> None:
    proof = attempt_of(member, purpose="reauthenticate", session_secret=session.secret)
    with override_settings(**CHEAP):
        assert passwords.change(session, proof, NEW_PASSWORD, language="en", origin=NOWHERE)


@pytest.fixture
def night(
    server: Server, admin: psycopg.Connection, login: Login, playing: Play, tmp_path: Path
) -> Night:
    """A site with a backup, and a day of changes behind it."""
    ada, mallory, grace = sign_up("Ada"), sign_up("Mallory"), sign_up("Grace")
    old_session = sign_in(ada)
    a_wiki(admin)
    a_wiki(admin, "wiki-b")
    with playing("owner"):
        lockouts.lock_account(grace.account_id, "a mistake", None)
    with login("web") as web:
        old_code = issue(web, old_session.secret)["code"]
        spent = issue(web, old_session.secret)
        eve = a_person(web, "Eve")
    _minute(playing)
    dump(server, tmp_path / "vault.dump")

    # The day.
    with login("web") as web:
        assert redeem(web, spent["code"])["status"] == "redeemed"
    new_session = sign_in(sign_up("Bob"))
    _change_password(ada, sign_in(ada))
    with playing("owner"):
        lockouts.lock_account(mallory.account_id, "taken over", None)
        lockouts.unlock_account(grace.account_id, "was a mistake", None)
    admin.execute("SELECT vault.set_wiki_state('wiki-b', 'suspended', 'compromised', NULL)")
    _minute(playing)
    return Night(
        server=server,
        file=tmp_path / "vault.dump",
        playing=playing,
        ada=ada,
        mallory=mallory,
        grace=grace,
        old_session=old_session,
        new_session=new_session,
        old_code=old_code,
        spent_code=spent["code"],
        old_attempt=eve,
    )


def _deal_with(night: Night, *, dry_run: bool = False, without_store: bool = False) -> Restored:
    with in_the_restored(night.playing, "owner"):
        return after_restore(dry_run=dry_run, without_store=without_store)


def _status(night: Night, member: Member) -> str:
    with in_the_restored(night.playing, "web"):
        return prove(member).status


def test_restored_backup_revives_no_session_code_or_attempt(night: Night, loot: Loot) -> None:
    """All of before the dump and of since is dead, what was ended and what was spent included."""
    with (
        restored(night.server, night.file),
        psycopg.connect(dsn("web", "authsite_restored"), autocommit=True) as web,
    ):
        proof = prove_by_sql(web, night.old_attempt)
        with in_the_restored(night.playing, "web"):
            assert sessions.resume(night.old_session.secret) is not None
        loot.gained("until afterrestore has run: every session of the dump, ended since or not")
        _deal_with(night)
        with in_the_restored(night.playing, "web"):
            assert sessions.resume(night.old_session.secret) is None
            assert sessions.resume(night.new_session.secret) is None
        loot.refused("sessions of before the dump and of since")
        for code in (night.old_code, night.spent_code):
            assert redeem(web, code)["status"] == "dead"
        loot.refused("codes of before the dump, also the one that was redeemed since")
        assert open_session(web, proof) == "gone"
        loot.refused("a sign-in that was half done")


def test_restored_backup_forgets_no_lock_and_no_changed_password(night: Night, loot: Loot) -> None:
    """What changed credentials or locks after the dump is applied again, from the store."""
    with restored(night.server, night.file) as admin:
        assert _status(night, night.ada) == "right"
        loot.gained("until afterrestore has run: the password that was changed since")
        _deal_with(night)
        assert _status(night, night.ada) == "wrong"
        loot.refused("the password that was changed since")
        assert _status(night, night.mallory) == "locked"
        loot.refused("the account that was locked since")
        assert _status(night, night.grace) == "right"
        states = admin.execute("SELECT client_id, state FROM vault.wikis ORDER BY 1").fetchall()
        assert states == [("wiki-a", "active"), ("wiki-b", "suspended")]
        loot.refused("the wiki that was suspended since")
        lock = admin.execute("SELECT reason FROM vault.account_locks WHERE lifted_at IS NULL")
        assert lock.fetchall() == [("taken over",)]


def test_restore_lists_who_must_do_what(night: Night, loot: Loot) -> None:
    """Changed passwords must be set anew; accounts of since are gone, and their names are kept."""
    with restored(night.server, night.file) as admin:
        planned = _deal_with(night, dry_run=True)
        assert value(admin, _EVENTS) is None
        assert _status(night, night.ada) == "right"
        done = _deal_with(night)
        assert done.lines == planned.lines
        assert (done.epoch_before, done.epoch_after) == (1, 2) == (1, planned.epoch_after)
        listed = {
            (line.username or line.client_id, line.tag, line.status, bool(line.todo))
            for line in done.lines
        }
        assert listed == {
            ("Ada", "account:password:changed", "applied", True),
            ("Mallory", "lockout:account:locked", "applied", False),
            ("Grace", "lockout:account:unlocked", "applied", False),
            ("wiki-b", "lockout:wiki:suspended", "applied", False),
            ("Bob", "account:sign_up:success", "gone", True),
        }
        tags = value(admin, _EVENTS)
        assert tags == [*["site:restore:reapplied"] * 4, "site:restore:applied"]
        [counts] = admin.execute(
            "SELECT detail -> 'counts' FROM vault.events WHERE tag = 'site:restore:applied'"
        ).fetchone() or [None]
        assert counts == {"applied": 4, "gone": 1}
        with in_the_restored(night.playing, "web"), pytest.raises(AssertionError):
            sign_up("Bob")  # looks alike: the name is kept
        loot.refused("the name of somebody whose account is gone")


def test_restore_that_was_dealt_with_is_only_looked_at(night: Night) -> None:
    """Run again it signs nobody out and undoes no later decision; a new dump is another restore."""
    with restored(night.server, night.file) as admin:
        _deal_with(night)
        with in_the_restored(night.playing, "web"):
            session = sign_in(night.grace)
        with in_the_restored(night.playing, "owner"):
            lockouts.unlock_account(night.mallory.account_id, "theirs again", None)
        with in_the_restored(night.playing, "worker"):
            sealing.keep_trail()
        again = _deal_with(night)
        assert again.handled
        assert again.epoch_before == again.epoch_after == 2
        assert {line.username: line.status for line in again.lines}["Ada"] == "waiting"
        assert _status(night, night.mallory) == "right"
        with in_the_restored(night.playing, "web"):
            assert sessions.resume(session.secret) is not None
        assert value(admin, _EVENTS)[-1] == "site:restore:applied"
        assert value(admin, _EVENTS).count("site:restore:applied") == 1
    with restored(night.server, night.file):
        later = _deal_with(night)
        assert not later.handled
        assert later.epoch_after == 3  # above what the store has seen of the first one
        assert _status(night, night.ada) == "wrong"
        assert _status(night, night.mallory) == "right"


def test_trail_after_a_restore_goes_on_where_the_store_ended(night: Night, loot: Loot) -> None:
    """Neither ids nor numbers are given twice; without the owner's note the gap is a finding."""
    before = records()[-1]["number"]
    newest = max(event["id"] for line in records() for event in line["events"])
    with restored(night.server, night.file) as admin:
        with in_the_restored(night.playing, "worker"):
            assert seal_handover.trouble() == "ahead"
            sealing.keep_trail()
        assert records()[-1]["number"] == before
        with in_the_restored(night.playing, "owner"):
            found = {finding.kind for finding in seal_handover.verify_store()}
        assert found == {"rolled_back"}
        loot.refused("a rolled back database that goes on unnoticed")
        _deal_with(night)
        assert value(admin, "SELECT min(id) FROM vault.events WHERE tag ~ '^site:restore:'") > (
            newest
        )
        with in_the_restored(night.playing, "worker"):
            sealing.keep_trail()
        assert records()[-1]["number"] == before + 1
        with in_the_restored(night.playing, "owner"):
            assert list(event_seals.verify()) == list(seal_handover.verify_store()) == []
        admin.execute(
            "UPDATE vault.events SET detail = jsonb_set(detail, '{after}', '99')"
            " WHERE tag = 'site:restore:applied'"
        )
        with in_the_restored(night.playing, "owner"):
            kinds = {finding.kind for finding in event_seals.verify()}
        assert kinds == {"gap_in_chain", "changed"}
        loot.refused("a gap in the trail with a note of one's own making")


def test_restore_by_the_commands_of_the_runbook_keeps_every_wall(night: Night) -> None:
    """After migrate and afterrestore the roles may do what they may do elsewhere, and no more."""
    privileges = (
        "SELECT p.oid::regprocedure::text, has_function_privilege(r, p.oid, 'EXECUTE')"
        " FROM pg_proc p, unnest('{authsite_web,authsite_worker,authsite_operator}'::name[]) AS r"
        " WHERE p.pronamespace::regnamespace::text IN ('api', 'vault')"
        " OR p.proname ~ '^(lo_|pg_advisory_)' ORDER BY 1, r"
    )
    with restored(night.server, night.file) as admin:
        manage("migrate", "--database", "vault")
        assert "every session" in manage("afterrestore").casefold()
        assert json.loads(manage("afterrestore", "--json"))["handled"] is True
        with psycopg.connect(night.server.dsn("authsite_vault")) as before:
            wanted = before.execute(privileges).fetchall()
        assert admin.execute(privileges).fetchall() == wanted
        for statement in ("CREATE TEMP TABLE t ()", "DO $$ BEGIN END $$", "TABLE vault.events"):
            with (
                psycopg.connect(dsn("web", "authsite_restored")) as web,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                web.execute(statement)


def test_restore_without_a_store_ends_what_the_dump_revived(night: Night) -> None:
    """Where the store is lost as well it must be said, and then nothing is known of the day."""
    with restored(night.server, night.file):
        with in_the_restored(night.playing, "owner"), override_settings(SEAL_STORE=""):
            with pytest.raises(StoreMissing):
                after_restore(dry_run=False, without_store=False)
            done = after_restore(dry_run=False, without_store=True)
        # Above whatever wikis have seen: nobody knows how far the lost store had counted.
        assert done.epoch_after > 1_000_000
        assert done.lines == []
        with in_the_restored(night.playing, "web"):
            assert sessions.resume(night.old_session.secret) is None
            assert prove(night.ada).status == "right"


def test_restore_with_the_store_of_another_site_changes_nothing(night: Night) -> None:
    """A store whose seals are others is no witness."""
    with restored(night.server, night.file) as admin:
        admin.execute("UPDATE vault.event_seals SET mac = sha256('x')")
        with pytest.raises(StoreOfAnotherTrail):
            _deal_with(night)
        assert value(admin, "SELECT epoch FROM vault.site") == 1
        assert _status(night, night.ada) == "right"
