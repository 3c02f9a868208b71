"""``rotatekeys --re-seal``: rows move to the active key, and only those that are ours."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest

from demo.databases import VAULT_DATABASE
from demo.postgres import Server
from tests.database.asking import Row, ask, value
from tests.database.console import Console, Playing
from tests.database.people import Member
from tests.database.rotating import Rings, changes_of, furnish, kept_keys
from vault import connection, key_rotation, operators, passkeys, resealing, signing_keys, wikis
from vault.renewals import KINDS

OF_NOBODY = {"PEPPER_KEYS", "SESSION_KEYS", "OPERATOR_SESSION_KEYS"}


@pytest.fixture
def rings() -> Rings:
    """A new key in front of every ring."""
    return Rings.make()


@pytest.fixture
def ada(
    vault: None,
    playing: Playing,
    capsys: pytest.CaptureFixture[str],
    admin: psycopg.Connection,
) -> Iterator[Member]:
    """A furnished vault, all of it under the keys of before."""
    with kept_keys(admin):
        yield furnish(Console(playing, capsys), admin)


@pytest.fixture
def console(ada: Member, rings: Rings, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console, started with the new rings."""
    return Console(rings.playing, capsys)


def named() -> dict[str, set[str]]:
    """Which keys the vault names, by kind of row."""
    found: dict[str, set[str]] = {}
    for use in key_rotation.key_usage():
        if use.ring not in OF_NOBODY:
            found.setdefault(use.what, set()).add(use.key_id)
    return found


def reseal(console: Console, *argv: str) -> dict[str, Any]:
    """What became of each kind of row, by a run that was content."""
    status, out, err = console.run("rotatekeys", "--re-seal", "--json", *argv)
    assert status == 0, err
    answer: dict[str, Any] = json.loads(out)["resealed"]
    return answer


def refused(admin: psycopg.Connection) -> list[Row]:
    """What the trail says of rows that are not ours."""
    found = ask(admin, "SELECT detail FROM vault.events WHERE tag = 'site:row:refused'")
    return [row["detail"] for row in found]


def test_reseal_moves_every_kind_of_row_and_each_is_believed_without_the_old_key(
    console: Console, rings: Rings, ada: Member, admin: psycopg.Connection, playing: Playing
) -> None:
    """Afterwards nothing that the owner can move names the old key, and it can go."""
    with playing("owner"):
        assert named() == {kind.what: {"t1"} for kind in KINDS}
    done = reseal(console, "--batch", "1")
    assert set(done) == {kind.what for kind in KINDS}
    assert all(one["renewed"] >= 1 and not one["refused"] for one in done.values()), done
    with rings.playing("owner", alone=True):
        assert named() == {kind.what: {"t2"} for kind in KINDS}
        for kind in KINDS:
            every = connection.rows(kind.stale, {"active": "none", "after": None, "limit": 100})
            assert every
            assert all(kind.renewed(row) for row in every)
    [credential, client_id, olga] = (
        admin.execute(
            "SELECT credential_id, client_id, o.account_id FROM vault.passkeys, vault.wikis,"
            " vault.operators o"
        ).fetchone()
        or [None] * 3
    )
    with rings.playing("web", alone=True):
        wikis.forget()
        signing_keys.forget()
        assert passkeys.find(credential) is not None
        assert wikis.find(client_id) is not None
        assert set(signing_keys.key_set().active) == {"RS256", "ES256"}
    with rings.playing("operator", alone=True):
        assert operators.is_operator(olga)
    assert refused(admin) == []


