"""What people let a wiki know of them that is none of the family's own.

Each row has a MAC over account, wiki, scopes and time. A consent that a database writer made, moved
or widened is as if it were not there, and is reported.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from django.conf import settings

from vault import connection
from vault.attempts import secret_hash
from vault.errors import VaultRefused, VaultUnavailable
from vault.events import Origin, report_row
from vault.keys import KeyRing
from vault.seals import Field, is_ours, mac
from vault.sessions import Session
from vault.wikis import Wiki

# "answered": by the same page before. Nothing was changed by that.
Given = Literal["given", "answered", "no_session", "refused"]
Withdrawn = Literal["withdrawn", "unknown", "gone"]
# Somebody else would have to say yes or no to the same wiki, for the same account, as often.
_TRIES: Final = 5


@dataclass(frozen=True)
class Consent:
    """What one account lets one wiki know, and since when (seconds since 1970)."""

    client_id: str
    scopes: tuple[str, ...]
    given_at: int


@dataclass(frozen=True)
class OwnConsent(Consent):
    """One of a person's own, as their page shows it."""

    last_sign_in: datetime | None


def consent_fields(row: Mapping[str, Any]) -> tuple[Field, ...]:
    """What the MAC of a consent covers, in order."""
    return row["account_id"], row["client_id"], tuple(row["scopes"]), row["given_at"]


def _is_genuine(row: Mapping[str, Any]) -> bool:
    """Whether a consent's row has a MAC of ours; reported where it has not."""
    genuine = is_ours(
        row["mac"], settings.CREDENTIAL_KEYS, row["mac_key"], "consent", *consent_fields(row)
    )
    if not genuine:
        report_row("consent", f"{row['account_id']}{row['client_id']}")
    return genuine


def _find(session: Session, client_id: str) -> tuple[dict[str, Any] | None, bool]:
    """The row of a consent, and whether it is ours."""
    row = connection.find_row(
        "SELECT * FROM api.find_consent_v1(%(session)s, %(client_id)s)",
        {"session": session.secret, "client_id": client_id},
    )
    # For the session's own account and the wiki that was asked about, whatever the row says.
    is_named = row is not None and (row["account_id"], row["client_id"]) == (
        session.account_id,
        client_id,
    )
    return row, row is not None and is_named and _is_genuine(row)


def find(session: Session, client_id: str) -> Consent | None:
    """What this session's person lets a wiki know; None for nothing, or for a row not ours.

    One statement. Raises ``VaultUnavailable``.
    """
    row, is_genuine = _find(session, client_id)
    if row is None or not is_genuine:
        return None
    return Consent(client_id, tuple(row["scopes"]), row["given_at"])


def give(
    session: Session, wiki: Wiki, scopes: tuple[str, ...], *, question: str, origin: Origin
) -> Given:
    """Lets a wiki know what these scopes stand for, besides what it may know already.

    ``question`` is the secret of the page that asked, which is answered once. ``no_session``: it
    ended or was locked meanwhile; ``refused``: the wiki's registration, as the vault has it now,
    does not allow this. Two statements. Raises ``VaultUnavailable``.
    """
    ring: KeyRing = settings.CREDENTIAL_KEYS
    for _ in range(_TRIES):
        row, is_genuine = _find(session, wiki.client_id)
        before = set(row["scopes"]) if row is not None and is_genuine else set()
        # What the wiki is not registered for any more is forgotten.
        merged = sorted(before.intersection(wiki.scopes).union(scopes))
        new: dict[str, Any] = {
            "account_id": session.account_id,
            "client_id": wiki.client_id,
            "scopes": merged,
            "given_at": int(time.time()),
        }
        status = connection.row(
            "SELECT api.give_consent_v1(%(session)s, %(client_id)s, %(scopes)s, %(given_at)s,"
            " %(mac)s, %(mac_key)s, %(old_mac)s, %(question)s, %(network)s, %(agent)s) AS status",
            {
                **new,
                "session": session.secret,
                "mac": mac(ring, ring.active_id, "consent", *consent_fields(new)),
                "mac_key": ring.active_id,
                "old_mac": row["mac"] if row is not None else None,
                "question": secret_hash(question.encode()),
                "network": origin.network,
                "agent": origin.agent,
            },
        )["status"]
        if status in get_args(Given):
            given: Given = status
            return given
        if status != "moved":
            raise VaultRefused("give_consent", status)
    raise VaultUnavailable("a consent changed again and again")


def withdraw(session: Session, client_id: str, origin: Origin) -> Withdrawn:
    """Takes back what a wiki may know: all that it was given is dead, and it is told.

    One statement. Raises ``VaultUnavailable``.
    """
    status: Withdrawn = connection.row(
        "SELECT api.withdraw_consent_v1(%(session)s, %(client_id)s, %(network)s, %(agent)s)"
        " AS status",
        {
            "session": session.secret,
            "client_id": client_id,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Withdrawn):
        raise VaultRefused("withdraw_consent", status)
    return status


def own_consents(session: Session) -> list[OwnConsent]:
    """What this session's person lets wikis know, the latest first; rows not ours are left out.

    One statement. Raises ``VaultUnavailable``.
    """
    rows = connection.rows(
        "SELECT * FROM api.list_consents_v1(%(session)s)", {"session": session.secret}
    )
    return [
        OwnConsent(row["client_id"], tuple(row["scopes"]), row["given_at"], row["last_sign_in"])
        for row in rows
        if row["account_id"] == session.account_id and _is_genuine(row)
    ]
