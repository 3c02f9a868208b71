"""The wikis' library against this very site: what one signs and ends, the other obeys."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.test import Client as HttpClient

from authsite_client import Client, Ended, HttpAnswer, Live, MemoryStore, Overtaken, Provider
from tests.environment import ISSUER
from tests.web.people import Browser, WikiClient, tokens_for

SCOPE = "openid profile offline_access"


class Site:
    """Carries a wiki's requests to this site, and counts them."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpAnswer:
        """As its transport does, without a network."""
        path = urlsplit(url).path
        self.paths.append(path)
        answer: Any = HttpClient().generic(
            method,
            path,
            body or b"",
            content_type=headers.get("Content-Type", ""),
            secure=True,
            headers={"host": urlsplit(ISSUER).netloc, **headers},
        )
        return HttpAnswer(answer.status_code, answer.content)


class Wiki:
    """A wiki that the library keeps honest."""

    def __init__(self, registered: WikiClient) -> None:
        self.registered = registered
        self.site = Site()
        self.store = MemoryStore()
        provider = Provider(
            issuer=ISSUER,
            client_id=registered.client_id,
            client_secret=registered.registration["client_secret"],
            transport=self.site,
        )
        self.client = Client(provider=provider, store=self.store)

    def sign_in(self, browser: Browser) -> str:
        """Gives the cookie of a session there."""
        tokens = tokens_for(browser, self.registered, scope=SCOPE)
        sign_in = self.client.verify_sign_in(tokens, nonce=self.registered.nonce)
        assert sign_in.id_claims.preferred_username == "Grace"
        return self.client.open(sign_in)

    def age(self, cookie: str) -> None:
        """Lets the access token of a session be over."""
        from authsite_client.client import digest

        record = self.store.find(digest(cookie))
        assert record is not None
        self.store.add(replace(record, claims=replace(record.claims, exp=int(time.time()))))


@pytest.fixture(params=["RS256", "ES256"])
def wiki(add_wiki: Callable[..., WikiClient], request: pytest.FixtureRequest) -> Wiki:
    """One for each way in which its ID tokens may be signed."""
    return Wiki(add_wiki("English wiki", scope=SCOPE, id_token_signed_response_alg=request.param))


def test_session_at_a_wiki_is_live_and_refreshed_link_by_link(grace: Browser, wiki: Wiki) -> None:
    """One request when a token is over, and none while it is good."""
    cookie = wiki.sign_in(grace)
    for number in range(1, 4):
        assert isinstance(wiki.client.check(cookie), Live)
        wiki.age(cookie)
        assert isinstance(wiki.client.check(cookie), Live)
        assert wiki.site.paths.count("/oauth/token") == number


def test_session_at_a_wiki_that_was_told_nothing_ends_at_its_next_question(
    grace: Browser, wiki: Wiki
) -> None:
    """Signed out here while no logout token could reach it."""
    cookie = wiki.sign_in(grace)
    grace.submit(grace.get("/logout"), "/logout")
    assert isinstance(wiki.client.check(cookie), Live)
    wiki.age(cookie)
    assert wiki.client.check(cookie) == Ended("refused")


def test_epoch_raised_here_ends_older_sessions_of_a_wiki_at_the_next_sign_in(
    grace: Browser, wiki: Wiki, admin: psycopg.Connection
) -> None:
    """Without a question for each of them, and no token of before comes in again."""
    cookie = wiki.sign_in(grace)
    before = tokens_for(grace, wiki.registered, scope=SCOPE)
    admin.execute("UPDATE vault.accounts SET epoch = epoch + 1")
    again = Browser()
    again.sign_in("Grace")
    assert isinstance(wiki.client.check(wiki.sign_in(again)), Live)
    assert wiki.client.check(cookie) == Ended("overtaken")
    with pytest.raises(Overtaken):
        wiki.client.verify_sign_in(before, nonce=wiki.registered.nonce)
