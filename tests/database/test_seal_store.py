"""The seal store: what was handed over outlives the database, and shows what became of it."""

import json
import stat
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings

from outbox import sealing
from tests.database import people
from tests.database.asking import value
from tests.database.trail import Trail, records, trail
from tests.environment import SEAL_STORE
from vault import connection, event_seals, lockouts, seal_handover, seal_store
from vault.event_seals import Finding
from vault.events import Origin
from vault.keys import KeyRing, new_key
from vault.seal_store import Record, StoreUnavailable

__all__ = ["trail"]


def _file() -> Path:
    [file] = SEAL_STORE.glob("*.jsonl")
    return file


def test_seal_is_handed_over_once_with_what_a_restore_must_know(trail: Trail) -> None:
    """The seal and the lines that change locks: of the others their digests alone."""
    ada = people.sign_up("Ada")
    people.prove(ada, origin=Origin(network="192.0.2.0/24", agent="Firefox"))
    with trail.playing("owner"):
        lockouts.lock_account(ada.account_id, "stolen", None)
    trail.seal()
    trail.sealed(2)
    assert trail.hand_over() == 2
    assert trail.hand_over() == 0
    first, second = records()
    assert first["site_epoch"] == 1
    assert first["seal"]["number"] == 1
    assert bytes.fromhex(first["seal"]["mac"]) == value(
        trail.admin, "SELECT mac FROM vault.event_seals WHERE number = 1"
    )
    assert [(line["tag"], line["username"]) for line in first["events"]] == [
        ("account:sign_up:success", "Ada"),
        ("lockout:account:locked", "Ada"),
    ]
    assert first["events"][1]["detail"] == {"reason": "stolen", "sessions_ended": 0}
    assert second["events"] == []
    assert trail.store_findings() == []


def test_store_holds_no_network_no_agent_and_no_secret(trail: Trail) -> None:
    """Whoever reads it learns who locked whom, and when somebody changed a credential."""
    ada = people.sign_up("Ada")
    session = people.sign_in(ada)
    trail.admin.execute("UPDATE vault.events SET network = 'N-N-N', agent = 'A-A-A'")
    trail.seal()
    trail.hand_over()
    text = _file().read_text()
    for secret in (session.secret.hex(), ada.password, b"N-N-N".hex(), b"A-A-A".hex()):
        assert secret not in text
    assert {key for line in records() for event in line["events"] for key in event} == {
        *("id", "at", "tag", "account_id", "username", "sid", "client_id", "actor_id", "detail")
    }


