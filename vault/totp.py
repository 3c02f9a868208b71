"""One's own TOTP apps, and proving a code of theirs within an attempt (RFC 6238).

The vault keeps secrets sealed under ``CREDENTIAL_KEYS``, which it does not have. To prove a code is
to ask for the account's secrets, once charged and committed, and to say which time step the code
was of; the vault takes each step once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID, uuid4

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, fresh_secret
from vault.errors import KeyUnknown, SealBroken, VaultRefused
from vault.events import Origin, report_row
from vault.factors import Verdict, proven, refusal
from vault.keys import KeyRing
from vault.seals import mac, seal, unseal
from vault.sessions import Session
from vault.totp_codes import MEDIAWIKI_WINDOW, WINDOW, matching, step_at

# Where codes of an imported app have been used nowhere.
NEVER: Final = -1

Added = Literal["added", "exists", "full", "gone", "weak"]
Removed = Literal["removed", "unknown", "gone", "weak"]
Renamed = Literal["renamed", "unknown", "gone"]


@dataclass(frozen=True)
class OwnApp:
    """One of a person's own apps, as their page shows it."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Opening:
    """An account's secrets, handed out for one guess.

    Each with the id of its app before it, and after it how many steps its clock may be off.
    """

    id: UUID
    secrets: tuple[tuple[UUID, bytes, int], ...] = field(repr=False)


def seal_secret(secret: bytes, account_id: UUID, device_id: UUID) -> bytes:
    """Seals a secret for this account and app: moved to another row, it does not open."""
    belongs_to = account_id.bytes + device_id.bytes
    return seal(settings.CREDENTIAL_KEYS, "totp", secret, belongs_to)


def open_secret(sealed: bytes, account_id: UUID, device_id: UUID) -> bytes:
    """The secret of this account and app. Raises ``SealBroken`` or ``KeyUnknown``."""
    belongs_to = account_id.bytes + device_id.bytes
    return unseal(settings.CREDENTIAL_KEYS, "totp", sealed, belongs_to)


def secret_digest(secret: bytes, account_id: UUID) -> tuple[bytes, str]:
    """The keyed digest by which an account has a secret only once, and the id of its key."""
    ring: KeyRing = settings.CREDENTIAL_KEYS
    return mac(ring, ring.active_id, "totp-digest", account_id, secret), ring.active_id


def _stored(account_id: UUID, name: str, secret: bytes) -> dict[str, object]:
    """The arguments that both storing functions take."""
    device_id = uuid4()
    digest, digest_key = secret_digest(secret, account_id)
    return {
        "id": device_id,
        "name": name,
        "sealed": seal_secret(secret, account_id, device_id),
        "digest": digest,
        "digest_key": digest_key,
    }


def own_apps(session: Session) -> list[OwnApp]:
    """The apps of this session's person, the oldest first."""
    return [
        OwnApp(**row)
        for row in connection.rows(
            "SELECT * FROM api.list_totp_v1(%(session)s)", {"session": session.secret}
        )
    ]


