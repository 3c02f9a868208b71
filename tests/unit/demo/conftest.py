"""One provider and two wikis for all tests of this folder; each test gets them honest and fresh."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.localhost import resolve_localhost

from .openid_provider import Behaviour, OpenIDProvider
from .wiki_process import Browser, WikiProcess

_CLIENTS = {name: f"secret of/{name}" for name in ("en", "fr")}


@pytest.fixture(scope="session")
def _localhost_names() -> Iterator[None]:
    before = socket.getaddrinfo
    resolve_localhost()
    yield
    socket.getaddrinfo = before


@pytest.fixture(scope="session")
def _running_provider() -> Iterator[OpenIDProvider]:
    running = OpenIDProvider(_CLIENTS)
    yield running
    running.stop()


@pytest.fixture
def provider(_running_provider: OpenIDProvider) -> OpenIDProvider:
    """The provider: up, honest, nobody signed in."""
    _running_provider.start()
    _running_provider.does = Behaviour()
    _running_provider.requests.clear()
    return _running_provider


@pytest.fixture(scope="session")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wikis")


@pytest.fixture(scope="session")
def _running_wiki(
    _localhost_names: None, _running_provider: OpenIDProvider, _folder: Path
) -> Iterator[WikiProcess]:
    running = WikiProcess(client_id="en", issuer=_running_provider.issuer, folder=_folder)
    yield running
    running.stop()


@pytest.fixture
def wiki(_running_wiki: WikiProcess, provider: OpenIDProvider) -> WikiProcess:
    """The English wiki, with nobody signed in."""
    _running_wiki.rows("DELETE FROM wiki_session")
    _running_wiki.rows("DELETE FROM wiki_logouttoken")
    _running_wiki.rows("DELETE FROM wiki_seen")
    _running_wiki.rows("UPDATE wiki_account SET epoch = 0")
    return _running_wiki


@pytest.fixture(scope="session")
def french_wiki(
    _localhost_names: None, _running_provider: OpenIDProvider, _folder: Path
) -> Iterator[WikiProcess]:
    """The French wiki."""
    running = WikiProcess(client_id="fr", issuer=_running_provider.issuer, folder=_folder)
    yield running
    running.stop()


@pytest.fixture
def browser() -> Browser:
    """A browser that has been nowhere."""
    return Browser()


@pytest.fixture
def signed_in(wiki: WikiProcess, browser: Browser) -> Browser:
    """A browser in which Alice is signed in at the English wiki."""
    page = browser.get(f"{wiki.origin}/auth/login")
    assert 'id="account-name"' in page.text
    return browser
