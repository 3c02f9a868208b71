"""``rotatekeys``: new keys into environment files, the same in all, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from authsite import roles
from tests.database import people
from tests.database.asking import value
from tests.database.console import Console, Playing
from tests.database.rotating import RINGS, EnvFiles, changes_of, kept_keys, today
from vault.keys import KeyRing

PEPPER = "AUTHSITE_PEPPER_KEYS"
PASSKEY = "AUTHSITE_PASSKEY_KEYS"
FLOW = "AUTHSITE_FLOW_KEYS"


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


@pytest.fixture
def files(tmp_path: Path) -> EnvFiles:
    """The environment files of all roles."""
    return EnvFiles.make(tmp_path)


@pytest.fixture
def kept(admin: psycopg.Connection) -> Iterator[None]:
    """The signing keys of all tests, whatever becomes of them in this one."""
    with kept_keys(admin):
        yield


def test_rotatekeys_puts_the_same_new_key_in_front_in_every_file_that_holds_the_ring(
    console: Console, files: EnvFiles, admin: psycopg.Connection
) -> None:
    """The old one stays readable behind it; other lines and other files stay as they are."""
    before = {role: files.read(role) for role in roles.ROLES}
    answer = console.answer("rotatekeys", "PEPPER", *files.options())
    assert answer["rings"][PEPPER]["keys"] == [today(), "t1"]
    assert answer["rings"][PEPPER]["active"] == today()
    assert set(files.ids(PEPPER)) == {"web", "owner"}
    assert files.agreed(PEPPER) == [today(), "t1"]
    assert len({files.read(role)[PEPPER] for role in ("web", "owner")}) == 1
    assert files.read("web")[PEPPER].endswith("," + before["web"][PEPPER])
    for role in roles.ROLES:
        after = files.read(role)
        assert {n: v for n, v in after.items() if n != PEPPER} == {
            n: v for n, v in before[role].items() if n != PEPPER
        }
    assert changes_of(admin) == [("PEPPER_KEYS", "added", today())]


def test_rotatekeys_makes_keys_that_processes_take(console: Console, files: EnvFiles) -> None:
    """32 random bytes, another for each ring, and the same ring in all files."""
    console.answer("rotatekeys", *RINGS, *files.options())
    seen: set[bytes] = set()
    for role in roles.ROLES:
        for name, text in files.read(role).items():
            if name in RINGS:
                ring = KeyRing.parse(name, text)
                assert ring.key_ids() == [today(), "t1"]
                seen |= {ring.key(key_id, "test") for key_id in ring.key_ids()}
    assert len(seen) == 2 * len(RINGS)


def test_rotatekeys_twice_a_day_counts(console: Console, files: EnvFiles) -> None:
    """Ids are dates, and none is given twice."""
    for _ in range(3):
        console.answer("rotatekeys", "FLOW", *files.options("web"))
    day = today()
    assert files.ids(FLOW) == {"web": [f"{day}-3", f"{day}-2", day, "t1"]}


def test_rotatekeys_gives_no_id_that_the_vault_still_names(
    console: Console, files: EnvFiles, admin: psycopg.Connection
) -> None:
    """A key dropped by force and another one of the same id would be taken for each other."""
    people.sign_up("Ada")
    admin.execute("UPDATE vault.password_parameters SET pepper_id = %s", [today()])
    console.answer("rotatekeys", "pepper", *files.options())
    assert files.ids(PEPPER)["web"] == [f"{today()}-2", "t1"]


def test_rotatekeys_all_is_every_ring_and_the_signing_keys(
    console: Console, files: EnvFiles, admin: psycopg.Connection, kept: None
) -> None:
    """Nothing is forgotten in an emergency."""
    answer = console.answer("rotatekeys", "--all", *files.options())
    assert set(answer["rings"]) == set(RINGS)
    assert set(answer["signing_keys"]) == {"RS256", "ES256"}
    for ring in RINGS:
        assert set(files.ids(ring)) == set(roles.RING_HOLDERS[ring])
        assert files.agreed(ring) == [today(), "t1"]
    assert sorted(changes_of(admin)) == sorted(
        (name.removeprefix("AUTHSITE_"), "added", today()) for name in RINGS
    )


def test_rotatekeys_behind_and_activate_are_two_steps(
    console: Console, files: EnvFiles, admin: psycopg.Connection
) -> None:
    """With many processes, everybody can read a key before anybody uses it."""
    console.answer("rotatekeys", "PEPPER", "--behind", *files.options())
    assert files.ids(PEPPER)["web"] == ["t1", today()]
    console.answer("rotatekeys", "PEPPER", "--activate", today(), *files.options())
    assert set(files.ids(PEPPER)) == {"web", "owner"}
    assert files.agreed(PEPPER) == [today(), "t1"]
    assert changes_of(admin) == [
        ("PEPPER_KEYS", "added", today()),
        ("PEPPER_KEYS", "activated", today()),
    ]


def test_rotatekeys_dry_run_says_what_would_change_and_changes_nothing(
    console: Console, files: EnvFiles, admin: psycopg.Connection
) -> None:
    """Neither files nor trail nor signing keys."""
    before = files.everything()
    keys = value(admin, "SELECT count(*) FROM vault.signing_keys")
    answer = console.answer("rotatekeys", "--all", "--dry-run", *files.options())
    assert answer["dry_run"] is True
    assert answer["rings"][PEPPER]["keys"] == [today(), "t1"]
    assert files.everything() == before
    assert changes_of(admin) == []
    assert value(admin, "SELECT count(*) FROM vault.signing_keys") == keys


def test_rotatekeys_shows_no_key_to_anybody(console: Console, files: EnvFiles) -> None:
    """Neither old nor new ones, in words or in JSON, when it works and when it does not."""
    said = ""
    for argv in (
        ["PEPPER", *files.options()],
        ["--all", "--dry-run", *files.options()],
        ["FLOW", "--json", *files.options("web")],
        ["--status", *files.options()],
        ["FLOW", "--drop-old", *files.options("web")],
        ["PEPPER", "--drop", "t9", *files.options()],
        ["NONSENSE", *files.options()],
    ):
        said += "".join(map(str, console.run("rotatekeys", *argv)))
    secrets = files.secrets() | EnvFiles.make(files.folder).secrets()
    assert len(secrets) > 2
    assert not [secret for secret in secrets if secret.rstrip("=") in said]


# --- What is refused -----------------------------------------------------------------------------


def test_rotatekeys_without_files_says_where_keys_are_written(console: Console) -> None:
    """Nowhere else: not to a terminal, not from an argument."""
    for argv in (["PEPPER"], ["--all"], ["PEPPER", "--drop-old"]):
        assert "--env-file" in console.complaint("rotatekeys", *argv)


def test_rotatekeys_of_a_ring_that_differs_names_the_files_and_changes_none(
    console: Console, files: EnvFiles
) -> None:
    """Somebody is in the middle of it; a third key would leave no process able to read all."""
    console.answer("rotatekeys", "PEPPER", "--partial", *files.options("web"))
    before = files.everything()
    for mode in ([], ["--drop-old"], ["--activate", "t1"]):
        line = console.complaint("rotatekeys", "PEPPER", *mode, *files.options())
        assert "web.env" in line
        assert "owner.env" in line
    assert files.everything() == before


def test_rotatekeys_that_would_leave_a_role_behind_is_refused(
    console: Console, files: EnvFiles
) -> None:
    """A process without the new key could not read what the others make with it."""
    before = files.everything()
    line = console.complaint("rotatekeys", "PASSKEY", *files.options("web"))
    assert "operator and owner hold it too" in line
    assert files.everything() == before
    console.answer("rotatekeys", "PASSKEY", "--partial", *files.options("web"))
    assert files.ids(PASSKEY)["web"] == [today(), "t1"]
    assert files.ids(PASSKEY)["operator"] == ["t1"]


def test_rotatekeys_of_files_that_do_not_say_whose_they_are_works(
    console: Console, tmp_path: Path
) -> None:
    """A file of rings alone, which several processes read, is one file."""
    path = tmp_path / "rings.env"
    path.write_text(f"{PEPPER}={EnvFiles.make(tmp_path).read('web')[PEPPER]}\n")
    path.chmod(0o600)
    console.answer("rotatekeys", "PEPPER", f"--env-file={path}")
    assert path.read_text().startswith(f"{PEPPER}={today()}:")


def test_rotatekeys_all_with_a_ring_in_no_file_changes_nothing(
    console: Console, files: EnvFiles
) -> None:
    """Every ring means every ring."""
    before = files.everything()
    line = console.complaint("rotatekeys", "--all", *files.options("owner", "worker", "operator"))
    assert "none of the files given sets it" in line or "hold it too" in line
    assert files.everything() == before


def test_rotatekeys_of_a_file_that_others_can_read_is_refused(
    console: Console, files: EnvFiles
) -> None:
    """Mode 600, or nothing happens to any of the files."""
    before = files.everything()
    files.path("operator").chmod(0o640)
    assert "chmod 600" in console.complaint("rotatekeys", "PEPPER", *files.options())
    assert files.everything() == before


def test_rotatekeys_of_a_ring_that_no_process_would_take_is_refused(
    console: Console, files: EnvFiles
) -> None:
    """What is broken already is not rotated; the broken key is not shown."""
    path = files.path("web")
    path.write_text(f"AUTHSITE_ROLE=web\n{FLOW}=t1:c2hvcnQ\n")
    line = console.complaint("rotatekeys", "FLOW", f"--env-file={path}")
    assert "must have 32 bytes" in line
    assert "c2hvcnQ" not in line


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["NONSENSE", "--env-file=/nonexistent"],
        ["PEPPER", "--all"],
        ["--status", "--re-seal"],
        ["PEPPER", "--status"],
        ["PEPPER", "--re-seal"],
        ["PEPPER", "--drop", "t1", "--drop-old"],
        ["PEPPER", "--drop-old", "--behind"],
        ["PEPPER", "--drop-old", "--force"],
        ["PEPPER", "--force", "--reason", "x"],
        ["FLOW", "--drop-old", "--force", "--reason", "two\nlines"],
        ["FLOW", "--drop-old", "--force", "--reason", "\udcff"],
        ["FLOW", "--drop-old", "--force", "--reason", "x" * 1001],
        ["--signing", "--compromised"],
        ["--all", "--signing", "--compromised", "--reason", "x"],
        ["--re-seal", "--batch", "0"],
        ["--re-seal", "--batch", "many"],
    ],
)
def test_rotatekeys_misuse_is_one_line_and_status_1(console: Console, argv: list[str]) -> None:
    """Said before anything is done."""
    console.complaint("rotatekeys", *argv)
