"""Environment files: one value changes, everything else stays; what is unclear is refused."""

import fcntl
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from emergency.env_files import EnvFileRefused, opened, write

FILE = """\
# The web process.
AUTHSITE_ROLE=web

export OTHER='two words'   \r
#AUTHSITE_PEPPER_KEYS=of-before
AUTHSITE_PEPPER_KEYS=old
AUTHSITE_SITE_NAME="Ärger's wiki"\tlast line without an end"""
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a private file: ``make("web.env", text)``."""

    def file(name: str = "web.env", text: str = FILE, mode: int = 0o600) -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode())
        path.chmod(mode)
        return path

    return file


def change(*paths: Path, variable: str = "AUTHSITE_PEPPER_KEYS", value: str = "new") -> None:
    """Sets a variable in files that have it."""
    with opened([str(path) for path in paths]) as files:
        write([file.with_value(variable, value) for file in files])


def refusal(*paths: Path) -> str:
    """The line with which a change of these files is refused; they are as before."""
    before = [path.read_bytes() for path in paths]
    with pytest.raises(EnvFileRefused) as refused:
        change(*paths)
    assert [path.read_bytes() for path in paths] == before
    assert not list(paths[0].parent.glob(".*"))
    line = str(refused.value)
    assert "\n" not in line
    return line


def test_file_changes_in_the_one_value_alone(make: Make) -> None:
    """Comments, order, quotes, odd spaces and line ends stay, byte for byte."""
    path = make()
    change(path)
    wanted = FILE.replace("\nAUTHSITE_PEPPER_KEYS=old", "\nAUTHSITE_PEPPER_KEYS=new")
    assert path.read_bytes() == wanted.encode()


def test_file_that_is_no_utf_8_elsewhere_stays_so(make: Make) -> None:
    """What stands in other lines is nobody's business here."""
    path = make(text="")
    path.write_bytes(b"NAME=\xff\xfe\nAUTHSITE_PEPPER_KEYS=old\n")
    change(path)
    assert path.read_bytes() == b"NAME=\xff\xfe\nAUTHSITE_PEPPER_KEYS=new\n"


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("AUTHSITE_PEPPER_KEYS=old", "AUTHSITE_PEPPER_KEYS=new"),
        ("AUTHSITE_PEPPER_KEYS='old'", "AUTHSITE_PEPPER_KEYS='new'"),
        ('AUTHSITE_PEPPER_KEYS="old"', 'AUTHSITE_PEPPER_KEYS="new"'),
        ("export AUTHSITE_PEPPER_KEYS=old", "export AUTHSITE_PEPPER_KEYS=new"),
        ("  AUTHSITE_PEPPER_KEYS=old \r", "  AUTHSITE_PEPPER_KEYS=new \r"),
    ],
)
def test_value_keeps_its_quotes(make: Make, line: str, after: str) -> None:
    """As it was written, so it is."""
    path = make(text=f"A=b\n{line}\n")
    with opened([str(path)]) as [file]:
        assert file.value("AUTHSITE_PEPPER_KEYS") == "old"
    change(path)
    assert path.read_bytes() == f"A=b\n{after}\n".encode()


