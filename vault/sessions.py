"""Sessions: opened from an attempt, resumed by their secret, ended.

Each row carries a MAC under a key that the database does not have: a row that a database writer
made, copied or stretched is refused here.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, new_secret, secret_hash
from vault.errors import FactorMissing, SignInShut, VaultRefused
from vault.events import Origin, report_row
from vault.keys import KeyRing
from vault.names import is_named
from vault.seals import Field, is_ours, mac

Kind = Literal["web", "operator"]


@dataclass(frozen=True)
class Session:
    """One browser signed in here. Times are seconds since 1970; ``sid`` is public to its wikis."""

    secret: bytes = field(repr=False)
    kind: Kind
    sid: UUID
    account_id: UUID
    username: str
    amr: tuple[str, ...]
    auth_time: int
    created_at: int
    expires_at: int
    idle_seconds: int
    kept: bool
    account_epoch: int
    site_epoch: int


@dataclass(frozen=True)
class SessionSummary:
    """One of a person's own sessions, as their page shows it."""

    sid: UUID
    is_current: bool
    agent: str
    network: str  # coarse, or empty where the site keeps none
    amr: tuple[str, ...]
    signed_in_at: datetime
    last_seen_at: datetime
    kept: bool
    wikis: list[str]


def _ring(kind: Kind) -> KeyRing:
    ring: KeyRing = settings.SESSION_KEYS if kind == "web" else settings.OPERATOR_SESSION_KEYS
    return ring


def _mac_fields(session: Session, digest: bytes) -> tuple[Field, ...]:
    return (
        digest,
        session.kind,
        session.sid,
        session.account_id,
        " ".join(session.amr),
        session.auth_time,
        session.created_at,
        session.expires_at,
        session.idle_seconds,
        int(session.kept),
        session.account_epoch,
        session.site_epoch,
    )


def session_mac(session: Session) -> tuple[bytes, str]:
    """The MAC over everything that a session is trusted for, and the id of its key."""
    ring = _ring(session.kind)
    fields = _mac_fields(session, secret_hash(session.secret))
    return mac(ring, ring.active_id, "session", *fields), ring.active_id


def renewed_mac(
    session: Session, secret: bytes, *, account_epoch: int, amr: tuple[str, ...], auth_time: int
) -> tuple[bytes, str]:
    """The MAC of this session under a new secret, epoch and proof."""
    fields = {**vars(session), "secret": secret, "account_epoch": account_epoch}
    return session_mac(Session(**{**fields, "amr": amr, "auth_time": auth_time}))


def lifetime(kind: Kind, *, kept: bool) -> tuple[int, int]:
    """Idle and absolute limit in seconds of a new session; the vault has the upper bounds."""
    if kind == "operator":
        return settings.OPERATOR_SESSION_IDLE_SECONDS, settings.OPERATOR_SESSION_ABSOLUTE_SECONDS
    if kept:
        return settings.KEPT_SESSION_IDLE_SECONDS, settings.KEPT_SESSION_ABSOLUTE_SECONDS
    return settings.SESSION_IDLE_SECONDS, settings.SESSION_ABSOLUTE_SECONDS


