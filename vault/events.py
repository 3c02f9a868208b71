"""The audit trail: its closed vocabulary, and where a request came from.

Events are written by the vault's functions, in the transaction of what they record; the one that a
process asks for is that it found a row which is not ours. ``sql/functions/events.sql`` has the same
list.
"""

import logging
from dataclasses import dataclass, field
from enum import StrEnum

from vault import connection
from vault.errors import VaultUnavailable

logger = logging.getLogger(__name__)


class Tag(StrEnum):
    """Every kind of event, as ``subject:thing:what``."""

    ACCOUNT_CREATED = "account:create:console"
    PASSWORD_CHANGED = "account:password:changed"  # noqa: S105
    PASSWORD_CLOSED = "account:password:closed"  # noqa: S105
    PASSWORD_LOCKED = "account:password:locked"  # noqa: S105
    PASSWORD_RIGHT = "account:password:right"  # noqa: S105
    PASSWORD_THROTTLED = "account:password:throttled"  # noqa: S105
    PASSWORD_UNJUDGED = "account:password:unjudged"  # noqa: S105
    PASSWORD_UPGRADED = "account:password:upgraded"  # noqa: S105
    PASSWORD_WRONG = "account:password:wrong"  # noqa: S105
    SESSION_ENDED = "account:session:ended"
    SESSION_OPENED = "account:session:opened"
    SIGN_UP_REFUSED = "account:sign_up:refused"
    SIGN_UP_SUCCESS = "account:sign_up:success"
    ACCOUNT_LOCKED = "lockout:account:locked"
    ACCOUNT_UNLOCKED = "lockout:account:unlocked"
    BACKENDS_ENDED = "lockout:backends:ended"
    SESSIONS_ENDED = "lockout:sessions:ended"
    WIKI_RESUMED = "lockout:wiki:resumed"
    WIKI_SUSPENDED = "lockout:wiki:suspended"
    OPERATOR_GRANTED = "operator:grant:console"
    ROW_REFUSED = "site:row:refused"
    SIGNING_KEY_ADDED = "site:signing_key:added"
    CODE_REDEEMED = "wiki:code:redeemed"
    CODE_REFUSED = "wiki:code:refused"
    WIKI_REGISTERED = "wiki:register:console"
    WIKI_SIGN_IN = "wiki:sign_in:issued"


@dataclass(frozen=True)
class Origin:
    """Where a request came from: the network as prefix text, and the browser in words.

    The audit trail keeps only digests of both, under a salt of the day. ``device`` is the secret
    that the browser carries, by which an account knows it again; guesses are charged by it.
    """

    network: str
    agent: str
    device: bytes | None = field(repr=False, default=None)


NOWHERE = Origin(network="", agent="")


def report_row(what: str, subject: object) -> None:
    """Notes that a row's MAC or seal is not ours: it becomes an event, and an alert.

    ``what`` names the kind of row, ``subject`` which one (an id, never a secret). The caller has
    refused the row already; that the vault cannot be told changes nothing about that.
    """
    logger.error("a row is not ours: %s %s", what, subject)
    try:
        connection.execute(
            "SELECT api.report_row_v1(%(what)s, %(subject)s)",
            {"what": what, "subject": str(subject)},
        )
    except VaultUnavailable:
        logger.warning("the vault could not be told of a row that is not ours")
