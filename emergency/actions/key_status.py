"""What stands in which ring, and what of the vault names which key. Shows ids, never a key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from emergency.actions.rings import follow, id_of, setting_of, the_ring
from emergency.env_files import EnvFile, opened
from vault import key_rotation
from vault.keys import KeyRing


@dataclass(frozen=True)
class RingStatus:
    """A ring's keys, if we know them, and what of the vault names which key."""

    ring: str
    holders: tuple[str, ...]
    keys: tuple[str, ...] | None  # the active one first; None where neither we nor a file has it
    rows: Mapping[str, Mapping[str, int]]  # by key, then by kind


def status(files: Sequence[str]) -> list[RingStatus]:
    """Every ring: its keys by the files given, or else by this process, and what names them.

    Raises ``RotationRefused``, ``EnvFileRefused``, ``VaultUnavailable``.
    """
    rows: dict[str, dict[str, dict[str, int]]] = {}
    for use in key_rotation.key_usage():
        rows.setdefault(use.ring, {}).setdefault(use.key_id, {})[use.what] = use.rows
    with opened(files) as read:
        return [
            RingStatus(
                name,
                tuple(sorted(holders)),
                _known_keys(name, read),
                rows.get(setting_of(name), {}),
            )
            for name, holders in settings.RING_HOLDERS.items()
        ]


def _known_keys(name: str, files: Sequence[EnvFile]) -> tuple[str, ...] | None:
    holders = [file for file in files if file.value(name)]
    if holders:
        return tuple(map(id_of, the_ring(name, holders)))
    if settings.ROLE in settings.RING_HOLDERS[name]:
        return tuple(getattr(settings, setting_of(name)).key_ids())
    return None


def left_behind(files: Sequence[str]) -> list[str]:
    """The files in which a ring that follows from another is not what it should be.

    Raises ``RotationRefused``, ``EnvFileRefused``.
    """
    with opened(files) as read:
        behind = []
        for _holders, source, _purpose in settings.RINGS_DERIVED.values():
            holders = [file for file in read if file.value(source)]
            ring: KeyRing = getattr(settings, setting_of(source))
            if holders:
                ring = KeyRing.parse(source, ",".join(the_ring(source, holders)))
            behind += [file.name for file in read if follow(ring, file) is not file]
    return behind