def _from_row(secret: bytes, kind: Kind, row: Mapping[str, Any]) -> Session:
    return Session(
        secret=secret,
        kind=kind,
        sid=row["sid"],
        account_id=row["account_id"],
        username=row["username"],
        amr=tuple(row["amr"]),
        auth_time=row["authenticated_at"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        idle_seconds=row["idle_seconds"],
        kept=row["kept"],
        account_epoch=row["account_epoch"],
        site_epoch=row["site_epoch"],
    )


def _is_genuine(session: Session, digest: bytes, row: Mapping[str, Any]) -> bool:
    """Whether a session's row has a MAC of ours; reported where it has not."""
    fields = _mac_fields(session, digest)
    genuine = is_ours(row["mac"], _ring(session.kind), row["mac_key"], "session", *fields)
    if not genuine:
        report_row("session", session.sid)
    return genuine


def checked(secret: bytes, kind: Kind, row: Mapping[str, Any] | None) -> Session | None:
    """The session of a row, or None where there is none or its MAC is not ours."""
    if row is None:
        return None
    session = _from_row(secret, kind, row)
    return session if _is_genuine(session, secret_hash(secret), row) else None


def stands_behind(row: Mapping[str, Any]) -> bool:
    """Whether the web session that a redeemed code's row tells of is ours.

    Its secret is not at hand there, but its digest is.
    """
    return _is_genuine(_from_row(b"", "web", row), row["secret_hash"], row)


def open_session(
    attempt: Attempt,
    *,
    kind: Kind = "web",
    kept: bool,
    agent_label: str,
    origin: Origin,
    old: Session | None = None,
    proof_secret: bytes | None = None,
) -> Session | None:
    """Turns an attempt into a session with a new secret; one statement.

    ``proof_secret`` becomes that of a fresh proof within the session, of what was just proven.

    With ``old``, this browser's live session: it goes on under the new secret if it is the same
    person's, and ends otherwise. None when the attempt is gone (used, expired, locked meanwhile).
    Raises ``FactorMissing`` and ``SignInShut``, after which the attempt is as it was, and
    ``VaultUnavailable``.
    """
    now = int(time.time())
    idle, absolute = lifetime(kind, kept=kept)
    goes_on = old is not None and old.account_id == attempt.account_id
    session = Session(
        secret=new_secret(),
        kind=kind,
        sid=old.sid if old is not None and goes_on else uuid.uuid4(),
        account_id=attempt.account_id,
        username=attempt.username,
        amr=attempt.amr,
        auth_time=attempt.auth_time,
        created_at=now,
        expires_at=now + absolute,
        idle_seconds=idle,
        kept=kept,
        account_epoch=attempt.account_epoch,
        site_epoch=attempt.site_epoch,
    )
    mac_value, mac_key = session_mac(session)
    parameters = {
        "attempt": attempt.secret,
        "sid": session.sid,
        "secret_hash": secret_hash(session.secret),
        "amr": list(session.amr),
        "auth_time": session.auth_time,
        "account_epoch": session.account_epoch,
        "site_epoch": session.site_epoch,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "idle": session.idle_seconds,
        "kept": kept,
        "agent_label": agent_label[:100],
        "mac": mac_value,
        "mac_key": mac_key,
        "old": old.secret if old is not None else None,
        "network": origin.network,
        "agent": origin.agent,
        "device": origin.device,
        "proof": secret_hash(proof_secret) if proof_secret is not None else None,
        "language": origin.language,
        "keep_place": settings.KEEP_NETWORKS,
    }
    if kind == "web":
        row = connection.row(
            "SELECT api.open_session_v1(%(attempt)s, %(sid)s, %(secret_hash)s, %(amr)s,"
            " %(auth_time)s, %(account_epoch)s, %(site_epoch)s, %(created_at)s, %(expires_at)s,"
            " %(idle)s, %(kept)s, %(agent_label)s, %(mac)s, %(mac_key)s, %(old)s, %(network)s,"
            " %(agent)s, %(device)s, %(proof)s, %(language)s, %(keep_place)s) AS status",
            parameters,
        )
    else:
        row = connection.row(
            "SELECT api.open_operator_session_v1(%(attempt)s, %(sid)s, %(secret_hash)s, %(amr)s,"
            " %(auth_time)s, %(account_epoch)s, %(site_epoch)s, %(created_at)s, %(expires_at)s,"
            " %(idle)s, %(agent_label)s, %(mac)s, %(mac_key)s, %(old)s, %(network)s,"
            " %(agent)s) AS status",
            parameters,
        )
    if row["status"] == "gone":
        return None
    if row["status"] == "unfinished":
        raise FactorMissing
    if row["status"] == "closed":
        raise SignInShut
    if row["status"] == "changed":  # what stands in the attempt's row is not what was heard
        report_row("attempt", attempt.account_id)
    if row["status"] != "opened":
        raise VaultRefused("open_session", row["status"])
    return session


def resume(secret: bytes) -> Session | None:
    """The live web session with this secret, or None. Raises ``VaultUnavailable``."""
    row = connection.find_row("SELECT * FROM api.resume_session_v1(%(secret)s)", {"secret": secret})
    session = checked(secret, "web", row)
    return session if session is not None and row is not None and is_named(row) else None


def end(session: Session, origin: Origin) -> list[str]:
    """Ends this session and queues word to its wikis; gives their names."""
    row = connection.row(
        "SELECT api.end_session_v1(%(secret)s, %(network)s, %(agent)s) AS wikis",
        {"secret": session.secret, "network": origin.network, "agent": origin.agent},
    )
    return row["wikis"] or []


def end_other(session: Session, sid: UUID, origin: Origin) -> bool:
    """Ends another session of the same person; False when there is none such."""
    row = connection.row(
        "SELECT api.end_own_session_v1(%(secret)s, %(sid)s, %(network)s, %(agent)s) AS status",
        {
            "secret": session.secret,
            "sid": sid,
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    return bool(row["status"] == "ended")


def end_others(session: Session, origin: Origin) -> int | None:
    """Ends all other sessions of the same person; gives how many, None when this one has ended."""
    ended: int | None = connection.row(
        "SELECT api.end_other_sessions_v1(%(secret)s, %(network)s, %(agent)s) AS ended",
        {"secret": session.secret, "network": origin.network, "agent": origin.agent},
    )["ended"]
    return ended


def own_sessions(session: Session) -> list[SessionSummary]:
    """Where the person of this session is signed in, this browser first."""
    return [
        SessionSummary(
            sid=row["sid"],
            is_current=row["is_current"],
            agent=row["agent_label"],
            network=row["network"],
            amr=tuple(row["amr"]),
            signed_in_at=row["created_at"],
            last_seen_at=row["last_seen_at"],
            kept=row["kept"],
            wikis=row["wikis"],
        )
        for row in connection.rows(
            "SELECT * FROM api.list_sessions_v1(%(secret)s)", {"secret": session.secret}
        )
    ]
