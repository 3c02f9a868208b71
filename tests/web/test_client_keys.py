"""A wiki that publishes its keys at an address, from a real server on loopback."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import psycopg
import pytest

from sso.services import fetched_keys
from tests.unit.outbox.servers import Server, read_request, serving
from tests.web.assertions import Signer, new_key, public, shown
from tests.web.people import WikiClient, post_form
from tests.web.refusals import is_refused
from vault import wikis

pytestmark = pytest.mark.usefixtures("unlimited")


class Keys:
    """What the wiki's server publishes at the moment."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.body = b""
        self.delay = 0.0

    def publish(self, document: Any) -> None:
        """From the next question on."""
        self.body = json.dumps(document).encode()


@pytest.fixture
def keys(settings: Any) -> Iterator[Keys]:
    """A server that publishes nothing yet; loopback may be called."""
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.0/8")]
    found: list[Keys] = []

    def answer(server: Server, connected: socket.socket) -> None:
        server.requests.append(read_request(connected))
        time.sleep(found[0].delay)
        body = found[0].body
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        connected.sendall(head.encode() + body)

    fetched_keys.forget()
    with serving(answer) as server:
        found.append(Keys(server))
        yield found[0]
    fetched_keys.forget()


@pytest.fixture
def publisher(keys: Keys, add_wiki: Callable[..., WikiClient]) -> Signer:
    """A wiki that is registered with the server's address."""
    wiki = add_wiki(
        "Publishing wiki",
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=f"http://keys.localhost:{keys.server.port}/jwks",
    )
    signer = Signer(new_key(kid="one"), client_id=wiki.client_id)
    keys.publish(public(signer.key))
    return signer


def ask(signer: Signer) -> Any:
    """Shows an assertion where nothing else is looked at."""
    return post_form("/oauth/introspect", shown(signer.sign(), token="none"))


def test_wiki_with_published_keys_authenticates(publisher: Signer, keys: Keys) -> None:
    """``jwks_uri``: asked when the first assertion comes, and not for the next ones."""
    assert [ask(publisher).status_code for _ in range(3)] == [200, 200, 200]
    assert len(keys.server.requests) == 1


def test_wiki_that_rotates_its_key_is_not_told_to_wait(
    publisher: Signer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that was published a moment ago is fetched; the one that was taken out is over."""
    assert ask(publisher).status_code == 200
    monkeypatch.setattr(fetched_keys, "PAUSE_SECONDS", 0.0)
    new = Signer(new_key(kid="two"), client_id=publisher.client_id)
    keys.publish(public(publisher.key, new.key))
    assert ask(new).status_code == 200
    assert ask(publisher).status_code == 200
    newest = Signer(new_key(kid="three"), client_id=publisher.client_id)
    keys.publish(public(newest.key))
    assert ask(newest).status_code == 200
    is_refused(ask(publisher), 401, "invalid_client")


def test_strangers_assertions_make_this_site_ask_no_oftener(publisher: Signer, keys: Keys) -> None:
    """Nobody uses this site to knock at a wiki, whatever key its header names."""
    assert ask(publisher).status_code == 200
    for number in range(20):
        stranger = Signer(new_key(kid=f"k{number}"), client_id=publisher.client_id)
        is_refused(ask(stranger), 401, "invalid_client")
    assert len(keys.server.requests) == 1


def test_suspended_wikis_address_is_not_asked(
    publisher: Signer, keys: Keys, admin: psycopg.Connection
) -> None:
    """What is out of service costs nothing more."""
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")
    is_refused(ask(publisher), 401, "invalid_client")
    assert keys.server.connections == 0
    admin.execute("UPDATE vault.wikis SET state = 'active'")
    wikis.forget()
    assert ask(publisher).status_code == 200


def test_wiki_whose_keys_come_slowly_is_asked_to_come_again(publisher: Signer, keys: Keys) -> None:
    """503, after a moment; what was sent is not spent, and good as soon as the keys are there."""
    keys.delay = fetched_keys.WAIT_SECONDS + 0.5
    form = shown(publisher.sign(), token="none")
    is_refused(post_form("/oauth/introspect", form), 503, "temporarily_unavailable")
    ends_at = time.monotonic() + 60
    while post_form("/oauth/introspect", form).status_code == 503:
        assert time.monotonic() < ends_at
        time.sleep(0.1)
    assert len(keys.server.requests) == 1
    is_refused(post_form("/oauth/introspect", form), 401, "invalid_client")


def test_wiki_whose_keys_cannot_be_had_is_asked_to_come_again(
    publisher: Signer, keys: Keys, settings: Any
) -> None:
    """503 and not invalid_client: its assertion may be right, and is not spent."""
    settings.OUTBOUND_ALLOW = []
    assertion = publisher.sign()
    form = shown(assertion, token="none")
    refused = post_form("/oauth/introspect", form)
    is_refused(refused, 503, "temporarily_unavailable")
    assert keys.server.connections == 0
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.0/8")]
    fetched_keys.forget()
    assert post_form("/oauth/introspect", form).status_code == 200


def test_wiki_that_publishes_its_private_key_is_refused(publisher: Signer, keys: Keys) -> None:
    """That key is everybody's: the answer says so to whoever has to make another."""
    keys.publish({"keys": [publisher.key.as_dict(private=True)]})
    refused = ask(publisher)
    is_refused(refused, 401, "invalid_client")
    assert "private key" in refused.json()["error_description"]
