"""Alerts: the worker asks for the watch, operators acknowledge what they have seen.

What is odd is decided in ``sql/functions/alerts.sql``; who is told of it, in ``outbox``.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from psycopg.types.json import Jsonb

from vault import connection
from vault.errors import VaultRefused
from vault.lockouts import Outcome
from vault.sessions import Session

Kind = Literal[
    "failures_over_accounts",
    "one_network_many_names",
    "right_password_wrong_factor",
    "factor_openings",
    "token_requests",
    "sign_count_back",
    "assertions_replayed",
    "unjudged",
    "rows_refused",
    "dead_letters",
    "outbox_behind",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


def watch(thresholds: Mapping[str, int]) -> int:
    """Looks for every odd pattern once, and gives how many alerts are new. Worker only.

    ``thresholds`` by kind, and ``usual_times``; what is not named is as the vault has it. Raises
    ``VaultRefused`` for one beyond the vault's bounds, ``VaultUnavailable``.
    """
    row = connection.row(
        "SELECT * FROM api.watch_v1(%(thresholds)s)", {"thresholds": Jsonb(dict(thresholds))}
    )
    if row["status"] != "watched":
        raise VaultRefused("watch", row["status"])
    return int(row["raised"])


def acknowledge(alert_id: int, reason: str, by: Session) -> Outcome:
    """Closes an alert that an operator has seen (``acknowledged``); what goes on counts anew."""
    row = connection.row(
        "SELECT api.acknowledge_alert_v1(%(session)s, %(alert)s, %(reason)s) AS status",
        {"session": by.secret, "alert": alert_id, "reason": reason},
    )
    return Outcome(row["status"])
