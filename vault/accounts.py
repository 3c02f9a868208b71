"""Creating accounts, and finding them by name for the owner's commands."""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from vault import connection
from vault.attempts import Attempt, new_secret, secret_hash
from vault.email_addresses import confirmed_mac
from vault.errors import VaultRefused
from vault.events import Origin
from vault.names import name_mac
from vault.passwords import NewPassword
from vault.seals import address_digest, seal_address
from vault.sessions import Session


def new_account_id() -> UUID:
    """A UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, the rest random."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    return UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62))


Refusal = Literal["taken", "alike", "closed"]


@dataclass(frozen=True)
class Preparation:
    """What a new account's first password is bound to, and whether sign-up is open."""

    account_id: UUID
    subject: bytes
    sign_up_open: bool


@dataclass(frozen=True)
class EmailAddress:
    """An address as typed (NFC), and its normal form for look-ups."""

    address: str
    normal_form: str


@dataclass(frozen=True)
class FoundAccount:
    """An account that the owner's command asked for by name."""

    account_id: UUID
    username: str
    state: str


@dataclass(frozen=True)
class OwnAccount:
    """What one's own account page tells besides name and sessions."""

    created_at: datetime
    password_changed_at: datetime | None


def own_account(session: Session) -> OwnAccount | None:
    """The account of this session, or None when it has ended meanwhile."""
    row = connection.find_row(
        "SELECT * FROM api.own_account_v1(%(secret)s)", {"secret": session.secret}
    )
    return OwnAccount(**row) if row is not None else None


def prepare() -> Preparation:
    """An id for a new account, with what its password's tag is bound to."""
    account_id = new_account_id()
    row = connection.row(
        "SELECT * FROM api.prepare_account_v1(%(account)s)", {"account": account_id}
    )
    return Preparation(account_id, row["subject"], row["sign_up_open"])


def name_parameters(account_id: UUID, username: str) -> dict[str, object]:
    """The arguments about a name that every registering function takes, its MAC among them."""
    vouched, key = name_mac(account_id, username)
    return {"account": account_id, "username": username, "name_mac": vouched, "name_mac_key": key}


def address_parameters(
    address: EmailAddress | None, account_id: UUID, *, confirmed: bool
) -> dict[str, object]:
    """The arguments about a first address that every registering function takes."""
    names = ("address", "sealed", "digest", "digest_key", "address_mac", "address_mac_key")
    if address is None:
        return dict.fromkeys(names)
    address_id = uuid4()
    digest, key = address_digest(address.normal_form)
    vouched = confirmed_mac(address_id, account_id, digest) if confirmed else (None, None)
    sealed = seal_address(address.address, account_id)
    return dict(zip(names, (address_id, sealed, digest, key, *vouched), strict=True))


def asker_parameters(origin: Origin) -> dict[str, object]:
    """For the letter that confirms a first address: which browser asks, and in which language."""
    return {
        "browser_hash": secret_hash(origin.device or new_secret()),
        "language": origin.language,
    }


def register(
    preparation: Preparation,
    *,
    username: str,
    skeletons: frozenset[str],
    password: NewPassword,
    address: EmailAddress | None,
    origin: Origin,
) -> Attempt | Refusal:
    """Signs a person up: account, password and unconfirmed address at once.

    The address gets the letter that confirms it.

    Gives the attempt that has proven the new password, or why not. Raises ``VaultUnavailable``.
    """
    attempt_secret = new_secret()
    row = connection.row(
        "SELECT * FROM api.register_account_v1(%(account)s, %(username)s, %(name_mac)s,"
        " %(name_mac_key)s, %(skeletons)s, %(salt)s, %(memory_kib)s, %(time_cost)s,"
        " %(parallelism)s, %(pepper_id)s, %(tag)s, %(proof)s, %(address)s, %(sealed)s, %(digest)s,"
        " %(digest_key)s, %(browser_hash)s, %(language)s, %(attempt_hash)s, %(network)s,"
        " %(agent)s)",
        {
            **name_parameters(preparation.account_id, username),
            "skeletons": sorted(skeletons),
            **password.parameters(preparation.account_id),
            **address_parameters(address, preparation.account_id, confirmed=False),
            **asker_parameters(origin),
            "attempt_hash": secret_hash(attempt_secret),
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    status = row["status"]
    if status in ("taken", "alike", "closed"):
        refusal: Refusal = status
        return refusal
    if status != "created":
        raise VaultRefused("register_account", status)
    return Attempt(
        secret=attempt_secret,
        purpose="sign_in",
        account_id=preparation.account_id,
        username=username,
        amr=("pwd",),
        auth_time=row["authenticated_at"],
        account_epoch=row["account_epoch"],
        site_epoch=row["site_epoch"],
        proofs=("password",),
    )


def create(
    preparation: Preparation,
    *,
    username: str,
    skeletons: frozenset[str],
    checked: bool,
    password: NewPassword | None,
    confirmed_address: EmailAddress | None,
) -> str:
    """Creates an account from the console: ``created``, ``taken``, ``alike``. Owner only.

    ``checked`` is false for accounts brought from elsewhere, which may look alike.
    """
    empty = {
        "salt": None,
        "memory_kib": None,
        "time_cost": None,
        "parallelism": None,
        "pepper_id": None,
        "tag": None,
        "proof": None,
    }
    row = connection.row(
        "SELECT api.create_account_v1(%(account)s, %(username)s, %(name_mac)s, %(name_mac_key)s,"
        " %(skeletons)s, %(checked)s, %(salt)s, %(memory_kib)s, %(time_cost)s, %(parallelism)s,"
        " %(pepper_id)s, %(tag)s, %(proof)s, %(address)s, %(sealed)s, %(digest)s, %(digest_key)s,"
        " %(address_mac)s, %(address_mac_key)s) AS status",
        {
            **name_parameters(preparation.account_id, username),
            "skeletons": sorted(skeletons),
            "checked": checked,
            **(password.parameters(preparation.account_id) if password else empty),
            **address_parameters(confirmed_address, preparation.account_id, confirmed=True),
        },
    )
    status: str = row["status"]
    if status not in ("created", "taken", "alike"):
        raise VaultRefused("create_account", status)
    return status


def find(username: str) -> FoundAccount | None:
    """The account with exactly this canonical name. Owner only."""
    row = connection.find_row(
        "SELECT * FROM api.find_account_v1(%(username)s)", {"username": username}
    )
    return FoundAccount(row["account_id"], row["username"], row["state"]) if row else None