def add(
    session: Session,
    attempt: Attempt,
    *,
    name: str,
    secret: bytes,
    step: int,
    language: str,
    origin: Origin,
) -> Added:
    """Adds an app by fresh proof; a code of its, of time step ``step``, was seen and is spent.

    ``weak`` means that the attempt lacks a second factor which the account holds. Raises
    ``VaultUnavailable``.
    """
    status: Added = connection.row(
        "SELECT api.add_totp_v1(%(session)s, %(attempt)s, %(id)s, %(name)s, %(sealed)s, %(digest)s,"
        " %(digest_key)s, %(step)s, %(language)s, %(network)s, %(agent)s) AS status",
        {
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            **_stored(session.account_id, name, secret),
            "step": step,
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Added):
        raise VaultRefused("add_totp", status)
    return status


def import_device(
    account_id: UUID,
    name: str,
    secret: bytes,
    *,
    used_until: int = NEVER,
    window: int = WINDOW,
) -> str:
    """Gives an account an app: ``added``, ``exists``, ``full``, ``unknown``. Owner only.

    Codes up to time step ``used_until`` may have been used where the app comes from; its clock may
    be ``window`` steps off (``MEDIAWIKI_WINDOW`` for people who come from there).
    """
    status: str = connection.row(
        "SELECT api.import_totp_v1(%(account)s, %(id)s, %(name)s, %(sealed)s, %(digest)s,"
        " %(digest_key)s, %(step)s, %(window)s) AS status",
        {
            "account": account_id,
            **_stored(account_id, name, secret),
            "step": used_until,
            "window": window,
        },
    )["status"]
    if status not in ("added", "exists", "full", "unknown"):
        raise VaultRefused("import_totp", status)
    return status


def rename(session: Session, app_id: UUID, name: str) -> Renamed:
    """Gives one of one's own apps another name."""
    status: Renamed = connection.row(
        "SELECT api.rename_totp_v1(%(session)s, %(id)s, %(name)s) AS status",
        {"session": session.secret, "id": app_id, "name": name},
    )["status"]
    if status not in get_args(Renamed):
        raise VaultRefused("rename_totp", status)
    return status


def remove(
    session: Session, attempt: Attempt, app_id: UUID, *, language: str, origin: Origin
) -> Removed:
    """Takes one of one's own apps away, by fresh proof."""
    status: Removed = connection.row(
        "SELECT api.remove_totp_v1(%(session)s, %(attempt)s, %(id)s, %(language)s, %(network)s,"
        " %(agent)s) AS status",
        {
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            "id": app_id,
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Removed):
        raise VaultRefused("remove_totp", status)
    return status


def open_secrets(attempt: Attempt, origin: Origin) -> Opening | Verdict:
    """Opens the secrets of an attempt's account: one guess, charged whatever comes of it.

    A secret whose seal does not open is reported and left out. Raises ``VaultUnavailable``.
    """
    row = connection.row(
        "CALL api.ask_totp_v1(%(attempt)s, %(network)s, %(agent)s, %(device)s)",
        {
            "attempt": attempt.secret,
            "network": origin.network,
            "agent": origin.agent,
            "device": origin.device,
        },
    )
    if row["status"] != "opened":
        return refusal("ask_totp", row)
    secrets = []
    rows = zip(row["devices"] or [], row["sealed"] or [], row["windows"] or [], strict=True)
    for device_id, sealed, window in rows:
        try:
            secret = open_secret(sealed, attempt.account_id, device_id)
            # Whoever writes rows makes no window wider than the one that people bring along.
            secrets.append((device_id, secret, min(window, MEDIAWIKI_WINDOW)))
        except (SealBroken, KeyUnknown):
            report_row("totp_device", device_id)
    return Opening(row["opening"], tuple(secrets))


def accept(attempt: Attempt, opening: Opening, device_id: UUID, step: int) -> Verdict:
    """Says that the code typed was this app's, of this time step; the attempt then holds the proof.

    A step that was used, or lies before one that was, is ``wrong``, whatever app it was used with.
    """
    row = connection.row(
        "SELECT * FROM api.accept_totp_v1(%(attempt)s, %(opening)s, %(id)s, %(step)s)",
        {"attempt": attempt.secret, "opening": opening.id, "id": device_id, "step": step},
    )
    if row["status"] == "right":
        return proven(attempt, "totp")
    if row["status"] in ("replayed", "removed"):
        return Verdict("wrong")
    return refusal("accept_totp", row)


def refuse(attempt: Attempt, opening: Opening) -> Verdict:
    """Says that the code typed was none of these: ``wrong``, or ``ended`` by the tenth."""
    return refusal(
        "refuse_totp",
        connection.row(
            "SELECT api.refuse_totp_v1(%(attempt)s, %(opening)s) AS status",
            {"attempt": attempt.secret, "opening": opening.id},
        ),
    )


def prove(
    attempt: Attempt,
    code: str,
    *,
    origin: Origin,
    now: float | None = None,
) -> Verdict:
    """Takes one guess at a code of the attempt's account: charged, committed, then judged.

    Whatever is typed costs a guess. Raises ``VaultUnavailable``.
    """
    opening = open_secrets(attempt, origin)
    if isinstance(opening, Verdict):
        return opening
    found = matching(code, opening.secrets, step=step_at(now))
    return refuse(attempt, opening) if found is None else accept(attempt, opening, *found)
