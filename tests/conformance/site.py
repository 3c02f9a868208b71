"""Runs the site for the suite: a web process and a worker, over TLS, with a database of its own.

The database is a copy of the tests' one, which is migrated already and has signing keys; nobody
else empties the copy.
"""

import json
import secrets
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from joserfc.jwk import ECKey

from demo.databases import SITE_DATABASE, VAULT_DATABASE, prepare_cluster
from demo.postgres import Server
from demo.processes import Probe, Program, Supervisor
from tests.conformance.decisions import registrations
from tests.conformance.receiver import Receiver, receiving
from tests.environment import DATABASE_PASSWORDS, dsn, subprocess_environment
from tests.unit.outbox.servers import certificate_for

ROOT: Final = Path(__file__).resolve().parents[2]
USERNAME: Final = "Conformance"
EMAIL: Final = "conformance@example.org"
_COPIES: Final = {
    VAULT_DATABASE: f"{VAULT_DATABASE}_conformance",
    SITE_DATABASE: f"{SITE_DATABASE}_conformance",
}
# openid-client's two registrations (library.py): by secret, and by key with pushed requests.
LIBRARY: Final = "openid-client"
LIBRARY_BY_KEY: Final = "openid-client with a key"
LIBRARY_KEY: Final = ECKey.generate_key("P-256", {"kid": "1"}, private=True)
# One machine plays all of the suite's.
_UNLIMITED: Final = {
    f"AUTHSITE_RATE_{what}": "1000000/s" for what in ("SIGN_IN", "PASSWORD", "TOKEN", "LETTERS")
}


@dataclass(frozen=True)
class Client:
    """A client of the suite, as the site registered it."""

    metadata: dict[str, Any]

    @property
    def client_id(self) -> str:
        """Its client id."""
        return str(self.metadata["client_id"])

    @property
    def secret(self) -> str:
        """Its client secret."""
        return str(self.metadata["client_secret"])

    @property
    def redirect_uri(self) -> str:
        """Its one redirect URI."""
        (uri,) = self.metadata["redirect_uris"]
        return str(uri)

    @property
    def post_logout_redirect_uri(self) -> str:
        """Where it wants people to be after they signed out."""
        (uri,) = self.metadata["post_logout_redirect_uris"]
        return str(uri)


@dataclass(frozen=True)
class Site:
    """The running site, and what the suite's configuration says of it."""

    issuer: str
    folder: Path
    receiver: Receiver
    clients: dict[str, Client]
    metadata: dict[str, Any]
    password: str = field(repr=False)

    @property
    def bundle(self) -> Path:
        """The certificate for localhost, and its key."""
        return self.folder / "server.txt"

    def http(self) -> httpx.Client:
        """An HTTP client that trusts the site's certificate and follows nothing by itself."""
        return httpx.Client(verify=_trusting(self.bundle), timeout=60, follow_redirects=False)

    def manage(self, *arguments: str) -> str:
        """What one of the site's own commands says, run as owner."""
        command = [sys.executable, "manage.py", *arguments]
        return _as_owner(command, self.issuer, self.folder)

    def register(self, *arguments: str) -> Client:
        """A client by the arguments of ``addwiki``."""
        return Client(json.loads(self.manage("addwiki", *arguments, "--json")))


@contextmanager
def running_site(server: Server, folder: Path) -> Iterator[Site]:
    """Starts everything, and stops it at the end."""
    certificate_for("localhost", folder)
    bundle = folder / "server.txt"
    (folder / "mail").mkdir()
    _copy_databases(server)
    port = free_port()
    issuer = f"https://localhost:{port}"
    supervisor = Supervisor(ROOT)
    with receiving(bundle) as receiver:
        try:
            supervisor.start(_web(issuer, port, folder))
            password = secrets.token_urlsafe(15)
            clients = _prepare(issuer, folder, password, receiver.origin)
            supervisor.start(_worker(issuer, folder))
            supervisor.wait_until_ready()
            yield Site(issuer, folder, receiver, clients, _discover(issuer, bundle), password)
        finally:
            supervisor.stop()


def _copy_databases(server: Server) -> None:
    from django.db import connections

    from vault.connection import close_pools

    # Nobody may be connected to what is copied.
    close_pools()
    connections.close_all()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        for name, copy in _COPIES.items():
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            connection.execute(f"CREATE DATABASE {copy} OWNER authsite_owner TEMPLATE {name}")
    prepare_cluster(server, DATABASE_PASSWORDS, databases=_COPIES.values())


def _environment(role: str, issuer: str, folder: Path) -> dict[str, str]:
    environment = {
        **subprocess_environment(role),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "AUTHSITE_ISSUER": issuer,
        **_UNLIMITED,
    }
    copied = {"DATABASE_URL": SITE_DATABASE, "VAULT_URL": VAULT_DATABASE}
    for name, database in copied.items():
        if name in environment:
            environment[name] = dsn(role, _COPIES[database])
    if role == "worker":
        environment |= {
            "AUTHSITE_MAIL_URL": (folder / "mail").as_uri(),
            "AUTHSITE_OUTBOUND_ALLOW": "127.0.0.0/8",
            # The suite's server shows the same certificate.
            "SSL_CERT_FILE": str(folder / "server.txt"),
        }
    if role in ("worker", "owner"):
        environment["AUTHSITE_SEAL_STORE"] = (folder / "seals").as_uri()
    return environment


def _web(issuer: str, port: int, folder: Path) -> Program:
    bundle = str(folder / "server.txt")
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "1", "--ssl-certificate", bundle, "--ssl-keyfile", bundle]
    return Program(
        "web",
        [*command, "authsite.wsgi:application"],
        _environment("web", issuer, folder),
        folder / "web.log",
        Probe("localhost", port, "/health/ready", tls=True),
    )


def _worker(issuer: str, folder: Path) -> Program:
    command = [sys.executable, "manage.py", "runworker"]
    return Program("worker", command, _environment("worker", issuer, folder), folder / "worker.log")


def _prepare(issuer: str, folder: Path, password: str, suite: str) -> dict[str, Client]:
    """The suite's clients by the very lines of docs/conformance.md, and an account."""
    account = {"username": USERNAME, "email": EMAIL, "password": password, "operator": False}
    wikis = {**registrations(suite), **_library(suite)}
    command = [sys.executable, "-m", "tests.conformance.prepare"]
    said = _as_owner(
        command, issuer, folder, given=json.dumps({"accounts": [account], "wikis": wikis})
    )
    return {name: Client(metadata) for name, metadata in json.loads(said).items()}


def _as_owner(command: list[str], issuer: str, folder: Path, *, given: str = "") -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=_environment("owner", issuer, folder),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _library(home: str) -> dict[str, dict[str, Any]]:
    """As an ordinary wiki of the family registers: with PKCE."""
    common = {
        "redirect_uris": [f"{home}/library/callback"],
        "post_logout_redirect_uris": [f"{home}/library/"],
        "scope": "openid profile email offline_access",
        "first_party": True,
    }
    by_key = {
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [LIBRARY_KEY.as_dict(private=False)]},
        "require_pushed_authorization_requests": True,
    }
    return {LIBRARY: common, LIBRARY_BY_KEY: {**common, **by_key}}


def _discover(issuer: str, bundle: Path) -> dict[str, Any]:
    address = f"{issuer}/.well-known/openid-configuration"
    answer = httpx.get(address, verify=_trusting(bundle))
    metadata: dict[str, Any] = answer.raise_for_status().json()
    return metadata


def _trusting(bundle: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=bundle)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
