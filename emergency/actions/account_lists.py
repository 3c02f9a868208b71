"""Locks a list of accounts as one, and unlocks just those that the list locked."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.errors import UsernameInvalid
from accounts.services.usernames import canonical_username
from emergency.actions.operators import Operator
from emergency.actions.outcome import settle
from emergency.errors import ListEmpty, ListUndone
from vault import account_lists
from vault.account_lists import MOST_AT_ONCE, Named
from vault.lockouts import Lock, Outcome

__all__ = [
    "MOST_AT_ONCE",
    "FoundList",
    "ListDone",
    "Named",
    "find_accounts",
    "lock_accounts",
    "names_in",
    "unlock_accounts",
]

Progress = Callable[[int, int, int], None]  # the list's number, dealt with, of how many
_A_PART = 200  # each a transaction of its own: none holds its locks for long


@dataclass(frozen=True)
class FoundList:
    """The accounts that a list means, once each, and what in it means none."""

    accounts: tuple[Named, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class ListDone:
    """What became of a list: ``left_alone`` counts, by status, those that were not locked."""

    list_id: int
    accounts: int
    sessions_ended: int = 0
    left_alone: tuple[tuple[str, int], ...] = ()
    still_locked: int = 0


def names_in(text: str) -> list[str]:
    """The names or ids of a list: one a line, ``#`` begins a remark; each once, in their order."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def find_accounts(names: Sequence[str], *, by: Operator | None) -> FoundList:
    """Which accounts these names or ids mean, each once. Raises ``VaultUnavailable``."""
    accounts: dict[UUID, Named] = {}
    unknown: list[str] = []
    for start in range(0, len(names), MOST_AT_ONCE // 2):
        given = {name: _forms(name) for name in names[start : start + MOST_AT_ONCE // 2]}
        asked = list(dict.fromkeys(form for forms in given.values() for form in forms))
        found = account_lists.find(asked, by.session if by else None)
        for name, forms in given.items():
            means = [found[form] for form in forms if form in found]
            if not means:
                unknown.append(name)
            accounts |= {one.account_id: one for one in means[:1]}
    return FoundList(tuple(accounts.values()), tuple(unknown))


def _forms(name: str) -> list[str]:
    """What a name may stand as: as it is (imported names, ids), and as wikis write it."""
    try:
        return list(dict.fromkeys([name, canonical_username(name)]))
    except UsernameInvalid:
        return [name]


def lock_accounts(
    accounts: Sequence[UUID],
    reason: str,
    *,
    by: Operator | None,
    how: Lock,
    progress: Progress = lambda _list, _done, _total: None,
) -> ListDone:
    """Locks these accounts as one list; those that cannot be locked are left as they are.

    On the operator's site 1,000 at the most, in one step. At the console any number, in parts:
    what was locked stays locked if a later part fails. Raises ``ListEmpty``, ``ListUndone``
    (somebody undid it meanwhile), ``NotAllowed``, ``NotProven``, ``ReasonMissing``,
    ``VaultUnavailable``.
    """
    if not accounts:
        raise ListEmpty
    session = by.session if by else None
    part = len(accounts) if by else _A_PART
    list_id: int | None = None
    locked = ended = 0
    left_alone: Counter[str] = Counter()
    for start in range(0, len(accounts), part):
        one = account_lists.lock(
            accounts[start : start + part],
            reason.strip(),
            session,
            how,
            list_id=list_id,
            total=len(accounts),
        )
        if one.status == "gone":
            raise ListUndone
        settle(Outcome(one.status), done="locked")
        list_id = one.list_id or 0
        locked += one.locked
        ended += one.sessions_ended
        left_alone.update(one.left_alone.values())
        progress(list_id, min(start + part, len(accounts)), len(accounts))
    return ListDone(list_id or 0, locked, ended, tuple(sorted(left_alone.items())))


def unlock_accounts(
    list_id: int,
    reason: str,
    *,
    by: Operator | None,
    progress: Progress = lambda _list, _done, _total: None,
) -> ListDone:
    """Unlocks what a list locked and nobody unlocked since; other locks stay as they are.

    On the operator's site 1,000 in one step: ``still_locked`` says how many are left. Raises
    ``ListUndone`` (or there never was such a list), ``NotAllowed``, ``NotProven``,
    ``ReasonMissing``, ``VaultUnavailable``.
    """
    unlocked, left = 0, 1
    while left:
        one = account_lists.unlock(list_id, reason.strip(), by.session if by else None)
        if one.status == "unknown":
            raise ListUndone
        settle(Outcome(one.status), done="unlocked")
        unlocked, left = unlocked + one.unlocked, one.still_locked
        progress(list_id, unlocked, unlocked + left)
        if by is not None:
            break
    return ListDone(list_id, unlocked, still_locked=left)
