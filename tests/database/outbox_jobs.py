"""Jobs, wikis and a worker for the tests of the outbox."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings
from joserfc import jwt
from joserfc.jwk import KeySet

from outbox.worker import Worker
from tests.database.asking import vouch_for_wikis
from tests.unit.outbox.servers import Server, read_request
from vault import signing_keys, wikis
from vault.seals import seal_address

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.fixture
def worker_role(vault: None, playing: Any, tmp_path: Path) -> Iterator[None]:
    """This process as the worker: loopback may be called, letters become files."""
    with (
        playing("worker"),
        override_settings(
            OUTBOUND_ALLOW=[ip_network("127.0.0.0/8")],
            MAIL_URL=f"file://{tmp_path}/mail",
            DEFAULT_FROM_EMAIL="no-reply@example.org",
        ),
    ):
        signing_keys.forget()
        yield
    signing_keys.forget()
    wikis.forget()


def add_wiki(admin: psycopg.Connection, uri: str | None, alg: str = "RS256") -> str:
    """Register a wiki with this back-channel logout URI, and give its client id."""
    client_id = f"wiki-{uuid4()}"
    admin.execute(
        "INSERT INTO vault.wikis (client_id, name, first_party, token_endpoint_auth_method,"
        " home_uri, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri,"
        " response_types, require_pkce, id_token_alg, scopes) VALUES (%s, 'W', true,"
        " 'client_secret_basic', 'https://w.example', '{}', '{}', %s, '{code}', true, %s, '{}')",
        [client_id, uri, alg],
    )
    vouch_for_wikis(admin)
    return client_id


def add_logout(admin: psycopg.Connection, client_id: str, **changes: Any) -> int:
    """Queue a logout as the vault does when a session ends, and give the job's id."""
    payload = {
        "client_id": client_id,
        "sid": str(uuid4()),
        "sub": str(uuid4()),
        "jti": str(uuid4()),
        **changes,
    }
    return add_job(admin, "backchannel_logout", payload)


def add_job(admin: psycopg.Connection, kind: str, payload: dict[str, Any]) -> int:
    """Queue any job."""
    row = admin.execute(
        "INSERT INTO vault.outbox (kind, payload) VALUES (%s, %s) RETURNING id",
        [kind, json.dumps(payload)],
    ).fetchone()
    assert row is not None
    return int(row[0])


def add_letter(admin: psycopg.Connection, address: str = "anna@example.org", **changes: Any) -> int:
    """Queue a letter as the vault does, and give the job's id."""
    account = uuid4()
    payload = {
        "template": "password_changed",
        "language": "en",
        "username": "Anna",
        "at": int(time.time()),
        "reference": "ABCD-1234",
        **changes,
    }
    row = admin.execute(
        "INSERT INTO vault.outbox (kind, account_id, sealed_address, payload)"
        " VALUES ('letter', %s, %s, %s) RETURNING id",
        [account, seal_address(address, account), json.dumps(payload)],
    ).fetchone()
    assert row is not None
    return int(row[0])


def state(admin: psycopg.Connection, job_id: int) -> dict[str, Any]:
    """What the vault keeps of a job."""
    row = admin.execute(
        "SELECT done_at IS NOT NULL, buried_at IS NOT NULL, tries, last_error,"
        " extract(epoch FROM not_before - clock_timestamp()) FROM vault.outbox WHERE id = %s",
        [job_id],
    ).fetchone()
    assert row is not None
    return dict(zip(("done", "buried", "tries", "error", "due_in"), row, strict=True))


def make_due(admin: psycopg.Connection) -> None:
    """Let every waiting job be due now."""
    admin.execute("UPDATE vault.outbox SET not_before = clock_timestamp()")


def until(condition: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait for a condition, and give the seconds that it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - started


@contextmanager
def working(**options: Any) -> Iterator[Worker]:
    """A worker that runs in a thread until the block ends."""
    worker = Worker(**options)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(timeout=60)
        assert not thread.is_alive()


def told(request: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the logout token in a request, verified with the published keys."""
    head, _, body = request.partition(b"\r\n\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    [token] = parse_qs(body.decode(), strict_parsing=True)["logout_token"]
    keys = KeySet.import_key_set({"keys": list(signing_keys.key_set().published)})
    found = jwt.decode(token, keys, algorithms=["RS256", "ES256"])
    return dict(found.header), dict(found.claims)


def answering_status(status: int, delay: float = 0.0) -> Callable[[Server, socket.socket], None]:
    """A wiki that answers every logout with this status, after a while."""

    def answer(server: Server, connected: socket.socket) -> None:
        server.requests.append(read_request(connected))
        if not server.stopping.wait(delay):
            connected.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())

    return answer
