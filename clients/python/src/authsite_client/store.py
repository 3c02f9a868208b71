"""What a wiki must keep, as a protocol, and one that keeps it in memory.

Every method is one transaction. Nothing here decides: a record that should be gone and is not does
no harm, because ``judge`` looks at the marks. Marks must not be lost while a record of their person
or session is kept.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, Protocol

from .marks import Marks
from .sessions import SessionRecord
from .tokens import Epoch, LogoutClaims

# No token of an ended session is good for longer than this, nor a sign-in on its way.
REMEMBERED_SECONDS: Final = 24 * 3600


class Store(Protocol):
    """Sessions by digest, what was ended, the highest epochs, the latest time."""

    def find(self, key: str) -> SessionRecord | None:
        """The record of this key."""
        ...

    def add(self, record: SessionRecord) -> None:
        """Keeps a new record."""
        ...

    def replace(self, record: SessionRecord) -> bool:
        """Puts a record in the place of its version before; False where that is not there."""
        ...

    def remove(self, key: str) -> None:
        """Forgets a record, its tokens first of all; one that is gone is fine."""
        ...

    def marks(self, *, sub: str, sid: str) -> Marks:
        """What was seen of a person and of a session."""
        ...

    def note_epoch(self, sub: str, epoch: Epoch) -> None:
        """Keeps the higher of each number."""
        ...

    def note_time(self, now: int) -> None:
        """Keeps the later time."""
        ...

    def correct_time(self, now: int) -> None:
        """Sets the time, after a clock that ran ahead; the provider has said so."""
        ...

    def obey_logout(self, claims: LogoutClaims, *, now: int, until: int) -> int | None:
        """Ends what a logout token names; gives how many records that were.

        None, and nothing is done, when its ``jti`` was obeyed before. Where both are named, records
        and marks of that ``sid`` and that ``sub`` are meant. All is remembered ``until`` then.
        """
        ...


class MemoryStore:
    """A store for tests and for small wikis of one process; what it knows ends with the process."""

    def __init__(self) -> None:
        self._lock: AbstractContextManager[object] = threading.RLock()
        self._records: dict[str, SessionRecord] = {}
        self._jtis: dict[str, int] = {}
        self._sids: dict[tuple[str, str | None], int] = {}
        self._subs: dict[str, tuple[int, int]] = {}
        self._epochs: dict[str, int] = {}
        self._site_epoch = 0
        self._latest_time = 0

    def find(self, key: str) -> SessionRecord | None:
        """See ``Store``."""
        with self._lock:
            return self._records.get(key)

    def add(self, record: SessionRecord) -> None:
        """See ``Store``."""
        with self._lock:
            self._records[record.key] = record

    def replace(self, record: SessionRecord) -> bool:
        """See ``Store``."""
        with self._lock:
            before = self._records.get(record.key)
            if before is None or before.version != record.version - 1:
                return False
            self._records[record.key] = record
            return True

    def remove(self, key: str) -> None:
        """See ``Store``."""
        with self._lock:
            self._records.pop(key, None)

    def marks(self, *, sub: str, sid: str) -> Marks:
        """See ``Store``."""
        with self._lock:
            return Marks(
                epoch=Epoch(self._site_epoch, self._epochs.get(sub, 0)),
                is_sid_ended=(sid, sub) in self._sids or (sid, None) in self._sids,
                sub_ended_at=self._subs.get(sub, (0, 0))[0],
                latest_time=self._latest_time,
            )

    def note_epoch(self, sub: str, epoch: Epoch) -> None:
        """See ``Store``."""
        with self._lock:
            highest = Epoch(self._site_epoch, self._epochs.get(sub, 0)).raised_to(epoch)
            self._site_epoch, self._epochs[sub] = highest.site, highest.account

    def note_time(self, now: int) -> None:
        """See ``Store``."""
        with self._lock:
            self._latest_time = max(self._latest_time, now)

    def correct_time(self, now: int) -> None:
        """See ``Store``."""
        with self._lock:
            self._latest_time = now

    def obey_logout(self, claims: LogoutClaims, *, now: int, until: int) -> int | None:
        """See ``Store``."""
        with self._lock:
            if self._jtis.get(claims.jti, 0) > now:
                return None
            self._jtis[claims.jti] = until
            if claims.sid is not None:
                self._sids[claims.sid, claims.sub] = until
            elif claims.sub is not None:
                self._subs[claims.sub] = (claims.iat, until)
            named = [key for key, record in self._records.items() if _is_named(record, claims)]
            for key in named:
                del self._records[key]
            return len(named)

    def prune(self, now: int, *, is_over: Callable[[SessionRecord], bool] | None = None) -> None:
        """Forgets marks whose time is over, and records of which ``is_over`` says so."""
        with self._lock:
            self._jtis = {jti: until for jti, until in self._jtis.items() if until > now}
            self._sids = {named: until for named, until in self._sids.items() if until > now}
            self._subs = {sub: kept for sub, kept in self._subs.items() if kept[1] > now}
            if is_over is not None:
                self._records = {k: r for k, r in self._records.items() if not is_over(r)}


def _is_named(record: SessionRecord, claims: LogoutClaims) -> bool:
    return (claims.sid is None or record.claims.sid == claims.sid) and (
        claims.sub is None or record.claims.sub == claims.sub
    )
