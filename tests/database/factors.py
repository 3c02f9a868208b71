"""Second factors for tests: as bare SQL, and through Python's face of the vault.

A sealed secret, a tag and a MAC are any bytes in bare SQL, where nothing opens or checks them.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.test import override_settings

from tests.database.asking import (
    AGENT,
    NETWORK,
    Person,
    Proof,
    Row,
    a_session,
    ask,
    call,
    prove,
    random_32,
    sha256,
)
from tests.database.people import CHEAP, Member, attempt_of, sign_in
from vault import passkeys, recovery_codes, sessions, totp
from vault.attempts import Attempt
from vault.events import NOWHERE, Origin
from vault.factors import Verdict
from vault.passkeys import NewPasskey, Passkey
from vault.sessions import Session
from vault.totp_codes import NEW_SECRET_BYTES, code_of, step_at

WRONG = "no code"
RECOVERY_SET = (b"s" * 16, 64, 1, 1, "t1")

# --- Bare SQL ----------------------------------------------------------------------------------


def reauthenticated(web: psycopg.Connection, person: Person) -> tuple[bytes, Proof]:
    """A session of somebody without second factors, and a fresh proof of the password in it."""
    session = a_session(web, person)
    return session, prove(web, person, purpose="reauthenticate", session=session)


def an_attempt(
    admin: psycopg.Connection,
    person: Person,
    proofs: Sequence[str],
    *,
    purpose: str = "sign_in",
    sid: UUID | None = None,
) -> Proof:
    """An attempt that holds these proofs, put there behind the vault's back."""
    secret = random_32()
    [verdict] = ask(
        admin,
        "INSERT INTO vault.attempts (secret_hash, account_id, account_epoch, site_epoch, purpose,"
        " proofs, amr, authenticated_at, sid, expires_at)"
        " SELECT sha256(%s), a.id, a.epoch, s.epoch, %s, %s, vault.amr_of(%s), clock_timestamp(),"
        " %s, clock_timestamp() + interval '10 minutes' FROM vault.accounts a, vault.site s"
        " WHERE a.id = %s RETURNING account_epoch, site_epoch, proofs, amr,"
        " vault.epoch_seconds(authenticated_at) AS authenticated_at",
        *(secret, purpose, list(proofs), list(proofs), sid, person.account_id),
    )
    return Proof(secret, verdict)


def an_app(admin: psycopg.Connection, person: Person, *, step: int = -1) -> UUID:
    """Gives somebody an app behind web's back; its secret is one that nothing opens."""
    device = uuid4()
    answer = call(
        admin,
        "api.import_totp_v1",
        *(person.account_id, device, "Phone", secrets.token_bytes(60), random_32(), "t1", step),
    )
    assert answer["status"] == "added"
    return device


def some_codes(admin: psycopg.Connection, person: Person, count: int = 10) -> list[bytes]:
    """Gives somebody recovery codes behind web's back; gives their tags."""
    tags = [random_32() for _ in range(count)]
    answer = call(
        admin,
        "api.import_recovery_codes_v1",
        *(person.account_id, *RECOVERY_SET, tags, [random_32() for _ in tags]),
    )
    assert answer["status"] == "replaced"
    return tags


def passkey_arguments(**changes: Any) -> Row:
    """A new passkey as ``add_passkey_v1`` takes it, from its credential id to its MAC's key."""
    return {
        "credential": secrets.token_bytes(32),
        "user_handle": secrets.token_bytes(64),
        "public_key": secrets.token_bytes(77),
        "aaguid": uuid4(),
        "is_synced": False,
        "backed_up": False,
        "transports": ["usb"],
        "name": "Key",
        "sign_count": 0,
        "mac": random_32(),
        "mac_key": "t1",
        **changes,
    }


