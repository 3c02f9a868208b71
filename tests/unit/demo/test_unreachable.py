"""A demo wiki whose provider is away or strange, and one that starts with several processes."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .openid_provider import OpenIDProvider
from .wiki_process import Browser, WikiProcess


@pytest.fixture
def lonely_wiki(
    tmp_path: Path, _localhost_names: None, provider: OpenIDProvider
) -> Iterator[WikiProcess]:
    """A wiki that starts while its provider is away, with two processes on an empty folder."""
    provider.stop()
    running = WikiProcess(client_id="en", issuer=provider.issuer, folder=tmp_path, workers=2)
    yield running
    running.stop()


def test_wiki_started_without_its_provider_reads_and_signs_in_once_it_is_back(
    lonely_wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """Reading goes on without a redirect, signing in says why not, and mends by itself."""
    page = browser.get(f"{lonely_wiki.origin}/")
    assert (page.status_code, page.history) == (200, [])
    refused = browser.get(f"{lonely_wiki.origin}/auth/login?next=/wiki/Tide")
    assert refused.status_code == 503
    assert "does not answer" in refused.text
    assert 'href="/wiki/Tide"' in refused.text
    provider.start()
    page = browser.get(f"{lonely_wiki.origin}/auth/login")
    assert 'id="account-name"' in page.text


def test_wiki_started_with_two_processes_seeds_its_pages_once(lonely_wiki: WikiProcess) -> None:
    """Processes that start together on an empty database take turns."""
    time.sleep(0.5)
    rows = lonely_wiki.rows(
        "SELECT p.title, COUNT(*) FROM wiki_page p JOIN wiki_revision r ON r.page_id = p.id"
        " GROUP BY p.title"
    )
    assert {"Main Page", "Lighthouse", "Tide"} <= {title for title, _ in rows}
    assert {count for _, count in rows} == {1}


def test_logout_token_while_the_keys_cannot_be_had_is_asked_for_again(
    lonely_wiki: WikiProcess, provider: OpenIDProvider
) -> None:
    """503 tells the provider's worker to come back; then the token works."""
    token = provider.logout_token(sub="sub-alice")
    assert lonely_wiki.post_logout_token(token).status_code == 503
    provider.start()
    assert lonely_wiki.post_logout_token(token).status_code == 200


def test_sign_out_while_the_provider_is_away_ends_the_session_here_and_says_so(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """Nobody stays signed in here because another site is down."""
    page = signed_in.get(f"{wiki.origin}/")
    provider.stop()
    time.sleep(3.2)
    page = signed_in.submit(page, "/auth/logout")
    assert "signed out of this wiki only" in page.text
    assert wiki.rows("SELECT * FROM wiki_session") == []


@pytest.mark.usefixtures("_localhost_names")
def test_provider_that_calls_itself_otherwise_is_not_believed(
    tmp_path: Path, provider: OpenIDProvider
) -> None:
    """A discovery document with another issuer is as good as none."""
    running = WikiProcess(
        client_id="en", issuer=provider.issuer.replace("auth.", "other."), folder=tmp_path
    )
    try:
        answer = httpx.get(f"{running.origin}/auth/login", trust_env=False)
        assert answer.status_code == 503
    finally:
        running.stop()
