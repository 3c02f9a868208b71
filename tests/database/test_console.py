"""The owner's commands: one value or one line, status 0 or 1, secrets from standard input only."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.database import factors, people
from tests.database.asking import value
from tests.database.console import Console, Playing
from vault import passwords, recovery_codes
from vault.events import NOWHERE
from vault.passwords import Verdict

PASSWORD = "seven green boats at noon"


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


def guess(username: str, password: str) -> Verdict:
    """What the vault says to a password."""
    return passwords.prove(username, password, purpose="sign_in", origin=NOWHERE)


# --- createaccount ------------------------------------------------------------------------------


def test_createaccount_with_a_password_makes_somebody_who_can_sign_in(
    console: Console, admin: psycopg.Connection
) -> None:
    """The name as wikis read it, the address as confirmed, the password from standard input."""
    made = console.answer(
        "createaccount",
        "ada lovelace",
        "--email",
        "a@x.example",
        "--password-stdin",
        stdin=f"{PASSWORD}\n",
    )
    assert made["username"] == "Ada lovelace"
    assert made["has_password"] is True
    assert guess("Ada lovelace", PASSWORD).status == "right"
    assert value(admin, "SELECT count(*) FROM vault.email_addresses WHERE verified_at < now()") == 1


def test_createaccount_without_a_password_says_that_nobody_can_sign_in_by_one(
    console: Console,
) -> None:
    """No password is made up: the account has none."""
    status, out, _err = console.run("createaccount", "Ada")
    assert status == 0
    assert "no password" in out
    assert guess("Ada", "").status == "wrong"


@pytest.mark.parametrize(("option", "level"), [([], None), ([""], "chief"), (["looker"], "looker")])
def test_createaccount_operator_has_the_level_that_was_asked_for(
    console: Console, admin: psycopg.Connection, option: list[str], level: str | None
) -> None:
    """Chief unless less was said; nobody by default."""
    words = ["--operator", *filter(None, option)] if option else []
    made = console.answer("createaccount", "Ada", *words)
    assert made["operator"] == level
    found = admin.execute("SELECT level FROM vault.operators").fetchall()
    assert found == ([(level,)] if level else [])


def test_createaccount_list_makes_them_all_and_prints_their_ids(
    console: Console, tmp_path: Path
) -> None:
    """From a file or from standard input, in their order."""
    entries = [
        {"username": "Ada", "password": PASSWORD, "email": "a@x.example", "operator": False},
        {"username": "Grace", "operator": True},
        {"username": "Margaret", "operator": "locker", "totp_secret": None},
    ]
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps(entries))
    made = console.answer("createaccount", "--from", str(file))
    assert [one["username"] for one in made] == ["Ada", "Grace", "Margaret"]
    assert [one["operator"] for one in made] == [None, "chief", "locker"]
    assert len({one["id"] for one in made}) == 3
    assert console.answer("createaccount", "--from", "-", stdin="[]") == []


def test_createaccount_with_a_totp_secret_gives_an_app_and_ten_recovery_codes(
    console: Console,
) -> None:
    """The app's codes are the account's, each code works, and the password may be shorter."""
    secret = "GEZD GNBV GY3T QOJQ gezd gnbv gy3t qojq"
    entries = [
        {"username": "Ada", "password": "ferry moon", "totp_secret": secret},
        {"username": "Grace", "password": PASSWORD},
    ]
    ada, grace = console.answer("createaccount", "--from", "-", stdin=json.dumps(entries))
    assert "recovery_codes" not in grace
    assert len(set(ada["recovery_codes"])) == 10
    attempt = guess("Ada", "ferry moon").attempt
    assert attempt is not None
    assert attempt.factors == ("totp", "recovery_codes")
    now = factors.later(0)
    assert factors.with_code(attempt, b"12345678901234567890", now=now).status == "right"
    for code in ada["recovery_codes"]:
        assert recovery_codes.prove(attempt, code, origin=NOWHERE).status == "right"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"username": "Ada#"}, "character"),
        ({"username": ""}, "username is missing"),
        ({}, "username is missing"),
        ({"username": 7}, "must be a text"),
        ({"username": "Ada", "password": "short"}, "too short"),
        ({"username": "Ada", "email": "nowhere"}, "not an e-mail address"),
        ({"username": "Ada", "operator": "king"}, "operator must be"),
        ({"username": "Ada", "totp_secret": 7}, "must be a text"),
        ({"username": "Ada", "totp_secret": ""}, "it must have 10 to 64 bytes"),
        ({"username": "Ada", "totp_secret": "GEZDGNBVGY3TQOJ!"}, "this is not base32"),
        ({"username": "Ada", "admin": True}, "admin is no field"),
        ({"username": "Taken"}, "is taken"),
        ({"username": "First"}, "look alike"),
        ("Ada", "must be a JSON object"),
    ],
)
def test_createaccount_list_with_one_bad_entry_makes_none(
    console: Console, admin: psycopg.Connection, entry: Any, said: str
) -> None:
    """Everything is found in order before anything is made; one line says what is wrong."""
    people.sign_up("Taken")
    entries = [{"username": "First"}, entry, {"username": "Last"}]
    line = console.complaint("createaccount", "--from", "-", stdin=json.dumps(entries))
    assert said in line
    assert value(admin, "SELECT count(*) FROM vault.accounts") == 1


def test_createaccount_list_that_stops_on_the_way_still_prints_what_it_made(
    console: Console, admin: psycopg.Connection
) -> None:
    """Recovery codes are printed once and kept nowhere: a later entry does not lose them."""
    admin.execute("INSERT INTO vault.skeletons VALUES ('second', 'Second')")  # by a restore
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    entries = [{"username": "First", "totp_secret": secret}, {"username": "Second"}]
    status, out, err = console.run("createaccount", "--from", "-", stdin=json.dumps(entries))
    assert status == 1
    assert "1 before it in the list were created" in err
    [made] = json.loads(out)
    assert (made["username"], len(made["recovery_codes"])) == ("First", 10)


@pytest.mark.parametrize("text", ["", "{}", "[", "nonsense", "[" * 100_000])
def test_createaccount_list_that_is_none_is_refused(console: Console, text: str) -> None:
    """What is no JSON list is one line and status 1."""
    assert "JSON" in console.complaint("createaccount", "--from", "-", stdin=text)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["Ada", "--from", "-"],
        ["--from", "-", "--password-stdin"],
        ["--from", "/nonexistent/file"],
        ["Ada", "--operator", "king"],
        ["Ada", "--password", "x"],
        ["Ada", "--password-stdin"],
        ["Ada#"],
    ],
)
def test_createaccount_misuse_is_one_line_and_status_1(console: Console, argv: list[str]) -> None:
    """Nothing of the kind makes an account, and a password is never an argument."""
    console.complaint("createaccount", *argv)


def test_createaccount_never_prints_a_password(console: Console) -> None:
    """Neither when it works nor when it does not."""
    status, out, err = console.run(
        "createaccount", "Ada", "--password-stdin", "--json", stdin=PASSWORD
    )
    assert status == 0
    assert PASSWORD not in out + err
    assert "short pw" not in console.complaint(
        "createaccount", "Bob", "--password-stdin", stdin="short pw"
    )


def test_command_in_another_role_refuses(console: Console) -> None:
    """These are the owner's: another process is told what to set, and nothing happens."""
    for argv in (["createaccount", "Ada"], ["lockaccount", "Ada", "--reason", "x"]):
        status, out, err = console.run(*argv, role="operator")
        assert (status, out) == (1, "")
        assert "AUTHSITE_ROLE=owner" in err


