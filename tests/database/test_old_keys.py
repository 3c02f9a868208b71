"""What the vault still names, and old keys out of the rings once nothing does."""

from pathlib import Path

import psycopg
import pytest

from tests.database import people
from tests.database.asking import Login, a_person, a_session, a_wiki, ask, issue
from tests.database.console import Console, Playing
from tests.database.rotating import RINGS, EnvFiles, changes_of, today

PEPPER = "AUTHSITE_PEPPER_KEYS"
FLOW = "AUTHSITE_FLOW_KEYS"


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


@pytest.fixture
def files(tmp_path: Path) -> EnvFiles:
    """The environment files of all roles."""
    return EnvFiles.make(tmp_path)


def test_rotatekeys_status_counts_what_names_each_key(console: Console, files: EnvFiles) -> None:
    """By ring, key and kind of row; rings of other roles only where their files are given."""
    ada = people.sign_up("Ada")
    people.sign_up("Bob")
    people.sign_in(ada)
    console.answer("createaccount", "Olga", "--operator", "--email", "o@x.example")
    console.answer("rotatekeys", "--behind", *RINGS, *files.options())
    rings = console.answer("rotatekeys", "--status")["rings"]
    assert set(rings) == set(RINGS)
    assert rings[PEPPER]["keys"] == ["t1"]
    assert rings[PEPPER]["rows"] == {"t1": {"passwords": 2, "decoys": 1}}
    assert rings[PEPPER]["holders"] == ["owner", "web"]
    assert rings["AUTHSITE_SESSION_KEYS"]["keys"] is None
    assert rings["AUTHSITE_SESSION_KEYS"]["rows"] == {"t1": {"sessions": 1}}
    of_operators = {"operators": 1, "operator_invites": 1}
    assert rings["AUTHSITE_OPERATOR_KEYS"]["rows"] == {"t1": of_operators}
    assert rings["AUTHSITE_ADDRESS_KEYS"]["rows"] == {"t1": {"addresses": 1}}
    assert rings["AUTHSITE_CREDENTIAL_KEYS"]["rows"] == {"t1": {"names": 3}}
    assert rings["AUTHSITE_SIGNING_KEYS"]["rows"] == {"t1": {"signing_keys": 2}}
    assert rings[FLOW]["rows"] == {}
    with_files = console.answer("rotatekeys", "--status", *files.options())["rings"]
    assert with_files["AUTHSITE_SESSION_KEYS"]["keys"] == ["t1", today()]
    assert with_files["AUTHSITE_SESSION_KEYS"]["active"] == "t1"


def test_rotatekeys_status_counts_what_still_counts_and_nothing_else(
    console: Console, admin: psycopg.Connection, login: Login
) -> None:
    """Grants, refresh tokens, mailed tokens and seals, as long as they are worth something."""
    a_wiki(admin)
    with login("web") as web:
        ada = a_person(web)
        session = a_session(web, ada)
        grant = issue(web, session)["grant"]
        a_session(web, ada)
    admin.execute(
        "UPDATE vault.sessions SET mac_key = 'k' WHERE secret_hash = sha256(%s)", [session]
    )
    admin.execute(
        "INSERT INTO vault.refresh_tokens"
        " (token_hash, grant_id, expires_at, spent_at, mac, mac_key) "
        "SELECT sha256(n::text::bytea), %s, now() + '1 day', CASE n WHEN 1 THEN now() END, '', 'k'"
        " FROM generate_series(1, 3) AS n",
        [grant],
    )
    admin.execute(
        "INSERT INTO vault.mailed_tokens (purpose, account_id, account_epoch, site_epoch, mac_key,"
        " token_key, expires_at) SELECT 'reset', %s, 1, 1, 'a', 'm', now() + n * interval '1 hour'"
        " FROM generate_series(-1, 1) AS n",
        [ada.account_id],
    )
    admin.execute(
        "INSERT INTO vault.event_seals (number, sealed_at, ids, lines, digest, mac, mac_key)"
        " VALUES (1, now(), '{}', 0, '', '', 'e')"
    )
    rows = {
        name: one["rows"] for name, one in console.answer("rotatekeys", "--status")["rings"].items()
    }
    sessions = rows["AUTHSITE_SESSION_KEYS"]
    assert sessions["k"] == {"sessions": 1, "refresh_tokens": 2}
    assert sum(one.get("sessions", 0) + one.get("grants", 0) for one in sessions.values()) == 3
    assert rows["AUTHSITE_MAIL_KEYS"] == {"m": {"mailed_tokens": 1}}
    assert rows["AUTHSITE_ADDRESS_KEYS"] == {"a": {"mailed_tokens": 1}}
    assert rows["AUTHSITE_EVENT_KEYS"] == {"e": {"event_seals": 1}}


