"""Changes key rings in the environment files of processes, and says what the vault names.

New keys go in front and old ones stay readable behind them, until nothing names them any more.
Runs at the owner's console alone; which lines change is decided here, ``env_files`` changes them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.conf import settings

from emergency.actions.rings import (
    Ring,
    follow,
    id_of,
    setting_of,
    the_ring,
    verify_covered,
    verify_ring,
)
from emergency.env_files import opened, write
from emergency.errors import RotationRefused
from vault import key_rotation
from vault.errors import VaultUnavailable
from vault.key_rotation import Use
from vault.keys import KeyRing, new_key

_NO_FILES: Final = (
    "name the environment files of the processes with --env-file: keys are written there alone, "
    "never to a terminal"
)


@dataclass(frozen=True)
class Change:
    """What a ring was and is, by the ids of its keys, the active one first."""

    ring: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def added(self) -> tuple[str, ...]:
        """Ids of keys that are new."""
        return tuple(key_id for key_id in self.after if key_id not in self.before)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Ids of keys that are gone."""
        return tuple(key_id for key_id in self.before if key_id not in self.after)


def add_keys(
    rings: Sequence[str], files: Sequence[str], *, behind: bool, partial: bool, dry_run: bool
) -> list[Change]:
    """Puts a new key in front of each ring, or ``behind`` all others; the same in every file.

    Raises ``RotationRefused``, ``EnvFileRefused``, ``VaultUnavailable``.
    """
    named = {(use.ring, use.key_id) for use in key_rotation.key_usage()}
    today = datetime.now(UTC).date().isoformat()

    def edit(name: str, ring: Ring) -> Ring:
        ids = {id_of(part) for part in ring}
        taken = ids | {key_id for ring_name, key_id in named if ring_name == setting_of(name)}
        made = new_key(_free_id(today, taken))
        return [*ring, made] if behind else [made, *ring]

    return _change(rings, files, edit, "added", partial=partial, dry_run=dry_run)


def _free_id(today: str, taken: set[str]) -> str:
    candidate, number = today, 1
    while candidate in taken:
        number += 1
        candidate = f"{today}-{number}"
    return candidate


def activate_key(
    rings: Sequence[str], key_id: str, files: Sequence[str], *, partial: bool, dry_run: bool
) -> list[Change]:
    """Puts the key of that id in front, in every ring that has it further behind.

    Raises ``RotationRefused``, ``EnvFileRefused``, ``VaultUnavailable``.
    """

    def edit(_name: str, ring: Ring) -> Ring:
        return sorted(ring, key=lambda part: id_of(part) != key_id)

    return _some(
        _change(rings, files, edit, "activated", partial=partial, dry_run=dry_run),
        f"no ring has a key {key_id} behind its active one",
    )


def drop_keys(
    rings: Sequence[str],
    key_id: str | None,
    files: Sequence[str],
    *,
    partial: bool,
    dry_run: bool,
    reason: str | None,
) -> list[Change]:
    """Takes the key of that id, or (None) all but the active ones, out of the rings.

    Refused while the vault names one, unless there is a ``reason``: what it made is dead then.
    Raises ``RotationRefused``, ``EnvFileRefused``, ``VaultUnavailable``.
    """
    uses = key_rotation.key_usage()

    def edit(name: str, ring: Ring) -> Ring:
        if key_id is not None and id_of(ring[0]) == key_id:
            raise RotationRefused(f"{name}: {key_id} is the active key; put another in front first")
        gone = {id_of(part) for part in ring[1:] if key_id is None or id_of(part) == key_id}
        if reason is None:
            _refuse_named(name, gone, uses)
        return [part for part in ring if id_of(part) not in gone]

    return _some(
        _change(rings, files, edit, "dropped", partial=partial, dry_run=dry_run, reason=reason),
        "there is no old key to drop" if key_id is None else f"no ring has a key {key_id}",
    )


def _refuse_named(name: str, gone: set[str], uses: Iterable[Use]) -> None:
    named = [use for use in uses if use.ring == setting_of(name) and use.key_id in gone]
    if named:
        rows = ", ".join(f"{use.rows} {use.what.replace('_', ' ')}" for use in named)
        raise RotationRefused(
            f"{name}: the vault still names {', '.join(sorted({use.key_id for use in named}))} "
            f"({rows}); --re-seal moves what can be moved, --status says what becomes of the rest;"
            " --force --reason TEXT makes it worthless"
        )


def write_followers(names: Sequence[str], *, dry_run: bool) -> list[str]:
    """Writes the rings that follow from others into the files that have a line for them.

    By the ring of the files given where they have it, else by this process's own: for a first
    time, and where a rotation left one behind. Gives the names of the files that changed. Raises
    ``RotationRefused``, ``EnvFileRefused``.
    """
    if not names:
        raise RotationRefused(_NO_FILES)
    with opened(names) as read:
        files = list(read)
        for _holders, source, _purpose in settings.RINGS_DERIVED.values():
            holders = [file for file in files if file.value(source)]
            own: KeyRing = getattr(settings, setting_of(source))
            if holders:
                own = KeyRing.parse(source, ",".join(the_ring(source, holders)))
            files = [follow(own, file) for file in files]
        changed = [new for new, old in zip(files, read, strict=True) if new is not old]
        if not dry_run:
            write(changed)
    return [file.name for file in changed]


def _some(changes: list[Change], otherwise: str) -> list[Change]:
    if not changes:
        raise RotationRefused(otherwise)
    return changes


def _change(
    rings: Sequence[str],
    names: Sequence[str],
    edit: Callable[[str, Ring], Ring],
    what: key_rotation.What,
    *,
    partial: bool,
    dry_run: bool,
    reason: str | None = None,
) -> list[Change]:
    """Edits each ring in all the files that hold it; gives those that changed."""
    if not names:
        raise RotationRefused(_NO_FILES)
    changes: list[Change] = []
    with opened(names) as read:
        files = list(read)
        for name in rings:
            holders = [file for file in files if file.value(name)]
            ring = the_ring(name, holders)
            if not partial:
                verify_covered(name, files)
            changed = edit(name, ring)
            if changed == ring:
                continue
            text = ",".join(changed)
            verify_ring(name, text)
            files = [file.with_value(name, text) if file.value(name) else file for file in files]
            new_ring = KeyRing.parse(name, text)
            before, files = files, [follow(new_ring, file) for file in files]
            touched = [file.name for file in holders]
            touched += [new.name for new, old in zip(files, before, strict=True) if new is not old]
            changes.append(
                Change(
                    name,
                    tuple(map(id_of, ring)),
                    tuple(map(id_of, changed)),
                    tuple(touched),
                )
            )
        if not dry_run:
            write([new for new, old in zip(files, read, strict=True) if new is not old])
    if not dry_run:
        _note(changes, what, reason)
    return changes


def _note(changes: Sequence[Change], what: key_rotation.What, reason: str | None) -> None:
    detail = {"reason": reason} if reason else {}
    try:
        for change in changes:
            for key_id in change.added or change.dropped or change.after[:1]:
                key_rotation.note_key_change(setting_of(change.ring), what, key_id, **detail)
    except VaultUnavailable:
        raise RotationRefused(
            "the files are changed, but the audit trail could not be told"
        ) from None
