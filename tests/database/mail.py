"""People with addresses, and the worker's part of a mailed token, through Python's face of it."""

from typing import Any
from uuid import UUID

import psycopg
from django.test import override_settings

from authsite.roles import SECRETS
from tests.database.asking import ask
from tests.database.people import CHEAP, PASSWORD, Member, attempt_of, sign_in
from tests.environment import environment_for
from vault import (
    accounts,
    address_changes,
    mailed_tokens,
    passwords,
    reset_requests,
    resets,
    sign_in_notices,
    token_arming,
)
from vault.attempts import Attempt
from vault.email_addresses import normal_form
from vault.events import NOWHERE, Origin
from vault.keys import KeyRing, new_key
from vault.seals import open_address
from vault.sessions import Session

Playing = Any
BROWSER, OTHER_BROWSER = b"b" * 32, b"o" * 32
ADDRESS = "ada@example.org"
EVES = "eve@example.net"
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


def request_reset(username: str | None = "Ada", **changes: Any) -> None:
    """Asks for the letter, which nobody has written yet."""
    resets.request_reset(
        **{
            "username": username,
            "browser": BROWSER,
            "language": "en",
            "origin": HERE,
            **changes,
        }
    )


def requests(admin: psycopg.Connection) -> list[int]:
    """The requests that wait for an answer, the oldest first."""
    rows = ask(admin, "SELECT id FROM vault.outbox WHERE kind = 'reset_request' ORDER BY id")
    return [row["id"] for row in rows]


def answer_requests(playing: Playing, admin: psycopg.Connection) -> None:
    """The worker's part: it finds whom each request means, and queues the letters."""
    with playing("worker"):
        for job in requests(admin):
            assert reset_requests.answer(job) == "answered"


def ask_for_reset(
    playing: Playing, admin: psycopg.Connection, username: str | None = "Ada", **changes: Any
) -> None:
    """Asks for the letter, and has the worker answer."""
    request_reset(username, **changes)
    answer_requests(playing, admin)


def tokens(admin: psycopg.Connection, *purposes: str) -> list[UUID]:
    """The ids of all tokens for these purposes, the oldest first; of a reset or a confirmation."""
    rows = ask(
        admin,
        "SELECT id FROM vault.mailed_tokens WHERE purpose = ANY (%s) ORDER BY requested_at",
        list(purposes or ("reset", "confirm")),
    )
    return [row["id"] for row in rows]


def letters(admin: psycopg.Connection, template: str | None = None) -> list[dict[str, Any]]:
    """The payloads of all letters, or those of one template, the oldest first."""
    rows = ask(admin, "SELECT payload FROM vault.outbox WHERE kind = 'letter' ORDER BY id")
    found = [row["payload"] for row in rows]
    return [one for one in found if template is None or one["template"] == template]


def sent_to(admin: psycopg.Connection) -> list[tuple[str, set[UUID]]]:
    """Each letter with a reset token: the address, and the accounts that its tokens are for."""
    rows = ask(
        admin,
        "SELECT o.account_id, o.sealed_address, ARRAY("
        " SELECT t.account_id FROM vault.mailed_tokens t"
        " WHERE o.payload -> 'tokens' ? t.id::text) AS accounts FROM vault.outbox o"
        " WHERE o.payload ->> 'template' = 'password_reset_link' ORDER BY o.id",
    )
    return [
        (open_address(row["sealed_address"], row["account_id"]), set(row["accounts"]))
        for row in rows
    ]


def mailed_events(admin: psycopg.Connection) -> list[dict[str, Any]]:
    """What the trail says of reset letters: for which account, and whether one was sent."""
    return ask(
        admin,
        "SELECT account_id, detail FROM vault.events WHERE tag = 'account:token:mailed'"
        " ORDER BY id",
    )


def armed(
    playing: Playing,
    admin: psycopg.Connection,
    token: UUID | None = None,
    address: str = ADDRESS,
    *,
    purpose: str = "",
) -> token_arming.ArmedToken:
    """What the worker writes into the letter of a token: of the latest one."""
    token = token or tokens(admin, *filter(None, [purpose]))[-1]
    with playing("worker"):
        made = token_arming.arm(token, address=address)
    assert isinstance(made, token_arming.ArmedToken), made
    return made


def mailed(
    playing: Playing,
    admin: psycopg.Connection,
    token: UUID | None = None,
    address: str = ADDRESS,
    *,
    purpose: str = "",
) -> bytes:
    """The secret that the link in a token's letter carries."""
    return armed(playing, admin, token, address, purpose=purpose).secret


def typed(code: str) -> bytes:
    """The secret that a code spells."""
    secret = mailed_tokens.decode(code)
    assert secret is not None
    return secret


def a_reset_token(
    playing: Playing, admin: psycopg.Connection, username: str = "Ada", address: str = ADDRESS
) -> bytes:
    """A reset token of somebody's that has just come by mail."""
    ask_for_reset(playing, admin, username)
    return mailed(playing, admin, address=address, purpose="reset")


def redeem(secret: bytes, **changes: Any) -> Attempt | mailed_tokens.RedeemRefusal:
    """Redeems a reset token in the browser that asked for it."""
    return resets.redeem_reset(
        secret, **{"browser": BROWSER, "username": None, "origin": HERE, **changes}
    )


def reset(attempt: Attempt, password: str = "a new and longer password") -> str:
    """Sets a new password, hashed as cheaply as allowed."""
    with override_settings(**CHEAP):
        return resets.reset_password(attempt, password, language="en", origin=HERE)


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


def set_primary(session: Session, attempt: Attempt, address_id: UUID) -> str:
    """Makes another address the primary one."""
    return address_changes.set_primary(session, attempt, address_id, language="en", origin=HERE)


def remove(session: Session, attempt: Attempt, address_id: UUID) -> str:
    """Takes an address away."""
    return address_changes.remove_address(session, attempt, address_id, language="en", origin=HERE)


def restore(secret: bytes) -> Any:
    """Undoes a change of addresses, by the letter that told the old one."""
    return address_changes.restore(secret, language="en", origin=HERE)


def disown(secret: bytes) -> Any:
    """Says that a sign-in was not one's own."""
    return sign_in_notices.disown(secret, origin=HERE)


def sign_up_with(username: str, address: str, origin: Origin = HERE) -> Member:
    """Somebody signs up, and says that this is their address."""
    with override_settings(**CHEAP):
        preparation = accounts.prepare()
        attempt = accounts.register(
            preparation,
            username=username,
            skeletons=frozenset({username.casefold()}),
            password=passwords.new_password(PASSWORD, preparation.subject),
            address=accounts.EmailAddress(address, normal_form(address)),
            origin=origin,
        )
    assert isinstance(attempt, Attempt)
    return Member(preparation.account_id, username, PASSWORD)


def taken_over(playing: Playing, admin: psycopg.Connection) -> tuple[Session, Attempt]:
    """Somebody in Ada's account has made an address of theirs the primary one; their way in."""
    _, session, proof = signed_in(playing)
    added = add(session, proof, EVES)
    confirm(mailed(playing, admin, address=EVES, purpose="confirm"))
    assert set_primary(session, proof, added) == "changed"
    return session, proof


def live_addresses(admin: psycopg.Connection) -> dict[str, bool]:
    """The addresses that are not removed, and whether each is the primary one."""
    rows = ask(admin, "SELECT * FROM vault.email_addresses WHERE removed_at IS NULL")
    return {open_address(row["sealed"], row["account_id"]): row["is_primary"] for row in rows}