def test_rotatekeys_status_names_keys_that_are_missing(
    console: Console, admin: psycopg.Connection
) -> None:
    """What the vault names and no ring has is unreadable: somebody should know."""
    people.sign_up("Ada")
    admin.execute("UPDATE vault.password_parameters SET pepper_id = 'lost'")
    answer = console.answer("rotatekeys", "--status")["rings"][PEPPER]
    assert answer["unreadable"] == ["lost"]
    _status, out, _err = console.run("rotatekeys", "--status")
    assert "MISSING" in out


def test_rotatekeys_drop_is_refused_while_the_vault_names_the_key(
    console: Console, files: EnvFiles, admin: psycopg.Connection
) -> None:
    """And says what does; nothing has changed."""
    people.sign_up("Ada")
    console.answer("rotatekeys", "PEPPER", *files.options())
    before = files.everything()
    for mode in (["--drop", "t1"], ["--drop-old"]):
        line = console.complaint("rotatekeys", "PEPPER", *mode, *files.options())
        assert "1 passwords" in line
        assert "1 decoys" in line
    assert files.everything() == before
    assert "dropped" not in str(changes_of(admin))


def test_rotatekeys_drop_takes_out_what_nothing_names(
    console: Console, files: EnvFiles, admin: psycopg.Connection
) -> None:
    """From every file that has the ring, and from no other ring."""
    console.answer("rotatekeys", "FLOW", *files.options("web"))
    console.answer("rotatekeys", "MAIL", *files.options("worker"))
    answer = console.answer("rotatekeys", "FLOW", "--drop", "t1", *files.options("web"))
    assert answer["rings"][FLOW]["dropped"] == ["t1"]
    assert files.ids(FLOW) == {"web": [today()]}
    assert files.ids("AUTHSITE_MAIL_KEYS") == {"worker": [today(), "t1"]}
    assert changes_of(admin)[-1] == ("FLOW_KEYS", "dropped", "t1")


def test_rotatekeys_drop_of_the_active_key_is_refused(console: Console, files: EnvFiles) -> None:
    """A ring without it would have none, or an older one."""
    line = console.complaint(
        "rotatekeys", "FLOW", "--drop", "t1", "--force", "--reason", "x", *files.options("web")
    )
    assert "active key" in line
    assert files.ids(FLOW) == {"web": ["t1"]}


@pytest.mark.parametrize("mode", [["--drop", "t9"], ["--drop-old"], ["--activate", "t9"]])
def test_rotatekeys_of_a_key_that_is_not_there_is_refused(
    console: Console, files: EnvFiles, mode: list[str]
) -> None:
    """A misspelt id is not taken for done."""
    console.complaint("rotatekeys", "FLOW", *mode, *files.options("web"))


def test_rotatekeys_drop_by_force_stands_in_the_trail_with_its_reason(
    console: Console, files: EnvFiles, admin: psycopg.Connection
) -> None:
    """What it had made is worthless then, and somebody said why."""
    people.sign_up("Ada")
    console.answer("rotatekeys", "PEPPER", *files.options())
    console.answer(
        "rotatekeys", "PEPPER", "--drop-old", "--force", "--reason", "leaked", *files.options()
    )
    assert files.ids(PEPPER)["web"] == [today()]
    [detail] = ask(
        admin,
        "SELECT detail FROM vault.events WHERE tag = 'site:keys:changed'"
        " AND detail ->> 'what' = 'dropped'",
    )
    assert detail["detail"] == {
        "ring": "PEPPER_KEYS",
        "what": "dropped",
        "key": "t1",
        "reason": "leaked",
    }
