"""What came after a dump, as the seal store kept it: the last word on each thing, in order."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vault.seal_store import SealStore

Event = dict[str, Any]
Subject = tuple[Any, ...]


class OtherTrail(Exception):
    """The store's seals are not those of this database."""


@dataclass
class LostLines:
    """What the store knows that the database does not, and the highest numbers it has seen."""

    number: int = 0
    site_epoch: int = 0
    newest_event: int = 0
    _last: dict[Subject, Event] = field(default_factory=dict)

    def events(self) -> list[Event]:
        """The last line of each subject, the oldest first."""
        return sorted(self._last.values(), key=lambda event: int(event["id"]))

    def add(self, event: Event) -> None:
        """Notes a line that came after the dump."""
        subject = _subject(event)
        if subject is None:
            return
        before = self._last.get(subject)
        if before is None or before["id"] < event["id"]:
            self._last[subject] = event


def read_lost_lines(
    store: SealStore, *, after: int, upto: int | None, last_number: int, last_mac: bytes
) -> LostLines:
    """Reads the store once: lines of seals above number ``after``, up to ``upto``.

    Raises ``OtherTrail`` when its seal of the database's last number is another,
    ``StoreUnavailable``.
    """
    lost = LostLines()
    for record in store.records():
        if record is None:  # not of our making: never acted on, and a finding of checkvault
            continue
        lost.number = max(lost.number, record.number)
        lost.site_epoch = max(lost.site_epoch, record.site_epoch)
        if record.seal is None:
            continue
        is_last = record.number == last_number
        if is_last and not hmac.compare_digest(record.seal["mac"], last_mac.hex()):
            raise OtherTrail
        for event in record.events:
            lost.newest_event = max(lost.newest_event, int(event["id"]))
            if record.number > after and (upto is None or record.number <= upto):
                lost.add(event)
    return lost


def _of_account(event: Event) -> Subject:
    return (event["account_id"],)


def _of_wiki(event: Event) -> Subject:
    return (event["client_id"],)


def _by(name: str) -> Callable[[Event], Subject]:
    return lambda event: (event["account_id"], event["detail"].get(name))


# By the beginning of the tag, the longest first: what a line is about, so that only the last word
# on it counts. None: it changes nothing that a restore could bring back.
_SUBJECTS: Final[Mapping[str, Callable[[Event], Subject] | None]] = {
    "account:app_password": _by("id"),
    "account:consent": lambda event: (event["account_id"], event["client_id"]),
    "account:create": _of_account,
    "account:email:asked": None,
    "account:email:changed": _of_account,
    "account:email": _by("address"),
    "account:factor": lambda event: (event["id"],),
    "account:passkey:renamed": None,
    "account:passkey": _by("credential"),
    "account:password:reset": _of_account,
    "account:password": _of_account,
    "account:recovery_codes": _of_account,
    "account:sign_up": _of_account,
    "account:totp:renamed": None,
    "account:totp": _by("device"),
    "lockout:account": _of_account,
    "lockout:accounts": None,  # each of a list's accounts has a line of its own
    "lockout:alert": None,
    "lockout:backends": None,
    "lockout:guesses": None,
    "lockout:outbox": None,
    "lockout:reset": None,  # the new epoch voids every token
    "lockout:sessions": None,  # the new epoch ends all of them
    "lockout:signing_keys": lambda _event: (),
    "lockout:site": _by("door"),
    "lockout:site:sessions_ended": None,
    # The new epoch ends what they open; an app password has a line of its own.
    "lockout:token": None,
    "lockout:wiki": _of_wiki,
    "operator": _of_account,
    "operator:address": None,
    "operator:token": None,
    "operator:invite": None,  # the new epoch voids every link
    "operator:passkey": _by("credential"),
    "site:restore": None,
    "site:row": None,
    "site:alert": None,
    "site:keys": lambda event: (event["detail"].get("ring"),),
    "site:signing_key:withdrawn": lambda event: (event["id"],),
    "site:signing_key": _by("kid"),
    "wiki:register": _of_wiki,
    "wiki:registration": _of_wiki,
}


def _subject(event: Event) -> Subject | None:
    tag: str = event["tag"]
    parts = tag.split(":")
    for length in range(len(parts), 0, -1):
        beginning = ":".join(parts[:length])
        if beginning in _SUBJECTS:
            key = _SUBJECTS[beginning]
            return None if key is None else (beginning, *key(event))
    return (tag, event["id"])  # of a later release: for people to look at
