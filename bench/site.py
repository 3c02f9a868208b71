"""The site under measure, the yardstick beside it, and their PostgreSQL; all thrown away.

Everything is prepared by the site's own commands as owner, in processes of their own; this one
never holds a key of the site's.
"""

import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from joserfc.jwk import ECKey

from bench.http_client import Browser, Connection
from bench.processes import ProcessTree
from bench.sign_ins import PasswordSignIn, SilentSignIn
from bench.wiki import Registration, Wiki
from demo.databases import VAULT_DATABASE, prepare_cluster
from demo.environment import ROOT, Demo, Place, State, bare_environment, load_secrets
from demo.postgres import EmbeddedPostgres, Server
from demo.processes import Probe, Program, Supervisor

WORKERS = 2
REDIRECT_URI = "http://bench.wiki.localhost/callback"
USERNAMES = ("Ada", "Grace")
_FLOOR_DATABASE = "bench_floor"
_FLOOR_HOST = "floor.localhost"
_FLOOR_TABLES = """
CREATE TABLE session (secret text PRIMARY KEY, subject text, expires timestamptz);
CREATE TABLE code (code text PRIMARY KEY, subject text, client_id text, nonce text,
                   challenge text, expires timestamptz);
INSERT INTO session VALUES ('floor', 'ada', now() + interval '1 day');
"""
# One browser does what hundreds would do from networks of their own.
_UNLIMITED = {
    f"AUTHSITE_RATE_{what}": "1000000/s" for what in ("SIGN_IN", "SIGN_UP", "PASSWORD", "TOKEN")
}


class CannotPrepare(Exception):
    """The site's own commands failed; the message is what they said."""


@dataclass(frozen=True, slots=True)
class Site:
    """Both servers running. Connections to them are made afresh by each method."""

    place: Place
    floor_port: int
    server: Server
    database_log: Path
    tree: ProcessTree
    floor_tree: ProcessTree
    registration: Registration
    password: str = field(repr=False)

    def browser(self) -> Browser:
        """Give a browser without cookies."""
        return Browser(self._connection(), self.place.issuer)

    def password_sign_in(self, username: str) -> PasswordSignIn:
        """Give a browser that signs in by password."""
        wiki = Wiki(self.registration, self._connection())
        return PasswordSignIn(self.browser(), wiki, username, self.password)

    def silent_sign_in(self, username: str) -> SilentSignIn:
        """Give a browser with a live session, and the wiki that it comes from."""
        signed_in = self.password_sign_in(username)
        signed_in.prepare(1)
        signed_in()
        return SilentSignIn(signed_in.browser, signed_in.wiki)

    def floor_sign_in(self) -> SilentSignIn:
        """Give the same for the bare Django application."""
        origin = f"http://{_FLOOR_HOST}:{self.floor_port}"
        wiki = Wiki(
            Registration("floor", "none", REDIRECT_URI, origin),
            Connection(_FLOOR_HOST, self.floor_port),
        )
        browser = Browser(Connection(_FLOOR_HOST, self.floor_port), origin)
        browser.cookies["__Host-session"] = "floor"
        return SilentSignIn(browser, wiki)

    def argon2_cost(self) -> tuple[int, int, int]:
        """Give KiB, passes and lanes with which the site stored its passwords."""
        with psycopg.connect(self.server.dsn(VAULT_DATABASE)) as connection:
            row = connection.execute(
                "SELECT memory_kib, time_cost, parallelism FROM vault.password_parameters LIMIT 1"
            ).fetchone()
        if row is None:
            raise CannotPrepare("The vault has no password.")
        return row[0], row[1], row[2]

    def _connection(self) -> Connection:
        return Connection("auth.localhost", self.place.port)


@contextlib.contextmanager
def running_site() -> Iterator[Site]:
    """Start everything below a folder of its own; stop and delete it all at the end."""
    folder = Path(tempfile.mkdtemp(prefix="authsite-bench-"))
    folder.chmod(0o711)  # PostgreSQL may run as a user of its own, who passes through
    state = State(folder / "var")
    state.make()
    # PostgreSQL is waited for, not measured: so it need not survive a crash.
    log = state.log / "postgres.log"
    embedded = EmbeddedPostgres(folder / "postgres", durable=False, log=log)
    supervisor = Supervisor(ROOT)
    try:
        server = embedded.start()
        yield _start(state, server, supervisor)
    finally:
        supervisor.stop()
        embedded.stop()
        embedded.forget()
        shutil.rmtree(folder)


def _start(state: State, server: Server, supervisor: Supervisor) -> Site:
    site_port, floor_port = _free_ports()
    demo = Demo(Place(port=site_port), state, server, load_secrets(state))
    prepare_cluster(server, demo.secrets["database_passwords"])
    password = secrets.token_urlsafe(15)
    registered = _prepare(demo, password)
    key = ECKey.generate_key("P-256", private=True)
    _make_floor(server)
    tree = supervisor.start(
        _served(
            "web",
            "authsite.wsgi:application",
            state,
            Probe("auth.localhost", site_port, "/health/ready"),
            {**demo.role_environment("web"), **_UNLIMITED},
        )
    )
    floor_tree = supervisor.start(
        _served(
            "floor",
            "bench.floor_app:application",
            state,
            Probe(_FLOOR_HOST, floor_port, "/.well-known/jwks.json"),
            {
                **bare_environment(demo.place),
                "BENCH_FLOOR_DSN": server.dsn(_FLOOR_DATABASE),
                "BENCH_FLOOR_KEY": json.dumps(key.as_dict(private=True)),
                "BENCH_FLOOR_ISSUER": f"http://{_FLOOR_HOST}:{floor_port}",
            },
        )
    )
    supervisor.wait_until_ready()
    return Site(
        place=demo.place,
        floor_port=floor_port,
        server=server,
        database_log=state.log / "postgres.log",
        tree=ProcessTree(tree),
        floor_tree=ProcessTree(floor_tree),
        registration=Registration(
            registered["client_id"], registered["client_secret"], REDIRECT_URI, demo.place.issuer
        ),
        password=password,
    )


def _served(
    name: str, application: str, state: State, probe: Probe, environment: dict[str, str]
) -> Program:
    """As production serves: granian without its own access log, since the site writes one."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(probe.port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", "1", application]
    return Program(name, command, environment, state.log / f"{name}.log", probe)


def _prepare(demo: Demo, password: str) -> dict[str, str]:
    """Migrate, make keys, accounts and one wiki; gives the wiki's registration."""
    wanted = {
        "accounts": [
            {"username": name, "password": password, "operator": False} for name in USERNAMES
        ],
        "wikis": {
            "bench": {
                "client_name": "Bench wiki",
                "client_uri": "http://bench.wiki.localhost/",
                "redirect_uris": [REDIRECT_URI],
                "id_token_signed_response_alg": "ES256",
                "first_party": True,
            }
        },
    }
    done = subprocess.run(
        [sys.executable, "-m", "demo.prepare"],
        input=json.dumps(wanted),
        env=demo.role_environment("owner"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotPrepare(done.stderr)
    registered: dict[str, Any] = json.loads(done.stdout)["bench"]
    return registered


def _make_floor(server: Server) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_FLOOR_DATABASE}")
    with psycopg.connect(server.dsn(_FLOOR_DATABASE), autocommit=True) as connection:
        connection.execute(_FLOOR_TABLES)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
