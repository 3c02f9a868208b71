"""Speaking to the provider: whose answer counts, and what a request gives away."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from authsite_client import (
    GrantRefused,
    HttpAnswer,
    Provider,
    ProviderUnavailable,
    StandardTransport,
)
from authsite_client.testing import FakeProvider


def test_metadata_is_kept_for_an_hour_or_as_long_as_is_asked_for(
    fake: FakeProvider, provider: Provider
) -> None:
    """One request, until it is too old for what it is wanted for."""
    for _ in range(3):
        assert provider.metadata()["issuer"] == fake.issuer
    assert len(fake.requests) == 1
    fake.now += 4
    provider.metadata(max_age=3)
    assert len(fake.requests) == 2
    fake.is_away = True
    with pytest.raises(ProviderUnavailable):
        provider.metadata(max_age=-1)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"issuer": "https://auth.example.org/"},
        {"issuer": None},
        {"jwks_uri": None},
        {"token_endpoint": ["x"]},
    ],
)
def test_metadata_of_another_issuer_or_without_an_address_is_not_believed(
    fake: FakeProvider, provider: Provider, document: dict[str, Any], monkeypatch: Any
) -> None:
    """Discovery 1.0 section 4.3."""
    honest = fake.metadata()
    monkeypatch.setattr(fake, "metadata", lambda: {**honest, **document})
    with pytest.raises(ProviderUnavailable):
        provider.metadata()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"a": 1, "a": 2}', b"\xff"])
def test_answer_that_is_no_json_object_is_none(fake: FakeProvider, body: bytes) -> None:
    """A proxy's page with status 200, 400 or 401 is not the provider's word."""
    for status in (200, 400, 401):

        def transport(method: str, *rest: Any, status: int = status, **more: Any) -> HttpAnswer:
            return HttpAnswer(status, body) if method == "POST" else fake(method, *rest, **more)

        provider = Provider(
            issuer=fake.issuer, client_id="c", client_secret="s", transport=transport
        )
        with pytest.raises(ProviderUnavailable):
            provider.refresh("token")


def test_refusal_carries_the_providers_word(fake: FakeProvider, provider: Provider) -> None:
    """Told apart from a provider that is away."""
    with pytest.raises(GrantRefused) as refused:
        provider.refresh("never given")
    assert refused.value.error == "invalid_grant"


def test_token_given_back_is_dead(fake: FakeProvider, provider: Provider) -> None:
    """RFC 7009: by the wiki itself."""
    token = fake.sign_in(nonce="n")["refresh_token"]
    provider.revoke(token)
    with pytest.raises(GrantRefused):
        provider.refresh(token)


def test_wiki_authenticates_as_the_standard_spells_it(fake: FakeProvider) -> None:
    """RFC 6749 section 2.3.1: both halves form-encoded; a public client says its id in the form."""
    sent: list[tuple[str, bytes]] = []

    def transport(method: str, *rest: Any, headers: Any, body: bytes | None = None) -> HttpAnswer:
        if method == "POST":
            sent.append((headers.get("Authorization", ""), body or b""))
        return fake(method, *rest, headers=headers, body=body)

    for secret in ("a b:c/%", None):
        provider = Provider(
            issuer=fake.issuer, client_id="wiki é", client_secret=secret, transport=transport
        )
        with pytest.raises(GrantRefused):
            provider.refresh("token")
    assert sent[0] == (
        "Basic d2lraSslQzMlQTk6YStiJTNBYyUyRiUyNQ==",
        b"grant_type=refresh_token&refresh_token=token",
    )
    assert sent[1] == (
        "",
        b"grant_type=refresh_token&refresh_token=token&client_id=wiki+%C3%A9",
    )


class _Handler(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/ok")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b"x" * (70_000 if self.path == "/huge" else 5)
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path != "/cut":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """A real server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_standard_transport_gives_answers_and_follows_no_redirect(origin: str) -> None:
    """An error status is an answer; a redirect would carry the secret elsewhere."""
    send = StandardTransport(timeout=60)
    assert send("GET", f"{origin}/ok", headers={}) == HttpAnswer(200, b"xxxxx")
    assert send("GET", f"{origin}/missing", headers={}).status == 404
    assert send("GET", f"{origin}/redirect", headers={}).status == 302
    assert _Handler.asked[-1] == "/redirect"


def test_standard_transport_takes_no_long_answer_and_no_silence(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong on the way is one typed error; a proxy of the environment is not used."""
    send = StandardTransport(timeout=2)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert StandardTransport()("GET", f"{origin}/ok", headers={}).status == 200
    for url in (f"{origin}/huge", f"{origin}/cut", "http://127.0.0.1:9/", "https://127.0.0.1:9/"):
        with pytest.raises(ProviderUnavailable):
            send("GET", url, headers={})


@pytest.mark.parametrize("url", ["http://auth.example.org/", "file:///etc/passwd", "ftp://x/", "x"])
def test_standard_transport_sends_secrets_by_https_alone(url: str) -> None:
    """http is for loopback, which is for trying things out."""
    with pytest.raises(ProviderUnavailable, match="https"):
        StandardTransport()("GET", url, headers={})
