"""Wikis on loopback that answer as a test says, and what ``checkwiki`` finds of them."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from ipaddress import ip_network
from typing import Any

from outbox.fetcher import Fetcher
from sso.services.wiki_checks import Finding, check
from sso.services.wiki_checks.probe import Probe
from tests.unit.outbox.servers import Server, read_request, serving
from vault.wikis import Calls, Wiki

LOOPBACK = (ip_network("127.0.0.0/8"),)
NOW = datetime.now(UTC)
QUIET = Calls("wiki-a", "", NOW, NOW, None, None, NOW, 0, 0, None)
# What a wiki answers to a request line that begins so; the longest that fits.
Site = dict[str, bytes]
_DATE_LATER = "Date: now"


def _date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def answer(status: int, body: bytes = b"", *, at: datetime | None = None, **headers: str) -> bytes:
    """An answer by a wiki whose clock says that time; by default, the time when it is sent."""
    date = f"Date: {_date(at)}" if at is not None else _DATE_LATER
    lines = [f"HTTP/1.1 {status} X", date, f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


GOOD: Site = {
    "GET / ": answer(200),
    "GET /callback": answer(400),
    "GET /bye": answer(200),
    "POST /logout": answer(400),
}


@contextmanager
def a_site(site: Site, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A wiki that answers so, and 404 to all else."""

    def converse(server: Server, connected: socket.socket) -> None:
        request = read_request(connected)
        server.requests.append(request)
        fits = [line for line in site if request.startswith(line.encode())]
        said = site[max(fits, key=len)] if fits else answer(404)
        now = f"Date: {_date(datetime.now(UTC))}"
        connected.sendall(said.replace(_DATE_LATER.encode(), now.encode(), 1))

    with serving(converse, tls=tls) as server:
        yield server


def a_wiki(base: str, **changes: Any) -> Wiki:
    """A wiki at that address, registered as one should be."""
    wiki = Wiki(
        client_id="wiki-a",
        name="A wiki",
        first_party=True,
        state="active",
        secret_hash=b"",
        token_endpoint_auth_method="client_secret_basic",
        home_uri=f"{base}/",
        redirect_uris=(f"{base}/callback",),
        post_logout_redirect_uris=(f"{base}/bye",),
        backchannel_logout_uri=f"{base}/logout",
        response_types=("code",),
        require_pkce=True,
        id_token_alg="ES256",
        scopes=("openid", "profile", "offline_access"),
    )
    return replace(wiki, **changes)


def checked(wiki: Wiki, last: Calls = QUIET, **fetcher: Any) -> list[Finding]:
    """What is found, by the guarded fetcher itself."""
    probe = Probe(fetch=Fetcher(**{"allowed": LOOPBACK, **fetcher}).fetch)
    return list(check(wiki, last, probe))


def of(site: Site, last: Calls = QUIET, **changes: Any) -> list[Finding]:
    """What is found of a wiki that answers as the good one does, but for this."""
    with a_site({**GOOD, **site}) as server:
        return checked(a_wiki(f"http://127.0.0.1:{server.port}", **changes), last)


def faults(findings: list[Finding]) -> list[str]:
    """What is wrong, in words."""
    return [f"{one.about}: {one.says}" for one in findings if one.verdict == "wrong"]


def notes(findings: list[Finding]) -> str:
    """What is worth a thought, in words."""
    return "\n".join(f"{one.about}: {one.says}" for one in findings if one.verdict == "note")
