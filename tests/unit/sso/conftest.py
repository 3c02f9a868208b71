"""Who registers wikis in these tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg
import pytest


@pytest.fixture
def registered(
    admin: psycopg.Connection, playing: Callable[[str], AbstractContextManager[None]]
) -> Iterator[Callable[[], list[str]]]:
    """Lets this process register wikis as the owner; tells the addresses of those there are."""

    def addresses() -> list[str]:
        return [uri for (uri,) in admin.execute("SELECT unnest(redirect_uris) FROM vault.wikis")]

    with playing("owner"):
        yield addresses
