"""The peers as servers on loopback, and how a browser gets a session at each.

Each has a database of its own in the site's cluster, two processes, and one wiki that asks nobody
for consent: its family's own. What else was chosen for them is said in bench/README.md.
"""

import contextlib
import json
import secrets
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from joserfc.jwk import ECKey, RSAKey

from bench.http_client import Browser, Connection, UnexpectedAnswer
from bench.peers.installation import Installation, installed
from bench.processes import ProcessTree
from bench.sign_ins import SilentSignIn
from bench.wiki import Registration, Request, Wiki
from demo.environment import ROOT, Place, bare_environment
from demo.postgres import Server
from demo.processes import Probe, Program, Supervisor

_JWKS = "/.well-known/jwks.json"
_USERNAME = "Ada"
_WORKERS = 2


class CannotPreparePeer(Exception):
    """A peer's own commands failed; the message is what they said."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A running peer. Connections to it are made afresh by each method."""

    name: str
    alg: str
    host: str
    port: int
    tree: ProcessTree
    registration: Registration
    password: str = field(repr=False)

    def silent_sign_in(self) -> SilentSignIn:
        """Give a browser with a live session, and the wiki that it comes from."""
        origin = f"http://{self.host}:{self.port}"
        wiki = Wiki(self.registration, self._connection(), alg=self.alg)
        browser = Browser(self._connection(), origin)
        request = Request.new()
        answer = browser.get(wiki.authorization_path(request))
        while not (location := answer.headers["Location"]).startswith(
            self.registration.redirect_uri
        ):
            path = location.removeprefix(origin)
            answer = browser.get(path, **{"Bench-Account": _USERNAME})
            if answer.status == 200:  # a page with a form
                given = {"username": _USERNAME, "password": self.password}
                answer = browser.post(path, {**answer.hidden_fields(), **given})
            if "Location" not in answer.headers:
                raise UnexpectedAnswer(f"{answer.status}: {answer.body[:500]!r}")
        wiki.redeem(wiki.code_in(answer, request), request)
        return SilentSignIn(browser, wiki)

    def _connection(self) -> Connection:
        return Connection(self.host, self.port)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What a peer is started on."""

    installation: Installation
    supervisor: Supervisor
    server: Server
    log: Path
    redirect_uri: str


@contextlib.contextmanager
def running_peers(server: Server, log: Path, redirect_uri: str) -> Iterator[tuple[Peer, Peer]]:
    """Install and start both beside the site; they stop at the end.

    Raises CannotInstall, CannotPreparePeer, ProgramFailed.
    """
    stage = _Stage(installed(), Supervisor(ROOT), server, log, redirect_uri)
    try:
        peers = _start_node(stage), _start_toolkit(stage)
        stage.supervisor.wait_until_ready()
        yield peers
    finally:
        stage.supervisor.stop()


def _start_node(stage: _Stage) -> Peer:
    """node-oidc-provider; it makes its table itself."""
    key = ECKey.generate_key("P-256", private=True)
    private = {**key.as_dict(private=True), "alg": "ES256", "use": "sig", "kid": key.thumbprint()}
    more = {"key": private, "cookieKey": secrets.token_urlsafe(32), "workers": _WORKERS}
    told = _told(stage, "node", more)
    node = stage.installation.programs / "node"
    command = [str(node), str(stage.installation.node_folder / "server.mjs")]
    return _started(stage, "node-oidc-provider", "ES256", told, command)


def _start_toolkit(stage: _Stage) -> Peer:
    """django-oauth-toolkit, migrated by Django's own command; it has no ES256."""
    pem = RSAKey.generate_key(2048, private=True).as_pem(private=True).decode()
    more = {
        "private_pem": pem,
        "secret_key": secrets.token_urlsafe(48),
        "username": _USERNAME,
        "password": secrets.token_urlsafe(15),
    }
    told = _told(stage, "toolkit", more)
    python = str(stage.installation.python)
    done = subprocess.run(
        [python, "-m", "bench.peers.toolkit_app"],
        env=_environment(told),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotPreparePeer(done.stderr)
    command = [python, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(told["port"])]
    command += ["--workers", str(_WORKERS), "--blocking-threads", "1"]
    command += ["bench.peers.toolkit_app:application"]
    return _started(stage, "django-oauth-toolkit", "RS256", told, command)


def _told(stage: _Stage, name: str, more: dict[str, Any]) -> dict[str, Any]:
    """What a peer is told, by its environment."""
    database, port = f"bench_{name}", _free_port()
    with psycopg.connect(stage.server.dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    return {
        "host": f"{name}.localhost",
        "port": port,
        "issuer": f"http://{name}.localhost:{port}",
        "database": stage.server.dsn(database),
        "wiki": {
            "client_id": f"bench-{name}",
            "client_secret": secrets.token_urlsafe(32),
            "redirect_uri": stage.redirect_uri,
        },
        **more,
    }


def _environment(told: dict[str, Any]) -> dict[str, str]:
    return {
        **bare_environment(Place()),
        "NODE_ENV": "production",
        "BENCH_PEER": json.dumps(told),
    }


def _started(stage: _Stage, name: str, alg: str, told: dict[str, Any], command: list[str]) -> Peer:
    host, port = told["host"], told["port"]
    log = stage.log / f"{name}.log"
    program = Program(name, command, _environment(told), log, Probe(host, port, _JWKS))
    tree = ProcessTree(stage.supervisor.start(program))
    wiki = told["wiki"]
    registration = Registration(
        wiki["client_id"], wiki["client_secret"], wiki["redirect_uri"], told["issuer"]
    )
    return Peer(name, alg, host, port, tree, registration, told.get("password", ""))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
