"""App passwords and the programs that use them, through Python's face of the vault."""

from ipaddress import ip_address
from typing import Any
from uuid import UUID

from tests.database.asking import AGENT, NETWORK
from tests.database.mail import Playing, a_member, fresh
from tests.database.people import sign_in
from vault import app_passwords
from vault.app_passwords import NewAppPassword, Verdict
from vault.attempts import Attempt
from vault.events import NOWHERE
from vault.sessions import Session

ORIGIN = (NETWORK, AGENT)
SOMEWHERE = ip_address("192.0.2.7")


def make(session: Session, attempt: Attempt, **changes: Any) -> Any:
    """Adds an app password."""
    return app_passwords.add(
        session,
        attempt,
        **{
            "name": "Bot",
            "scopes": ("edit", "upload"),
            "networks": (),
            "lives_seconds": None,
            "language": "en",
            "origin": NOWHERE,
            **changes,
        },
    )


def made_by(playing: Playing, username: str = "Ada", **changes: Any) -> tuple[Session, str, UUID]:
    """A session, an app password as it is typed, and its id."""
    member = a_member(playing, username, f"{username.lower()}@example.org")
    session = sign_in(member)
    made = make(session, fresh(member, session), **changes)
    assert isinstance(made, NewAppPassword)
    return session, made.typed, made.id


def use(username: str, typed: str, address: str = str(SOMEWHERE)) -> Verdict:
    """A program presents what its person typed into it."""
    return app_passwords.prove(username, typed, address=ip_address(address), origin=NOWHERE)
