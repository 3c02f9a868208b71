"""People through Python's face of the vault: real tags, real MACs, hashed as cheaply as allowed."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.test import override_settings

from vault import accounts, passwords, sessions
from vault.attempts import Attempt
from vault.events import NOWHERE, Origin
from vault.sessions import Session

PASSWORD = "correct horse battery staple"
CHEAP = {"ARGON2_MEMORY_KIB": 64, "ARGON2_TIME_COST": 1}


@dataclass(frozen=True)
class Member:
    """Somebody who signed up with a password."""

    account_id: UUID
    username: str
    password: str = field(repr=False)


def sign_up(username: str, password: str = PASSWORD) -> Member:
    """A new account."""
    with override_settings(**CHEAP):
        preparation = accounts.prepare()
        attempt = accounts.register(
            preparation,
            username=username,
            skeletons=frozenset({username.casefold()}),
            password=passwords.new_password(password, preparation.subject),
            address=None,
            origin=NOWHERE,
        )
    assert isinstance(attempt, Attempt)
    return Member(preparation.account_id, username, password)


def prove(member: Member, **changes: Any) -> passwords.Verdict:
    """A guess with that person's own password."""
    with override_settings(**CHEAP):
        return passwords.prove(
            member.username,
            member.password,
            **{"purpose": "sign_in", "origin": NOWHERE, **changes},
        )


def attempt_of(member: Member, **changes: Any) -> Attempt:
    """The attempt that the right password opens."""
    verdict = prove(member, **changes)
    assert verdict.attempt is not None
    return verdict.attempt


def sign_in(
    member: Member,
    *,
    kept: bool = False,
    old: Session | None = None,
    origin: Origin = NOWHERE,
    agent_label: str = "Firefox",
) -> Session:
    """A new session."""
    session = sessions.open_session(
        attempt_of(member, origin=origin),
        kept=kept,
        agent_label=agent_label,
        origin=origin,
        old=old,
    )
    assert session is not None
    return session
