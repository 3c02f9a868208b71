"""App passwords: 160 random bits for programs that cannot show a sign-in page.

Each opens its own scopes, from its own networks, and nothing else: no session, no page. A row's MAC
covers all of that: one that a database writer made, moved or widened is refused and reported.
"""

import base64
import binascii
import hashlib
import secrets
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any, Final, Literal
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, fresh_secret
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.keys import KeyRing
from vault.names import is_named
from vault.seals import Field, is_ours, mac
from vault.sessions import Session

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
AddRefusal = Literal["full", "gone", "weak"]

SECRET_BYTES: Final = 20
_GROUP: Final = 4
_MAPPED: Final = ip_network("::ffff:0:0/96")


@dataclass(frozen=True)
class NewAppPassword:
    """An app password that was just made: what its owner types, once to be seen."""

    id: UUID
    typed: str = field(repr=False)


@dataclass(frozen=True)
class OwnAppPassword:
    """One of a person's own app passwords, as their page shows it."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class Verdict:
    """The vault's answer to an app password.

    ``right`` comes with whose it is and what it opens. ``wait``: wrong, and too many were, with the
    seconds after which it would be told again, if ever. ``network``: it is bound to others;
    ``closed``: nobody may sign in at present.
    """

    status: Literal["right", "wrong", "wait", "network", "locked", "closed"]
    id: UUID | None = None
    account_id: UUID | None = None
    username: str = ""
    scopes: tuple[str, ...] = ()
    wait_seconds: int | None = None


def encode(secret: bytes) -> str:
    """A secret as people type it: base32 (RFC 4648 section 6) in small letters, by fours."""
    text = base64.b32encode(secret).decode().lower()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def decode(typed: str) -> bytes | None:
    """The secret that was typed, however it is grouped, or None where it can be none."""
    if len(typed) > 100:
        return None
    try:
        secret = base64.b32decode("".join(typed.split()).replace("-", "").upper())
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == SECRET_BYTES else None


def canonical(networks: Iterable[Network]) -> list[Network]:
    """The networks in one order, each once; IPv4 is written as IPv4."""
    plain = {
        ip_network((int(one.network_address) & 0xFFFFFFFF, one.prefixlen - 96))
        if isinstance(one, IPv6Network) and one.subnet_of(_MAPPED)  # type: ignore[arg-type]
        else one
        for one in networks
    }
    return sorted(plain, key=lambda one: (one.version, one.network_address.packed, one.prefixlen))


def mac_fields(row: Mapping[str, Any]) -> tuple[Field, ...]:
    """What the MAC of an app password's row covers, in order; times in seconds since 1970.

    Networks as bytes: PostgreSQL and Python do not write every one of them alike.
    """
    networks = [ip_network(one) for one in row["networks"]]
    return (
        row["id"],
        row["account_id"],
        row["secret_hash"],
        row["name"],
        tuple(row["scopes"]),
        tuple(one.network_address.packed + bytes([one.prefixlen]) for one in networks),
        row["created_at"],
        () if row["expires_at"] is None else (str(row["expires_at"]),),
    )


def add(
    session: Session,
    attempt: Attempt,
    *,
    name: str,
    scopes: tuple[str, ...],
    networks: Iterable[Network],
    lives_seconds: int | None,
    language: str,
    origin: Origin,
) -> NewAppPassword | AddRefusal:
    """Makes an app password by fresh proof; from anywhere where no network is named.

    ``full``: the account has 50 that work; ``gone``: session or proof; ``weak``: a second factor is
    held and was not proven. One statement. Raises ``VaultUnavailable``, and ``VaultRefused`` for a
    name, scopes or networks that the caller should not have let through.
    """
    ring: KeyRing = settings.CREDENTIAL_KEYS
    secret = secrets.token_bytes(SECRET_BYTES)
    now = int(time.time())
    app_password_id = uuid.uuid4()
    row: dict[str, Any] = {
        "id": app_password_id,
        "account_id": session.account_id,
        "secret_hash": hashlib.sha256(secret).digest(),
        "name": name,
        "scopes": list(scopes),
        "networks": [str(one) for one in canonical(networks)],
        "created_at": now,
        "expires_at": now + lives_seconds if lives_seconds is not None else None,
    }
    status = connection.row(
        "SELECT api.add_app_password_v1(%(session)s, %(attempt)s, %(id)s, %(secret_hash)s,"
        " %(name)s, %(scopes)s, %(networks)s, %(created_at)s, %(expires_at)s, %(mac)s,"
        " %(mac_key)s, %(language)s, %(network)s, %(agent)s) AS status",
        {
            **row,
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            "mac": mac(ring, ring.active_id, "app-password", *mac_fields(row)),
            "mac_key": ring.active_id,
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status == "added":
        return NewAppPassword(app_password_id, encode(secret))
    if status not in ("full", "gone", "weak"):
        raise VaultRefused("add_app_password", status)
    refusal: AddRefusal = status
    return refusal


def own(session: Session) -> list[OwnAppPassword]:
    """The app passwords of this session's person that work, the oldest first."""
    return [
        OwnAppPassword(
            **{**row, "scopes": tuple(row["scopes"]), "networks": tuple(row["networks"])}
        )
        for row in connection.rows(
            "SELECT * FROM api.list_app_passwords_v1(%(secret)s)", {"secret": session.secret}
        )
    ]


def revoke(
    session: Session, app_password_id: UUID, origin: Origin
) -> Literal["revoked", "unknown", "gone"]:
    """Ends one of one's own. The session is enough: it only takes away."""
    status = connection.row(
        "SELECT api.revoke_app_password_v1(%(session)s, %(id)s, %(network)s, %(agent)s) AS status",
        {
            "session": session.secret,
            "id": app_password_id,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in ("revoked", "unknown", "gone"):
        raise VaultRefused("revoke_app_password", status)
    answer: Literal["revoked", "unknown", "gone"] = status
    return answer


def prove(username: str, typed: str, *, address: Address, origin: Origin) -> Verdict:
    """Judges an app password of a canonical user name, presented from ``address``.

    Recorded and committed before it is judged. One statement, and no hashing to speak of, for every
    name. Raises ``VaultUnavailable``.
    """
    secret = decode(typed)
    if secret is None:
        return Verdict("wrong")  # no app password looks like that, whoever's it was to be
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    row = connection.row(
        "CALL api.prove_app_password_v1(%(username)s, %(secret)s, %(address)s, %(network)s,"
        " %(agent)s)",
        {
            "username": username,
            "secret": secret,
            "address": address,
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    status = row["status"]
    if status in ("wrong", "wait", "network", "locked", "closed"):
        return Verdict(status, wait_seconds=row["wait_seconds"])
    if status != "right":
        raise VaultRefused("prove_app_password", status)
    return _judged(row, secret)


def _judged(row: Mapping[str, Any], secret: bytes) -> Verdict:
    """The verdict, if the row is ours as it stands; what was presented counts, not what it says."""
    fields = mac_fields({**row, "secret_hash": hashlib.sha256(secret).digest()})
    ring: KeyRing = settings.CREDENTIAL_KEYS
    if not is_ours(row["mac"], ring, row["mac_key"], "app-password", *fields):
        report_row("app_password", row["id"])
        return Verdict("wrong")
    if not is_named(row):
        return Verdict("wrong")
    return Verdict(
        "right",
        id=row["id"],
        account_id=row["account_id"],
        username=row["username"],
        scopes=tuple(row["scopes"]),
    )
