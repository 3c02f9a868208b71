"""The audit trail: its closed vocabulary, and where a request came from.

Events are written by the vault's functions, in the transaction of what they record; the one that a
process asks for is that it found a row which is not ours. ``sql/functions/events.sql`` has the same
list.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from vault import connection
from vault.errors import VaultUnavailable

if TYPE_CHECKING:
    from vault.sessions import Session

logger = logging.getLogger(__name__)


class Tag(StrEnum):
    """Every kind of event, as ``subject:thing:what``."""

    APP_PASSWORD_ADDED = "account:app_password:added"  # noqa: S105
    APP_PASSWORD_REFUSED = "account:app_password:refused"  # noqa: S105
    APP_PASSWORD_REVOKED = "account:app_password:revoked"  # noqa: S105
    APP_PASSWORD_RIGHT = "account:app_password:right"  # noqa: S105
    BROWSER_DISTRUSTED = "account:browser:distrusted"
    BROWSER_SPARED = "account:browser:spared"
    BROWSER_TRUSTED = "account:browser:trusted"
    CONSENT_GIVEN = "account:consent:given"
    CONSENT_WITHDRAWN = "account:consent:withdrawn"
    ACCOUNT_CREATED = "account:create:console"
    EMAIL_ASKED = "account:email:asked"
    EMAIL_CHANGED = "account:email:changed"
    EMAIL_CONFIRMED = "account:email:confirmed"
    EMAIL_REMOVED = "account:email:removed"
    EMAIL_RESTORED = "account:email:restored"
    FACTOR_EXHAUSTED = "account:factor:exhausted"
    FACTOR_RIGHT = "account:factor:right"
    FACTOR_THROTTLED = "account:factor:throttled"
    FACTOR_UNJUDGED = "account:factor:unjudged"
    FACTOR_WRONG = "account:factor:wrong"
    PASSKEY_ADDED = "account:passkey:added"
    PASSKEY_COUNTER = "account:passkey:counter"
    PASSKEY_REFUSED = "account:passkey:refused"
    PASSKEY_REMOVED = "account:passkey:removed"
    PASSKEY_RIGHT = "account:passkey:right"
    PASSWORD_CHANGED = "account:password:changed"  # noqa: S105
    PASSWORD_CLOSED = "account:password:closed"  # noqa: S105
    PASSWORD_LOCKED = "account:password:locked"  # noqa: S105
    PASSWORD_REMOVED = "account:password:removed"  # noqa: S105
    PASSWORD_RESET = "account:password:reset"  # noqa: S105
    PASSWORD_RIGHT = "account:password:right"  # noqa: S105
    PASSWORD_THROTTLED = "account:password:throttled"  # noqa: S105
    PASSWORD_UNJUDGED = "account:password:unjudged"  # noqa: S105
    PASSWORD_UPGRADED = "account:password:upgraded"  # noqa: S105
    PASSWORD_WRONG = "account:password:wrong"  # noqa: S105
    RECOVERY_CODES_REPLACED = "account:recovery_codes:replaced"
    SESSION_DISOWNED = "account:session:disowned"
    SESSION_ENDED = "account:session:ended"
    SESSION_OPENED = "account:session:opened"
    SIGN_UP_REFUSED = "account:sign_up:refused"
    SIGN_UP_SUCCESS = "account:sign_up:success"
    TOKEN_MAILED = "account:token:mailed"  # noqa: S105
    TOKEN_REDEEMED = "account:token:redeemed"  # noqa: S105
    TOKEN_REFUSED = "account:token:refused"  # noqa: S105
    TOKEN_REQUESTED = "account:token:requested"  # noqa: S105
    TOTP_ADDED = "account:totp:added"
    TOTP_OPENED = "account:totp:opened"
    TOTP_REMOVED = "account:totp:removed"
    ACCOUNT_LOCKED = "lockout:account:locked"
    ACCOUNT_UNLOCKED = "lockout:account:unlocked"
    LIST_LOCKED = "lockout:accounts:locked"
    LIST_UNLOCKED = "lockout:accounts:unlocked"
    ALERT_ACKNOWLEDGED = "lockout:alert:acknowledged"
    BACKENDS_ENDED = "lockout:backends:ended"
    GUESSES_CLEARED = "lockout:guesses:cleared"
    JOB_DROPPED = "lockout:outbox:dropped"
    JOB_REVIVED = "lockout:outbox:revived"
    RESET_SENT = "lockout:reset:sent"
    SESSIONS_ENDED = "lockout:sessions:ended"
    KEYS_RESTORED = "lockout:signing_keys:restored"
    KEYS_LOCKED = "lockout:signing_keys:withdrawn"
    DOOR_CLOSED = "lockout:site:closed"
    DOOR_OPENED = "lockout:site:opened"
    ALL_SESSIONS_ENDED = "lockout:site:sessions_ended"
    TOKEN_REVOKED = "lockout:token:revoked"  # noqa: S105
    WIKI_RESUMED = "lockout:wiki:resumed"
    WIKI_SUSPENDED = "lockout:wiki:suspended"
    ADDRESS_SEARCHED = "operator:address:searched"
    OPERATOR_GRANTED = "operator:grant:console"
    OPERATOR_INVITED = "operator:invite:console"
    OPERATOR_PASSKEY_ENROLLED = "operator:passkey:enrolled"
    OPERATOR_PASSKEY_REMOVED = "operator:passkey:removed"
    TOKEN_EXAMINED = "operator:token:examined"  # noqa: S105
    ALERT_RAISED = "site:alert:raised"
    KEYS_CHANGED = "site:keys:changed"
    RESTORE_APPLIED = "site:restore:applied"
    RESTORE_REAPPLIED = "site:restore:reapplied"
    ROW_REFUSED = "site:row:refused"
    SIGNING_KEY_ADDED = "site:signing_key:added"
    SIGNING_KEY_WITHDRAWN = "site:signing_key:withdrawn"
    ASSERTION_REPLAYED = "wiki:assertion:replayed"
    CODE_REDEEMED = "wiki:code:redeemed"
    CODE_REFUSED = "wiki:code:refused"
    GRANT_REVOKED = "wiki:grant:revoked"
    REFRESH_REFUSED = "wiki:refresh:refused"
    REFRESH_ROTATED = "wiki:refresh:rotated"
    WIKI_REGISTERED = "wiki:register:console"
    WIKI_REGISTERED_BY_OPERATOR = "wiki:register:operator"
    WIKI_CHANGED = "wiki:registration:changed"
    WIKI_SIGN_IN = "wiki:sign_in:issued"


@dataclass(frozen=True)
class Origin:
    """Where a request came from: the network as prefix text, and the browser as `agents` has it.

    The audit trail keeps only digests of both, under a salt of the day. ``device`` is the secret
    that the browser carries, by which an account knows it again; guesses are charged by it, and
    letters are answered by it. ``language`` is the one that the person reads.
    """

    network: str
    agent: str
    device: bytes | None = field(repr=False, default=None)
    language: str = "en"


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
            {"what": what, "subject": str(subject)[:100]},
        )
    except VaultUnavailable:
        logger.warning("the vault could not be told of a row that is not ours")


@dataclass(frozen=True)
class OwnEvent:
    """One line of somebody's own part of the trail; ``id`` is where the page before ended.

    ``agent_label`` is the browser's, where it was within a session (``agents``). ``same_network``
    says whether it came from the network that was asked with; None where nothing is known of that.
    """

    id: int
    at: datetime
    tag: str
    detail: dict[str, Any]
    agent_label: str = ""
    is_this_session: bool | None = None
    same_network: bool | None = None
    wiki: str = ""


def own_events(
    session: "Session",
    *,
    before: int | None = None,
    limit: int = 50,
    network: str = "",
    tags: Collection[str] | None = None,
) -> list[OwnEvent]:
    """What the trail says of this session's person, the newest first, at most 200 lines.

    ``tags`` are the kinds of events that are wanted, all of them where None.
    """
    return [
        OwnEvent(**row)
        for row in connection.rows(
            "SELECT * FROM api.own_events_v1(%(secret)s, %(before)s, %(limit)s, %(network)s,"
            " %(tags)s)",
            {
                "secret": session.secret,
                "before": before,
                "limit": limit,
                "network": network,
                "tags": list(tags) if tags is not None else None,
            },
        )
    ]