def test_store_can_be_read_by_its_owner_alone(trail: Trail) -> None:
    """Mode 600 in a folder of mode 700."""
    trail.sealed(1)
    trail.hand_over()
    assert stat.S_IMODE(_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(SEAL_STORE.stat().st_mode) == 0o700


def test_seal_that_was_lost_on_the_way_is_handed_over_again(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between the database and the file, or half a line, loses nothing."""
    trail.sealed(1)
    trail.write(tag="lockout:backends:ended")
    trail.seal()
    trail.hand_over()
    whole = _file().read_bytes()
    _file().write_bytes(whole[:-20])
    assert trail.hand_over() == 1
    assert trail.store_findings() == []
    assert [line for line in _file().read_bytes().splitlines(keepends=True) if line in whole] == (
        whole.splitlines(keepends=True)
    )
    _file().unlink()
    monkeypatch.setattr(seal_handover, "_AT_ONCE", 1)
    assert trail.hand_over() == 2
    assert trail.store_findings() == []


def test_epoch_that_rose_without_a_line_is_handed_over(trail: Trail) -> None:
    """The store's mark is never below the site's epoch for long."""
    trail.sealed(1)
    trail.hand_over()
    trail.admin.execute("UPDATE vault.site SET epoch = 7")
    assert trail.hand_over() == 0
    assert trail.hand_over() == 0
    assert [(line["site_epoch"], line["seal"] is None) for line in records()] == [
        (1, False),
        (7, True),
    ]
    assert trail.store_findings() == []
    trail.admin.execute("UPDATE vault.site SET epoch = 6")
    assert trail.store_findings() == [Finding("epoch_lowered", None)]
    trail.sealed(1)
    trail.hand_over()
    assert records()[-1]["site_epoch"] == 7


def test_store_that_cannot_be_written_keeps_nothing_from_being_sealed(trail: Trail) -> None:
    """It is reported; the next minute hands over what it lacks."""
    SEAL_STORE.write_text("in the way of the folder")
    trail.write(2)
    try:
        with trail.playing("worker"):
            sealing.keep_trail()
    finally:
        SEAL_STORE.unlink()
    assert value(trail.admin, "SELECT number FROM vault.event_sealing") == 1
    assert trail.refused_rows() == [("seal_store", "unavailable")]
    with trail.playing("worker"):
        sealing.keep_trail()
    assert [line["number"] for line in records()] == [1, 2]


def test_store_that_is_behind_is_found(trail: Trail) -> None:
    """Seals of more than five minutes ago that it does not have."""
    trail.sealed(1, 1)
    trail.hand_over()
    trail.sealed(1)
    assert trail.store_findings() == []
    trail.admin.execute("UPDATE vault.event_seals SET sealed_at = sealed_at - interval '6 minutes'")
    assert ("store_behind", 3) in {(found.kind, found.seal) for found in trail.store_findings()}


# A trail that is no longer what was handed over.


def test_trail_that_was_cut_off_and_sealed_anew_is_found(trail: Trail) -> None:
    """By somebody with the key: the database agrees with itself, and not with the store."""
    trail.sealed(1, 1)
    trail.write(tag="lockout:account:locked", account_id=uuid4())
    trail.seal()
    trail.hand_over()
    trail.admin.execute("DELETE FROM vault.events WHERE id = 3")
    trail.admin.execute("DELETE FROM vault.event_seals WHERE number = 3")
    trail.admin.execute("UPDATE vault.event_sealing SET number = 2, upto = 2")
    assert trail.findings() == []
    assert trail.store_findings() == [Finding("rolled_back", 3)]
    with trail.playing("worker"):
        assert seal_handover.trouble() == "ahead"
    trail.write()
    trail.seal()
    assert trail.findings() == []
    assert trail.store_findings() == [Finding("rewritten", 3)]
    with trail.playing("worker"):
        assert seal_handover.trouble() == "differs"


def test_line_that_was_changed_is_found_by_its_id_where_the_store_has_it(trail: Trail) -> None:
    """A seal covers many lines; those that were handed over are known one by one."""
    trail.write(2)
    trail.write(tag="lockout:account:locked", account_id=uuid4(), detail='{"reason": "x"}')
    trail.write()
    trail.seal()
    trail.hand_over()
    trail.admin.execute("""UPDATE vault.events SET detail = '{"reason": "y"}' WHERE id = 3""")
    assert trail.findings() == [Finding("changed", 1, "{[1,5)}")]
    assert trail.store_findings() == [Finding("rewritten", 1, "{[3,4)}")]


def test_worker_of_a_database_that_was_rolled_back_seals_nothing(trail: Trail) -> None:
    """It would give the numbers of lost seals to others; it says so every minute."""
    trail.sealed(1, 1)
    trail.hand_over()
    trail.admin.execute("DELETE FROM vault.events WHERE id = 2")
    trail.admin.execute("DELETE FROM vault.event_seals WHERE number = 2")
    trail.admin.execute("UPDATE vault.event_sealing SET number = 1, upto = 1")
    trail.write()
    with trail.playing("worker"):
        sealing.keep_trail()
    assert trail.refused_rows() == [("seal_store", "ahead")]
    assert value(trail.admin, "SELECT number FROM vault.event_sealing") == 1


# A store that somebody else wrote to.


def test_record_of_a_stranger_is_found_and_never_acted_on(trail: Trail) -> None:
    """Without the key nobody adds or changes a record, nor stops the handing over."""
    trail.sealed(1)
    trail.hand_over()
    forged = Record(number=900, site_epoch=900, seal=None)
    strange = KeyRing.parse("AUTHSITE_EVENT_KEYS", new_key("t1"))
    with trail.playing("worker"), override_settings(EVENT_KEYS=strange):
        line = forged.line()
    with _file().open("ab") as file:
        file.write(line + b'{"number": 901}\n[]\n7\n')
    with trail.playing("worker"):
        assert seal_handover.trouble() is None
    trail.sealed(1)
    assert trail.hand_over() == 1
    assert set(trail.store_findings()) == {Finding("store_broken", 2)}
    assert records()[-1]["site_epoch"] == 1


@pytest.mark.parametrize("victim", [0, 1])
def test_record_that_was_removed_or_garbled_is_found(trail: Trail, victim: int) -> None:
    """Numbers follow each other in the store."""
    trail.sealed(1, 1, 1)
    trail.hand_over()
    whole = _file().read_bytes().splitlines(keepends=True)
    _file().write_bytes(b"".join(whole[:victim] + whole[victim + 1 :]))
    assert trail.store_findings() == [Finding("store_broken", victim + 1)]
    _file().write_bytes(
        b"".join([*whole[:victim], whole[victim][:50], b"\n", *whole[victim + 1 :]])
    )
    assert trail.store_findings() == [Finding("store_broken", victim + 1)]
    changed = json.loads(whole[victim])
    changed["site_epoch"] = 900
    whole[victim] = json.dumps(changed).encode() + b"\n"
    _file().write_bytes(b"".join(whole))
    assert Finding("store_broken", victim + 1) in trail.store_findings()


def test_store_is_read_backwards_over_long_lines(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last record is found whatever the length of the lines and of the blocks."""
    trail.sealed(1)
    trail.write(3, tag="lockout:account:locked", detail=json.dumps({"reason": "x" * 1000}))
    trail.seal()
    trail.hand_over()
    for block in (1, 7, 100, 100_000):
        monkeypatch.setattr(seal_store, "_BLOCK", block)
        with trail.playing("worker"):
            last = seal_store.seal_store().last()
        assert last is not None
        assert last.number == 2


def test_process_without_a_store_finds_nothing_in_it(trail: Trail) -> None:
    """Owner processes may go without; then only the database is looked at."""
    trail.sealed(1)
    with trail.playing("owner"), override_settings(SEAL_STORE=""):
        assert list(seal_handover.verify_store()) == []
        with pytest.raises(StoreUnavailable):
            seal_handover.hand_over()


def test_minute_without_news_costs_three_questions(trail: Trail, admin: psycopg.Connection) -> None:
    """Whatever the length of the trail."""
    trail.sealed(1, 1)
    trail.hand_over()
    with trail.playing("worker"), connection.counted_statements() as asked:
        seal_handover.hand_over()
        event_seals.seal_closed_batch()
    assert len(asked) == 3
