"""``manage.py checkvault``: what it prints of a healthy vault and of a sick one, and misuse."""

import json
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.database.asking import value
from tests.database.console import Console, Playing
from tests.database.examining import LOGINS, QUICK, examine, red, result_of
from tests.database.people import PASSWORD, sign_in, sign_up
from tests.environment import subprocess_environment
from vault.doctor.examination import CHECKS

ROOT = Path(__file__).resolve().parents[2]


def checkvault(*arguments: str, stdin: str = "", **elsewhere: str) -> tuple[int, str, str]:
    """Status, what was printed, and what was complained of, of a process of its own."""
    done = subprocess.run(
        [sys.executable, "manage.py", "checkvault", *arguments],
        cwd=ROOT,
        env=subprocess_environment("owner") | elsewhere,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_checkvault_of_a_healthy_vault_for_people_is_a_table_and_status_0(vault: None) -> None:
    """Each check in a line with what must hold, the sum at the end, nothing on standard error."""
    sign_in(sign_up("Ada"))
    status, out, err = checkvault("--logins", "-", stdin=json.dumps(LOGINS))
    assert (status, err) == (0, ""), out
    lines = out.splitlines()
    assert re.fullmatch(rf"{len(CHECKS)} checks, 0 findings, \d+ skipped", lines[-1])
    heads = [line for line in lines[:-1] if not line.startswith(" ")]
    assert sorted(line.split()[1] for line in heads) == sorted(CHECKS)
    assert len({line.index(CHECKS[line.split()[1]].promise) for line in heads}) == 1


def test_checkvault_of_a_healthy_vault_as_json_is_one_value_and_status_0(vault: None) -> None:
    """Every check by its id, with its result; a skipped one says why."""
    status, out, err = checkvault("--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert [one["id"] for one in answer["checks"]] == list(CHECKS)
    assert (answer["total"], answer["findings"]) == (len(CHECKS), 0)
    skipped = [one for one in answer["checks"] if one["result"] == "skipped"]
    assert len(skipped) == answer["skipped"]
    assert all(one["notes"] for one in skipped)
    assert {one["result"] for one in answer["checks"]} == {"ok", "skipped"}


def test_checkvault_of_a_sick_vault_says_so_and_is_status_1(
    vault: None, admin: psycopg.Connection
) -> None:
    """Findings come first, with what to do; as JSON they are there too. Errors stay empty."""
    try:
        admin.execute("UPDATE vault.policy SET seconds = 601 WHERE name = 'attempt'")
        status, out, err = checkvault()
        assert (status, err) == (1, "")
        lines = out.splitlines()
        assert lines[0].startswith("finding  policy-within-design")
        assert "attempt is 601 s; the bound is 600 s" in lines[1]
        assert "what to do: " in lines[2]
        assert f"{len(CHECKS)} checks, 1 finding," in lines[-1]
        status, out, err = checkvault("--json")
        assert (status, err) == (1, "")
        [found] = [one for one in json.loads(out)["checks"] if one["result"] == "finding"]
        assert found["id"] == "policy-within-design"
        assert found["remedy"]
    finally:
        admin.execute("UPDATE vault.policy SET seconds = 600 WHERE name = 'attempt'")


def test_checkvault_prints_no_row_and_no_secret(
    vault: None, admin: psycopg.Connection, playing: Playing
) -> None:
    """Neither of what is in the vault nor of the addresses that it was given."""
    session = sign_in(sign_up("Ada Needle"))
    admin.execute("UPDATE vault.policy SET seconds = seconds + 1 WHERE name = 'attempt'")
    try:
        said = json.dumps(examine(playing, logins=LOGINS, without=QUICK).as_data())
    finally:
        admin.execute("UPDATE vault.policy SET seconds = seconds - 1 WHERE name = 'attempt'")
    secret = value(admin, "SELECT encode(secret, 'hex') FROM vault.site")
    passwords = [address.split(":")[2].split("@")[0] for address in LOGINS["web"].values()]
    for needle in ("Ada Needle", str(session.sid), session.secret.hex(), PASSWORD, secret):
        assert needle not in said
    for password in passwords:
        assert password not in said


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console, within this process."""
    return Console(playing, capsys)


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["--rows", "0"], "", "--rows"),
        (["--rows", "some"], "", "--rows"),
        (["--without", "no-such-check"], "", "--without"),
        (["--logins", "/nonexistent/file"], "", "No such file"),
        (["--logins", "-"], "", "not JSON"),
        (["--logins", "-"], "[" * 100_000, "not JSON"),
        (["--logins", "-"], "[]", "JSON object"),
        (["--logins", "-"], '{"postgres": "postgresql://x"}', "none of web"),
        (["--logins", "-"], '{"web": 7}', "web: give"),
        (["--logins", "-"], '{"web": {"URL": "postgresql://x"}}', "web: give"),
    ],
)
def test_checkvault_misuse_is_one_line_and_status_1(
    console: Console, arguments: list[str], stdin: str, said: str
) -> None:
    """Nothing on standard output, what is wrong on standard error."""
    assert said in console.complaint("checkvault", *arguments, stdin=stdin)


def test_checkvault_logins_that_others_may_read_are_refused(vault: None, tmp_path: Path) -> None:
    """A file of passwords is read only while nobody else can."""
    file = tmp_path / "logins.json"
    file.write_text(json.dumps(LOGINS), encoding="utf-8")
    file.chmod(0o640)
    status, out, err = checkvault("--logins", str(file))
    assert (status, out) == (1, "")
    assert "chmod 600" in err
    file.chmod(0o600)
    assert checkvault("--logins", str(file), "--json")[0] == 0


def test_checkvault_address_that_is_none_is_a_finding_without_it(
    vault: None, playing: Playing
) -> None:
    """What was handed over is never printed, even when it cannot be read."""
    for address in (
        "postgresql://:secret-needle@[",
        "secret-needle",
        "host=/x password=secret-needle",
    ):
        examination = examine(playing, logins={"web": {"VAULT_URL": address}}, without=QUICK)
        assert "wrong-passwords-refused" in red(examination)
        assert "secret-needle" not in json.dumps(examination.as_data())


def test_checkvault_without_a_check_says_that_it_was_left_out(
    vault: None, playing: Playing
) -> None:
    """A check that an operator knows better than is skipped by its id."""
    examination = examine(playing, without=[*QUICK, "server-version"])
    assert result_of(examination, "server-version").result == "skipped"


def test_checkvault_of_a_vault_that_is_away_is_one_line(vault: None) -> None:
    """Neither a table nor a traceback."""
    away = re.sub(r":\d+/", ":1/", subprocess_environment("owner")["VAULT_URL"])
    assert checkvault("--json", VAULT_URL=away) == (
        1,
        "",
        "checkvault: the vault cannot be reached\n",
    )


def test_site_database_that_is_away_is_a_finding_of_its_checks_alone(vault: None) -> None:
    """The vault is examined all the same."""
    away = re.sub(r":\d+/", ":1/", subprocess_environment("owner")["DATABASE_URL"])
    status, out, _err = checkvault("--json", DATABASE_URL=away)
    assert status == 1
    found = [one for one in json.loads(out)["checks"] if one["result"] == "finding"]
    assert {one["id"] for one in found} == {
        "databases-closed",
        "languages-closed",
        "default-privileges",
        "large-objects-closed",
        "advisory-locks-closed",
        "public-schema-closed",
        "site-database-closed",
    }
    assert {line for one in found for line in one["faults"]} == {
        "this could not be looked at: no SQLSTATE OperationalError"
    }


def test_check_ids_are_kebab_case_and_promises_one_sentence() -> None:
    """Monitors know the ids, people read the sentences."""
    for check in CHECKS.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", check.id)
        assert re.fullmatch(r"[A-Za-z][^\n]*[A-Za-z0-9]\.", check.promise), check.id
        assert check.remedy
