"""The ring that operators look addresses up with: it follows from another, and reads nothing."""

from pathlib import Path

import pytest

from tests.database.console import Console, Playing
from tests.database.rotating import EnvFiles, today
from vault.keys import KeyRing, new_key

ADDRESS, LOOKUP = "AUTHSITE_ADDRESS_KEYS", "AUTHSITE_ADDRESS_LOOKUP_KEYS"


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


@pytest.fixture
def files(tmp_path: Path) -> EnvFiles:
    """The environment files of all roles."""
    return EnvFiles.make(tmp_path)


def followed(files: EnvFiles) -> str:
    """What the look-up ring has to be, by the owner's file."""
    return KeyRing.parse(ADDRESS, files.read("owner")[ADDRESS]).derived("address-lookup")


def emptied(files: EnvFiles, text: str = "") -> None:
    """Puts something else where the operator's look-up ring stands."""
    path = files.path("operator")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{LOOKUP}={text}" if line.startswith(LOOKUP) else line for line in lines]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_derived_ring_has_no_key_of_the_ring_that_it_follows(files: EnvFiles) -> None:
    """Whoever has it cannot open an address: another key, from which nothing leads back."""
    own = KeyRing.parse(LOOKUP, files.read("operator")[LOOKUP])
    source = KeyRing.parse(ADDRESS, files.read("owner")[ADDRESS])
    assert own.key_ids() == source.key_ids()
    assert not own.shares_a_key_with(source)
    assert source.key("t1", "address") not in own.given_keys()
    assert files.ids(LOOKUP) == {"operator": ["t1"]}


def test_rotation_of_the_source_brings_the_derived_ring_along(
    console: Console, files: EnvFiles
) -> None:
    """Added behind, put in front, dropped: the operator's file follows each time."""
    console.answer("rotatekeys", "ADDRESS", "--behind", *files.options())
    assert files.agreed(LOOKUP) == ["t1", today()]
    assert files.read("operator")[LOOKUP] == followed(files)
    done = console.answer("rotatekeys", "ADDRESS", "--activate", today(), *files.options())
    assert str(files.path("operator")) in done["rings"][ADDRESS]["files"]
    assert files.agreed(LOOKUP) == [today(), "t1"]
    console.answer("rotatekeys", "ADDRESS", "--drop", "t1", *files.options())
    assert files.agreed(LOOKUP) == [today()]
    assert files.read("operator")[LOOKUP] == followed(files)


def test_rotation_of_the_source_without_the_operators_file_is_refused(
    console: Console, files: EnvFiles
) -> None:
    """Operators would miss whoever gives an address from then on; --partial says it is known."""
    before = files.everything()
    said = console.complaint("rotatekeys", "ADDRESS", *files.options("web", "worker", "owner"))
    assert "operator" in said
    assert files.everything() == before
    some = files.options("web", "worker", "owner")
    console.answer("rotatekeys", "ADDRESS", "--partial", *some)
    left = console.answer("rotatekeys", "--status", *files.options())["left_behind"]
    assert left == [str(files.path("operator"))]


def test_derived_ring_is_written_for_the_first_time_and_mended(
    console: Console, files: EnvFiles
) -> None:
    """An empty line is filled and a stale one replaced; one in step is left alone."""
    for stale in ("", new_key("old")):
        emptied(files, stale)
        status, out, _err = console.run("rotatekeys", "--status", *files.options("operator"))
        assert status == 0
        assert "rotatekeys --derived" in out
        dry = console.answer("rotatekeys", "--derived", "--dry-run", *files.options("operator"))
        assert dry["files"] == [str(files.path("operator"))]
        assert files.read("operator")[LOOKUP] == stale
        console.answer("rotatekeys", "--derived", *files.options("operator"))
        assert files.read("operator")[LOOKUP] == followed(files)
    assert console.answer("rotatekeys", "--derived", *files.options())["files"] == []


def test_derived_ring_is_nobodys_to_rotate_alone(console: Console, files: EnvFiles) -> None:
    """A key of its own would find nobody."""
    said = console.complaint("rotatekeys", "ADDRESS_LOOKUP", *files.options())
    assert "no such ring" in said
    console.complaint("rotatekeys", "--derived")


def test_no_key_is_shown(console: Console, files: EnvFiles) -> None:
    """Neither by the command nor by its complaints."""
    emptied(files)
    for argv in (["--derived"], ["--status"], ["ADDRESS"]):
        _status, out, err = console.run("rotatekeys", *argv, *files.options())
        shown = out + err
        keys = {part.partition(":")[2] for part in files.read("operator")[LOOKUP].split(",")}
        assert not [key for key in keys | files.secrets() if key in shown]
