"""After a dump was restored: ends what it revived, applies again what changed since, and says what
people have to do themselves.

The dump knows nothing of what came after it; the seal store does (vault/seal_handover.py). May be
run again: a restore that was dealt with is only looked at.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from accounts.services.usernames import username_skeletons
from emergency.actions.lost_lines import Event, LostLines, OtherTrail, read_lost_lines
from emergency.errors import StoreMissing, StoreOfAnotherTrail
from vault import restores
from vault.restore_marks import RestoreMark, restore_marks
from vault.restores import Standing, Status
from vault.seal_store import StoreUnavailable, seal_store

# What a person or an operator has to do, by what the line says and what became of it.
_TODO: Final[dict[tuple[str, str], str]] = {
    ("account:password", "applied"): "set a new password: the restored one is void",
    ("account:password", "gone"): "set a new password",
    ("account:recovery_codes", "applied"): "make new recovery codes: the restored ones are void",
    ("account:recovery_codes", "gone"): "make recovery codes again",
    ("account:factor", "applied"): "make new recovery codes: a used one had come back",
    ("account:totp", "gone"): "add the authenticator app again",
    ("account:passkey", "gone"): "add the passkey again",
    ("account:app_password", "gone"): "make the app password again",
    ("account:email", "gone"): "give and confirm the e-mail address again",
    ("account:email", "by_hand"): "choose the primary e-mail address again",
    ("account:create", "gone"): "make the account again; its name is kept for it",
    ("account:sign_up", "gone"): "make the account again; its name is kept for it",
    ("wiki:register", "gone"): "register the wiki again",
    ("wiki:registration", "by_hand"): (
        "its registration of then is back, addresses and secret: changewiki, renewsecret --at-once"
    ),
    ("wiki:registration", "gone"): "register the wiki again",
    ("operator", "applied"): "grant the operator again, if they are to be one",
    ("operator", "gone"): "grant the operator again",
    ("operator:passkey", "gone"): "enrol the operator's passkey again: inviteoperator",
    ("site:keys", "by_hand"): "restored rows may name a key that is no longer held: rotatekeys",
    ("site:signing_key", "applied"): "make new signing keys: these were withdrawn",
    ("site:signing_key", "gone"): "make new signing keys: the restored ones were replaced",
}
_REVOKED: Final = "operator:revoke"
_RIGHTS: Final = ("operator:grant", _REVOKED)
# Nobody knows how far the lost store had counted; wikis refuse what is lower than they have seen.
_EPOCHS_WITHOUT_STORE: Final = 1_048_576
_MADE: Final = ("account:create:", "account:sign_up:")


@dataclass(frozen=True)
class Line:
    """One thing that changed after the dump, what became of it, and what is left to do."""

    tag: str
    status: Status
    at: datetime | None
    account_id: str | None
    username: str | None
    client_id: str | None
    todo: str


@dataclass(frozen=True)
class Restored:
    """What was done, or would be: ``handled`` is when this restore was dealt with before."""

    handled: bool
    dry_run: bool
    epoch_before: int
    epoch_after: int
    database_number: int
    store_number: int
    lines: list[Line]


def after_restore(*, dry_run: bool, without_store: bool) -> Restored:
    """Deals with a restore, once. Raises ``StoreMissing`` where there is no seal store.

    ``without_store`` goes on without one: everything that the dump revived ends, and nothing is
    known of what came after it. Raises ``StoreOfAnotherTrail``, ``VaultUnavailable``.
    """
    stands = restores.standing()
    mark = _mark_of(stands)
    lost = (
        LostLines(site_epoch=stands.site_epoch + _EPOCHS_WITHOUT_STORE)
        if without_store
        else _read(stands, mark)
    )
    handled = mark is not None and lost.number <= stands.number
    if mark is not None and not handled:  # restored once more, from a copy made after it
        lost = _read(stands, None)
    look_only = dry_run or handled
    epoch = stands.site_epoch
    if not look_only:
        epoch = restores.begin(epoch=lost.site_epoch, newest_event=lost.newest_event)
    elif not handled:
        epoch = max(epoch, lost.site_epoch) + 1
    lines = _apply(lost, look_only=look_only)
    if not look_only:
        done = RestoreMark(
            before=stands.last_number,
            after=max(stands.number, lost.number),
            epoch=epoch,
            incarnation=stands.incarnation,
        )
        restores.finish(done, dict(Counter(line.status for line in lines)))
    return Restored(
        handled=handled,
        dry_run=dry_run,
        epoch_before=stands.site_epoch,
        epoch_after=epoch,
        database_number=stands.last_number,
        store_number=lost.number,
        lines=lines,
    )


def _mark_of(stands: Standing) -> RestoreMark | None:
    """The note of a restore that was dealt with in this very database."""
    mine = [mark for mark in restore_marks() if mark.incarnation == stands.incarnation]
    return mine[-1] if mine else None


def _read(stands: Standing, mark: RestoreMark | None) -> LostLines:
    store = seal_store()
    if not store.is_there:
        raise StoreMissing
    try:
        return read_lost_lines(
            store,
            after=mark.before if mark else stands.last_number,
            upto=mark.after if mark else None,
            last_number=stands.last_number,
            last_mac=stands.last_mac,
        )
    except StoreUnavailable as error:
        raise StoreMissing from error
    except OtherTrail as error:
        raise StoreOfAnotherTrail from error


def _apply(lost: LostLines, *, look_only: bool) -> list[Line]:
    """Applies each line, or looks what would become of it; those of lost accounts are one line."""
    lines: list[Line] = []
    lost_accounts: set[str] = set()
    for event in lost.events():
        if event["account_id"] in lost_accounts:
            continue
        status = restores.reapply(event, dry=look_only)
        if status == "held":
            continue
        if status == "gone" and event["tag"].startswith(_MADE):
            lost_accounts.add(event["account_id"])
            _keep_name(event, look_only=look_only)
        lines.append(_line(event, status))
    return lines


def _keep_name(event: Event, *, look_only: bool) -> None:
    name = event["username"]
    if name:
        restores.reserve_username(name, username_skeletons(name), dry=look_only)


def _line(event: Event, status: Status) -> Line:
    tag: str = event["tag"]
    kind = "operator" if tag.startswith(_RIGHTS) else ":".join(tag.split(":")[:2])
    became = "applied" if status == "waiting" else status
    todo = "" if tag.startswith(_REVOKED) else _TODO.get((kind, became), "")
    if status == "by_hand" and not todo:
        todo = "look at it: this release does not know how to apply it"
    return Line(
        tag=tag,
        status=status,
        at=datetime.fromtimestamp(event["at"] / 1_000_000, UTC) if event["at"] else None,
        account_id=event["account_id"],
        username=event["username"],
        client_id=event["client_id"],
        todo=todo,
    )
