"""A provider with a clock, a wiki's store, and a client between them."""

from collections.abc import Callable

import pytest

from authsite_client import Client, MemoryStore, Provider, Verifier
from authsite_client.testing import FakeProvider

NOW = 1_800_000_000


@pytest.fixture
def fake() -> FakeProvider:
    """A provider that is honest and there."""
    return FakeProvider(now=NOW)


@pytest.fixture
def provider(fake: FakeProvider) -> Provider:
    """The wiki's view of it, on the same clock."""
    return Provider(
        issuer=fake.issuer,
        client_id=fake.client_id,
        client_secret=fake.client_secret,
        transport=fake,
        clock=lambda: fake.now,
    )


@pytest.fixture
def verifier(fake: FakeProvider, provider: Provider) -> Verifier:
    """What verifies its tokens."""
    return Verifier(issuer=fake.issuer, client_id=fake.client_id, find_key=provider.keys.find)


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def client(fake: FakeProvider, provider: Provider, store: MemoryStore) -> Client:
    """A wiki on the provider's clock."""
    return Client(provider=provider, store=store, clock=lambda: fake.now)


@pytest.fixture
def sign_in(fake: FakeProvider, client: Client) -> Callable[..., str]:
    """Signs somebody in: ``sign_in(sub=..., sid=...)`` gives the cookie's secret."""

    def go(**who: str) -> str:
        answer = fake.sign_in(nonce="n-1", **who)
        return client.open(client.verify_sign_in(answer, nonce="n-1"))

    return go
