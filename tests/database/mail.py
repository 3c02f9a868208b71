"""People with addresses, and the worker's part of a mailed token, through Python's face of it."""

from typing import Any
from uuid import UUID

import psycopg
from django.test import override_settings

from authsite.roles import SECRETS
from tests.database.asking import ask, value
from tests.database.people import CHEAP, PASSWORD, Member, attempt_of, sign_in
from tests.environment import environment_for
from vault import accounts, address_changes, mailed_tokens, passwords, token_arming
from vault.attempts import Attempt
from vault.email_addresses import normal_form
from vault.events import NOWHERE, Origin
from vault.keys import KeyRing, new_key
from vault.sessions import Session

Playing = Any
BROWSER, OTHER_BROWSER = b"b" * 32, b"o" * 32
ADDRESS = "ada@example.org"
HERE = Origin(network="192.0.2.0/24", agent="Firefox")


def a_member(
    playing: Playing, username: str = "Ada", address: str | None = ADDRESS, *, password: bool = True
) -> Member:
    """Somebody whom the owner made, with a confirmed address."""
    with playing("owner"), override_settings(**CHEAP):
        preparation = accounts.prepare()
        new = passwords.new_password(PASSWORD, preparation.subject) if password else None
        status = accounts.create(
            preparation,
            username=username,
            skeletons=frozenset({username.casefold()}),
            checked=True,
            password=new,
            confirmed_address=accounts.EmailAddress(address, normal_form(address))
            if address is not None
            else None,
        )
    assert status == "created"
    return Member(preparation.account_id, username, PASSWORD)


def ring_with(name: str, key_id: str) -> KeyRing:
    """The tests' ring with a new active key in front; the old one stays readable."""
    role = max(SECRETS[name])
    return KeyRing.parse(name, f"{new_key(key_id)},{environment_for(role)[name]}")


def ask_for_reset(username: str | None = "Ada", **changes: Any) -> None:
    """Asks for the letter."""
    mailed_tokens.request_reset(
        **{
            "username": username,
            "browser": BROWSER,
            "language": "en",
            "origin": HERE,
            **changes,
        }
    )


def tokens(admin: psycopg.Connection) -> list[UUID]:
    """The ids of all tokens, the oldest first."""
    rows = ask(admin, "SELECT id FROM vault.mailed_tokens ORDER BY requested_at")
    return [row["id"] for row in rows]


def letters(admin: psycopg.Connection, template: str | None = None) -> list[dict[str, Any]]:
    """The payloads of all letters, or those of one template, the oldest first."""
    rows = ask(admin, "SELECT payload FROM vault.outbox WHERE kind = 'letter' ORDER BY id")
    found = [row["payload"] for row in rows]
    return [one for one in found if template is None or one["template"] == template]


def mailed(
    playing: Playing, admin: psycopg.Connection, token: UUID | None = None, address: str = ADDRESS
) -> bytes:
    """What the worker writes into the letter of a token: of the latest one."""
    token = token or tokens(admin)[-1]
    account = value(admin, "SELECT account_id FROM vault.mailed_tokens WHERE id = %s", token)
    with playing("worker"):
        armed = token_arming.arm(token, account_id=account, address=address)
    assert isinstance(armed, token_arming.ArmedToken), armed
    return armed.secret


def a_reset_token(
    playing: Playing, admin: psycopg.Connection, username: str = "Ada", address: str = ADDRESS
) -> bytes:
    """A reset token of somebody's that has just come by mail."""
    ask_for_reset(username)
    return mailed(playing, admin, address=address)


def redeem(secret: bytes, **changes: Any) -> Attempt | mailed_tokens.RedeemRefusal:
    """Redeems a reset token in the browser that asked for it."""
    return mailed_tokens.redeem_reset(
        secret, **{"browser": BROWSER, "username": None, "origin": HERE, **changes}
    )


def reset(attempt: Attempt, password: str = "a new and longer password") -> str:
    """Sets a new password, hashed as cheaply as allowed."""
    with override_settings(**CHEAP):
        return mailed_tokens.reset_password(attempt, password, language="en", origin=HERE)


def fresh(member: Member, session: Session) -> Attempt:
    """A fresh proof of the session's person."""
    return attempt_of(member, purpose="reauthenticate", session_secret=session.secret)


def signed_in(playing: Playing, username: str = "Ada") -> tuple[Member, Session, Attempt]:
    """Somebody whom the owner made, a session of theirs, and a fresh proof in it."""
    member = a_member(playing, username, f"{username.lower()}@example.org")
    session = sign_in(member)
    return member, session, fresh(member, session)


def add(session: Session, attempt: Attempt, address: str, **changes: Any) -> Any:
    """Adds an address."""
    return address_changes.add_address(
        session,
        attempt,
        address,
        **{"browser": BROWSER, "language": "en", "origin": NOWHERE, **changes},
    )


def confirm(secret: bytes, **changes: Any) -> Any:
    """Confirms an address in the browser that asked for it."""
    return address_changes.confirm(
        secret, **{"browser": BROWSER, "username": None, "origin": HERE, **changes}
    )
