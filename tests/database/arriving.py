"""Where people sign in from, for tests of what they are told of it."""

import psycopg
import pytest

from tests.database.mail import Playing, a_member, letters
from tests.database.people import Member, sign_in
from vault.events import Origin

HOME, LAPTOP = "192.0.2.0/24", b"l" * 32
PHONE = b"p" * 32


def at(network: str = HOME, device: bytes | None = LAPTOP, language: str = "en") -> Origin:
    """Where somebody signs in from."""
    return Origin(network=network, agent="Firefox", device=device, language=language)


def a_year_ago(admin: psycopg.Connection) -> None:
    """All accounts were made long ago."""
    admin.execute("UPDATE vault.accounts SET created_at = created_at - interval '1 year'")


@pytest.fixture
def ada(playing: Playing, admin: psycopg.Connection) -> Member:
    """Somebody whose laptop and network are known, and of whom no letter has told."""
    member = a_member(playing)
    sign_in(member, origin=at())
    a_year_ago(admin)
    assert letters(admin) == []
    return member