# --- lockaccount, unlockaccount, endsessions ----------------------------------------------------


def test_lockaccount_and_unlockaccount_do_what_the_pages_do(
    console: Console, admin: psycopg.Connection
) -> None:
    """Locked with its sessions ended; open again; both in the trail, from the console."""
    ada = people.sign_up("Ada")
    people.sign_in(ada)
    assert console.answer("lockaccount", "ada", "--reason", "stolen") == {
        "username": "Ada",
        "id": str(ada.account_id),
        "status": "locked",
        "sessions_ended": 1,
    }
    assert people.prove(ada).status == "locked"
    assert console.answer("unlockaccount", "Ada", "--reason", "back")["status"] == "unlocked"
    assert people.prove(ada).status == "right"
    assert admin.execute(
        "SELECT tag, actor_id FROM vault.events WHERE tag LIKE 'lockout:%' ORDER BY id"
    ).fetchall() == [("lockout:account:locked", None), ("lockout:account:unlocked", None)]


def test_endsessions_says_how_many(console: Console) -> None:
    """For people in one line."""
    ada = people.sign_up("Ada")
    people.sign_in(ada)
    people.sign_in(ada)
    status, out, _err = console.run("endsessions", "Ada", "--reason", "lost phone")
    assert (status, out) == (0, "2 sessions of Ada ended.\n")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["lockaccount", "Nobody", "--reason", "x"], "no such account"),
        (["lockaccount", "#", "--reason", "x"], "character"),
        (["lockaccount", "Ada"], "--reason"),
        (["lockaccount", "Ada", "--reason", "  "], "Say why"),
        (["unlockaccount", "Ada", "--reason", "x"], "not locked"),
        (["endsessions", "Nobody", "--reason", "x"], "no such account"),
    ],
)
def test_measure_command_that_cannot_be_done_is_one_line(
    console: Console, argv: list[str], said: str
) -> None:
    """Status 1, and why."""
    people.sign_up("Ada")
    assert said in console.complaint(*argv)