def a_passkey(admin: psycopg.Connection, person: Person, **changes: Any) -> bytes:
    """Gives somebody a passkey behind web's back; gives its credential id."""
    row = passkey_arguments(**changes)
    row["credential_id"] = row.pop("credential")
    row["account_id"] = person.account_id
    admin.execute(
        f"INSERT INTO vault.passkeys ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )
    credential: bytes = row["credential_id"]
    return credential


def propose_totp(web: psycopg.Connection, attempt: bytes, device: bytes | None = None) -> Row:
    """Charges an opening: status, proposal, wait_seconds."""
    return call(web, "api.propose_totp_v1", attempt, NETWORK, AGENT, device)


def open_totp(web: psycopg.Connection, proposal: UUID | None) -> Row:
    """Opens what was charged: status, account_id, devices, sealed."""
    return call(web, "api.open_totp_v1", proposal)


def opened(web: psycopg.Connection, attempt: bytes, device: bytes | None = None) -> Row:
    """A whole opening in two transactions; its id under ``opening``."""
    proposed = propose_totp(web, attempt, device)
    if not proposed["proposal"]:
        return proposed
    return {**open_totp(web, proposed["proposal"]), "opening": proposed["proposal"]}


def wrong_factor(web: psycopg.Connection, attempt: bytes, device: bytes | None = None) -> Row:
    """A wrong code of an app."""
    opening = opened(web, attempt, device)
    if opening["status"] != "opened":
        return opening
    return call(web, "api.refuse_totp_v1", attempt, opening["opening"])


def right_totp(web: psycopg.Connection, attempt: bytes, app: UUID, step: int) -> Row:
    """A right code of an app, of that time step."""
    opening = opened(web, attempt)
    if opening["status"] != "opened":
        return opening
    return call(web, "api.accept_totp_v1", attempt, opening["opening"], app, step)


def right_code(
    admin: psycopg.Connection, web: psycopg.Connection, person: Person, attempt: bytes | None = None
) -> str:
    """What a right code of an app is answered: of a step that is unused, in a new attempt."""
    [app] = ask(
        admin,
        "SELECT id, greatest(last_step + 1, %s) AS step FROM vault.totp_devices"
        " WHERE account_id = %s",
        *(step_at(), person.account_id),
    )
    attempt = attempt or prove(web, person).secret
    return str(right_totp(web, attempt, app["id"], app["step"])["status"])


def propose_code(
    web: psycopg.Connection, attempt: bytes, tag: bytes | None, device: bytes | None = None
) -> Row:
    """Charges a guess at a recovery code: status, proposal, wait_seconds."""
    return call(web, "api.propose_recovery_code_v1", attempt, tag, NETWORK, AGENT, device)


def guess_code(
    web: psycopg.Connection, attempt: bytes, tag: bytes, device: bytes | None = None
) -> Row:
    """A whole guess at a recovery code, in two transactions."""
    proposed = propose_code(web, attempt, tag, device)
    if not proposed["proposal"]:
        return proposed
    return call(web, "api.judge_recovery_code_v1", proposed["proposal"])


def prove_passkey(web: psycopg.Connection, credential: bytes | None, **changes: Any) -> Row:
    """A verified signature, as web vouches for it; by default it opens an attempt."""
    parameters = {
        "credential": credential,
        "sign_count": 0,
        "backed_up": False,
        "user_verified": True,
        "purpose": "sign_in",
        "attempt": None,
        "attempt_hash": sha256(random_32()),
        "session": None,
        "network": NETWORK,
        "agent": AGENT,
        **changes,
    }
    return call(web, "api.prove_passkey_v1", *parameters.values())


# --- Through Python ----------------------------------------------------------------------------


@contextmanager
def cheaply() -> Iterator[None]:
    """Hashes as cheaply as is allowed."""
    with override_settings(**CHEAP):
        yield


def later(steps: int) -> float:
    """The time so many steps from now: a code works once, and no test waits for the next."""
    return time.time() + 30 * steps


def code_at(secret: bytes, now: float) -> str:
    """What an app shows at that time."""
    return code_of(secret, step_at(now))


def fresh_attempt(
    member: Member, session: Session, secret: bytes | None = None, *, now: float | None = None
) -> Attempt:
    """A fresh proof in a session: the password, and a code of the app where there is one."""
    attempt = attempt_of(member, purpose="reauthenticate", session_secret=session.secret)
    if secret is None:
        return attempt
    verdict = with_code(attempt, secret, now=later(0) if now is None else now)
    assert verdict.attempt is not None
    return verdict.attempt


def with_code(attempt: Attempt, secret: bytes, *, now: float, origin: Origin = NOWHERE) -> Verdict:
    """A right code of an app."""
    return totp.prove(attempt, code_at(secret, now), origin=origin, now=now)


def enrol_app(member: Member, session: Session | None = None, **changes: Any) -> bytes:
    """Somebody without second factors adds an app; gives its secret. Codes of now are unused."""
    session = session or sign_in(member)
    secret = changes.pop("secret", None) or secrets.token_bytes(NEW_SECRET_BYTES)
    status = totp.add(
        session,
        fresh_attempt(member, session),
        **{
            "name": "Phone",
            "secret": secret,
            "step": step_at() - 5,
            "language": "en",
            "origin": NOWHERE,
            **changes,
        },
    )
    assert status == "added"
    return secret


def enrol_codes(member: Member, session: Session | None = None) -> tuple[str, ...]:
    """Somebody without second factors makes ten recovery codes."""
    session = session or sign_in(member)
    attempt = fresh_attempt(member, session)
    with cheaply():
        made = recovery_codes.replace(session, attempt, language="en", origin=NOWHERE)
    assert made.status == "replaced"
    return made.codes


def new_passkey(**changes: Any) -> NewPasskey:
    """What a registration ceremony has verified."""
    return NewPasskey(
        **{
            "credential_id": secrets.token_bytes(32),
            "user_handle": secrets.token_bytes(64),
            "public_key": secrets.token_bytes(77),
            "aaguid": uuid4(),
            "is_synced": False,
            "backed_up": False,
            "transports": ("usb",),
            "sign_count": 0,
            **changes,
        }
    )


def enrol_passkey(member: Member, **changes: Any) -> Passkey:
    """Somebody without second factors adds a passkey; as it is found afterwards."""
    session = sign_in(member)
    new = new_passkey(**changes)
    proof = fresh_attempt(member, session)
    added = passkeys.add(session, proof, new, name="Key", language="en", origin=NOWHERE)
    assert added == "added"
    found = passkeys.find(new.credential_id)
    assert found is not None
    return found


def present(passkey: Passkey, **changes: Any) -> passkeys.Verdict:
    """A verified signature of a passkey; by default one that knew its user, to sign in."""
    return passkeys.prove(
        passkey,
        **{
            "sign_count": 0,
            "backed_up": False,
            "user_verified": True,
            "purpose": "sign_in",
            "origin": NOWHERE,
            **changes,
        },
    )


def presented(passkey: Passkey, **changes: Any) -> Attempt:
    """The attempt that a verified signature opens, or is added to."""
    verdict = present(passkey, **changes)
    assert verdict.attempt is not None
    return verdict.attempt


def sign_in_with(passkey: Passkey) -> Session:
    """A session opened by a passkey that knew its user."""
    attempt = presented(passkey)
    session = sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    assert session is not None
    return session