def test_reseal_says_what_it_did_and_does_nothing_twice(
    console: Console, admin: psycopg.Connection
) -> None:
    """Progress on standard error, the whole in JSON, one line a kind in the trail."""
    status, out, err = console.run("rotatekeys", "--re-seal", "--json", "--batch", "1")
    assert status == 0
    assert "names: 1 of 2 renewed\n" in err
    assert "2 of 2" not in err, "said in the end, once"
    assert json.loads(out)["resealed"]["names"] == {
        "ring": "CREDENTIAL_KEYS",
        "stale": 2,
        "renewed": 2,
        "refused": 0,
        "refusals": {},
        "busy": 0,
    }
    noted = changes_of(admin)
    assert len(noted) == len(KINDS)
    assert ("WIKI_KEYS", "resealed", "t2") in noted
    status, out, err = console.run("rotatekeys", "--re-seal", "--json")
    assert (status, err) == (0, "")
    assert not any(one["renewed"] for one in json.loads(out)["resealed"].values())
    assert changes_of(admin) == noted


def test_reseal_leaves_a_past_signing_key_whose_ring_key_is_gone(
    ada: Member, rings: Rings, admin: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may go with its ring; one that is published may not."""
    console = Console(partial(rings.playing, alone=True), capsys)
    for retired_at, refused_keys in (("now()", 2), ("now() - interval '2 days'", 0)):
        admin.execute(
            f"UPDATE vault.signing_keys SET state = 'retired', retired_at = {retired_at}".encode()
        )
        _status, out, _err = console.run("rotatekeys", "--re-seal", "--json")
        assert json.loads(out)["resealed"]["signing_keys"]["refused"] == refused_keys
    assert value(admin, "SELECT count(*) FROM vault.signing_keys") == 2


def test_reseal_dry_run_counts_and_changes_nothing(
    console: Console, playing: Playing, admin: psycopg.Connection
) -> None:
    """As many as there are under older keys."""
    stale = console.answer("rotatekeys", "--re-seal", "--dry-run")["stale"]
    assert set(stale) == {kind.what for kind in KINDS}
    assert stale["names"] == 2
    with playing("owner"):
        assert named() == {kind.what: {"t1"} for kind in KINDS}
    assert changes_of(admin) == []


def test_reseal_lets_decoys_name_the_pepper_of_new_passwords(
    console: Console, admin: psycopg.Connection
) -> None:
    """Unknown names look like new ones, and the old pepper can go when people have moved."""
    reseal(console)
    assert value(admin, "SELECT pepper_id FROM vault.site") == "t2"
    assert value(admin, "SELECT pepper_id FROM vault.password_parameters") == "t1"


def test_reseal_does_not_overwrite_a_row_that_changed_meanwhile(
    console: Console, rings: Rings, admin: psycopg.Connection
) -> None:
    """What the site wrote between reading and writing stays, and is renewed in the next pass."""
    [kind] = [kind for kind in KINDS if kind.what == "operators"]
    changes = iter(["looker", None, None])

    def renewed(row: Row) -> Row:
        level = next(changes)
        if level:
            with rings.playing("owner", old=True):
                operators.grant(row["account_id"], "looker")
        return kind.renewed(row)

    with rings.playing("owner"):
        tally = resealing.reseal(replace(kind, renewed=renewed), batch=10, progress=lambda _: None)
    assert (tally.renewed, tally.busy, tally.refused) == (1, 0, 0)
    assert admin.execute("SELECT level, mac_key FROM vault.operators").fetchall() == [
        ("looker", "t2")
    ]
    with rings.playing("operator", alone=True):
        assert operators.is_operator(value(admin, "SELECT account_id FROM vault.operators"))


def test_reseal_waits_for_nobody_and_goes_on_later(
    console: Console, server: Server, admin: psycopg.Connection
) -> None:
    """A row that somebody holds locked is left for the next run; the others are done."""
    with psycopg.connect(server.dsn(VAULT_DATABASE)) as busy:
        busy.execute("SELECT FROM vault.accounts WHERE username = 'Ada' FOR UPDATE")
        status, out, err = console.run("rotatekeys", "--re-seal", "--json")
        assert status == 1
        assert err.splitlines()[-1].endswith("run this again")
        names = json.loads(out)["resealed"]["names"]
        assert (names["renewed"], names["busy"], names["refused"]) == (1, 1, 0)
    assert reseal(console)["names"]["renewed"] == 1
    assert value(admin, "SELECT count(*) FROM vault.accounts WHERE mac_key <> 't2'") == 0
