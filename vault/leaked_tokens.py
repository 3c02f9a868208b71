"""Tokens and cookies that turned up somewhere: whose they are, and their end.

Only digests travel, and what a signed token says of itself; what was found is named by its account
and an id from then on. Rows are told of as the database has them: the keys of their MACs are not
the operator's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

from vault import connection
from vault.errors import VaultRefused
from vault.lockouts import Outcome, asked, taken
from vault.sessions import Session

# As what something was pasted, and what of it can be ended.
Token = Literal[
    "session",
    "operator_session",
    "code",
    "refresh_token",
    "access_token",
    "id_token",
    "app_password",
    "browser",
    "mailed_token",
    "invite",
    "proof",
    "wiki_secret",
]
Kind = Literal[
    "session", "operator_session", "grant", "app_password", "browser", "mailed_token", "invite"
]
KINDS: Final[tuple[str, ...]] = get_args(Kind)
_ALIVE: Final = {"live", "rests"}


@dataclass(frozen=True)
class Thing:
    """What can be ended, by its account and id; ``state`` is live, or why it is dead.

    ``label`` is a browser's, an app password's name, or what a letter was for.
    """

    kind: str
    account_id: UUID | None
    ref: UUID | None
    username: str
    state: str
    label: str
    client_id: str
    wiki: str
    sid: UUID | None
    since: datetime | None

    @property
    def can_be_ended(self) -> bool:
        """Whether anything of it is alive that the vault can end."""
        return self.kind in KINDS and self.state in _ALIVE


@dataclass(frozen=True)
class Found:
    """A token that is one of ours, by its own ``state``: a used code may lead to what is alive."""

    token: Token
    state: str
    thing: Thing


@dataclass(frozen=True)
class Signed:
    """What a token that we have signed says: its session, or its grant, and whose."""

    kind: Literal["session", "grant"]
    account_id: UUID
    ref: UUID


def find(
    digests: Iterable[bytes], signed: Sequence[Signed], by: Session | None
) -> list[Found] | Literal["forbidden"]:
    """What has one of these digests (SHA-256 of a secret), and what signed tokens name.

    ``by`` None is the console. Each find is in the trail. Raises ``VaultUnavailable``.
    """
    given: dict[str, Any] = {
        "digests": list(digests),
        "kinds": [one.kind for one in signed],
        "accounts": [one.account_id for one in signed],
        "refs": [one.ref for one in signed],
    }
    rows = asked(
        by,
        "SELECT * FROM api.console_find_leaked_v1(%(digests)s, %(kinds)s, %(accounts)s, %(refs)s)",
        "SELECT * FROM api.find_leaked_v1(%(session)s, %(digests)s, %(kinds)s, %(accounts)s,"
        " %(refs)s)",
        given,
    )
    status = rows[0]["status"]
    if status == "forbidden":
        return "forbidden"
    if status not in ("found", "nothing"):
        raise VaultRefused("find_leaked", status)
    return [
        Found(row["token"], row["token_state"], _thing(row["kind"], row))
        for row in rows
        if row["status"] == "found"
    ]


def describe(kind: str, account_id: UUID, ref: UUID, by: Session) -> Thing | None:
    """What was found, once more; None for what there is not, or whoever may not look."""
    row = connection.find_row(
        "SELECT * FROM api.describe_leaked_v1(%(session)s, %(kind)s, %(account)s, %(ref)s)",
        {"session": by.secret, "kind": kind, "account": account_id, "ref": ref},
    )
    return _thing(kind, {**row, "account_id": account_id, "ref": ref}) if row else None


def revoke(kind: str, account_id: UUID, ref: UUID, reason: str, by: Session | None) -> Outcome:
    """Ends just that thing (``revoked``); ``by`` None is the console. Raises ``VaultUnavailable``.

    A session's wikis are told; a grant goes with all its tokens; a browser is forgotten by every
    account that knows it.
    """
    row = taken(
        by,
        "SELECT api.console_revoke_leaked_v1(%(kind)s, %(account)s, %(ref)s, %(reason)s) AS status",
        "SELECT api.revoke_leaked_v1(%(session)s, %(kind)s, %(account)s, %(ref)s, %(reason)s)"
        " AS status",
        {"kind": kind, "account": account_id, "ref": ref, "reason": reason},
    )
    return Outcome(row["status"])


def _thing(kind: str, row: Any) -> Thing:
    return Thing(
        kind=kind,
        account_id=row["account_id"],
        ref=row["ref"],
        username=row["username"] or "",
        state=row["state"],
        label=row["label"] or "",
        client_id=row["client_id"] or "",
        wiki=row["wiki"] or "",
        sid=row["sid"],
        since=row["since"],
    )