@pytest.mark.parametrize(
    "line",
    [
        "AUTHSITE_PEPPER_KEYS = old",
        "AUTHSITE_PEPPER_KEYS=old # in use",
        "AUTHSITE_PEPPER_KEYS=ol$d",
        "AUTHSITE_PEPPER_KEYS=old;",
        "AUTHSITE_PEPPER_KEYS=o\\ld",
        "AUTHSITE_PEPPER_KEYS='old\"",
        "AUTHSITE_PEPPER_KEYS='old''older'",
        'AUTHSITE_PEPPER_KEYS="$(cat key)"',
        "A=b \\\nAUTHSITE_PEPPER_KEYS=old",
        "AUTHSITE_PEPPER_KEYS=old\nAUTHSITE_PEPPER_KEYS=old",
        "A='b\nAUTHSITE_PEPPER_KEYS=old\n'",
    ],
)
def test_line_that_is_read_differently_here_and_there_is_refused(make: Make, line: str) -> None:
    """systemd, docker and shells disagree on these; the value is not shown."""
    said = refusal(make(text=f"{line}\n"))
    assert "web.env" in said
    assert "old" not in said


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o602, 0o777])
def test_file_that_others_can_read_or_write_is_refused(make: Make, mode: int) -> None:
    """Keys in it would not be secret."""
    assert "chmod 600" in refusal(make(mode=mode))


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_file_keeps_its_mode(make: Make, mode: int) -> None:
    """Whoever may read it may read the new one, and nobody else."""
    path = make(mode=mode)
    change(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_file_keeps_its_owner(make: Make) -> None:
    """Root rotates the keys of processes that do not run as root."""
    path = make()
    os.chown(path, 12345, 23456)
    change(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


def test_link_stays_a_link(make: Make, tmp_path: Path) -> None:
    """The file that it leads to is the one that changes."""
    path = make()
    link = tmp_path / "link.env"
    link.symlink_to(path)
    change(link)
    assert link.is_symlink()
    assert b"=new" in path.read_bytes()


def test_file_with_a_second_name_is_refused(make: Make, tmp_path: Path) -> None:
    """The other name would go on showing the old keys."""
    path = make()
    os.link(path, tmp_path / "again.env")
    assert "hard link" in refusal(path)


def test_file_that_is_missing_a_folder_or_a_pipe_is_refused(make: Make, tmp_path: Path) -> None:
    """One line each, and nothing hangs."""
    os.mkfifo(tmp_path / "pipe.env", 0o600)
    for name in ("missing.env", ".", "pipe.env"):
        with pytest.raises(EnvFileRefused, match=r"\A[^\n]+\Z"), opened([str(tmp_path / name)]):
            pass


def test_file_given_twice_is_refused(make: Make, tmp_path: Path) -> None:
    """Under whatever names."""
    path = make()
    link = tmp_path / "link.env"
    link.symlink_to(path)
    with pytest.raises(EnvFileRefused, match="given twice"):
        change(path, link)


def test_file_that_cannot_be_replaced_leaves_all_others_as_they_are(
    make: Make, tmp_path: Path
) -> None:
    """All new files lie complete beside the old ones before the first of them counts."""
    first, second = make("first.env"), make("second.env")
    (tmp_path / ".second.env.new").mkdir()
    with pytest.raises(EnvFileRefused, match="second"):
        change(first, second)
    assert first.read_bytes() == second.read_bytes() == FILE.encode()
    assert not (tmp_path / ".first.env.new").exists()


def test_file_that_another_rotation_has_open_is_refused(make: Make) -> None:
    """Two at once would each make a key, and one would be lost."""
    path = make()
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "another rotation" in refusal(path)
    change(path)


def test_file_that_an_editor_saved_meanwhile_is_left_alone(make: Make) -> None:
    """What somebody just wrote is not overwritten by what was read before."""
    path = make()
    with opened([str(path)]) as files:
        path.write_bytes(b"AUTHSITE_PEPPER_KEYS=theirs\n")
        with pytest.raises(EnvFileRefused, match="changed meanwhile"):
            write([file.with_value("AUTHSITE_PEPPER_KEYS", "new") for file in files])
    assert path.read_bytes() == b"AUTHSITE_PEPPER_KEYS=theirs\n"


def test_leftover_of_a_killed_rotation_does_not_stand_in_the_way(
    make: Make, tmp_path: Path
) -> None:
    """It is replaced, and gone at the end."""
    path = make()
    (tmp_path / ".web.env.new").write_text("half")
    change(path)
    assert not (tmp_path / ".web.env.new").exists()
    assert b"=new" in path.read_bytes()


def test_file_is_never_seen_half_written(make: Make) -> None:
    """A process that starts in that moment reads the old file or the new one."""
    path = make(text="AUTHSITE_PEPPER_KEYS=old\n" + "#\n" * 2000)
    whole = {len(path.read_bytes())}
    seen: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(len(path.read_bytes()))

    reader = threading.Thread(target=look)
    reader.start()
    for value in ("new", "old") * 50:
        change(path, value=value)
    done.set()
    reader.join()
    assert seen == whole


def test_repr_of_a_file_shows_no_value(make: Make) -> None:
    """Nor does an error's traceback."""
    with opened([str(make())]) as [file]:
        assert "old" not in repr(file)
