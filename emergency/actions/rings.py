"""Key rings as environment files have them: which there are, and that all files agree on one."""

from collections.abc import Iterable, Sequence

from django.conf import settings

from emergency.env_files import EnvFile
from emergency.errors import RotationRefused
from vault.keys import KeyRing

# An ``id:key`` text each, the active one first.
Ring = list[str]


def ring_names(words: Iterable[str]) -> list[str]:
    """The variables of rings named as PEPPER or by the variable. Raises ``RotationRefused``."""
    known = {_short(name): name for name in settings.RING_HOLDERS}
    found: list[str] = []
    for word in words:
        short = _short(word.upper())
        if short not in known:
            raise RotationRefused(f"{word}: no such ring; there are {', '.join(sorted(known))}")
        if known[short] not in found:
            found.append(known[short])
    return found


def all_rings() -> list[str]:
    """The variables of all rings there are."""
    return list(settings.RING_HOLDERS)


def _short(name: str) -> str:
    return name.removeprefix("AUTHSITE_").removesuffix("_KEYS")


def setting_of(ring: str) -> str:
    """The name of a ring's setting, as the vault's callers say it."""
    return ring.removeprefix("AUTHSITE_")


def id_of(part: str) -> str:
    """The id of one key of a ring."""
    return part.partition(":")[0]


def the_ring(name: str, holders: Sequence[EnvFile]) -> Ring:
    """The ring that all these files have alike. Raises ``RotationRefused``."""
    if not holders:
        raise RotationRefused(f"{name}: none of the files given sets it; give those that do")
    rings = [[part.strip() for part in file.value(name).split(",")] for file in holders]
    for file, ring in zip(holders, rings, strict=True):
        if ring != rings[0]:
            raise RotationRefused(
                f"{name} is not the same in {holders[0].name} and {file.name}: somebody is in the "
                "middle of changing it; copy the line of the newer one first"
            )
    verify_ring(name, ",".join(rings[0]))
    return rings[0]


def followers(name: str) -> dict[str, str]:
    """The rings that follow from this one, each with the purpose whose keys it holds."""
    return {
        follower: purpose
        for follower, (_holders, source, purpose) in settings.RINGS_DERIVED.items()
        if source == name
    }


def follow(ring: KeyRing, file: EnvFile) -> EnvFile:
    """The file with the rings that follow from this ring, where it has a line for them."""
    for follower, purpose in followers(ring.name).items():
        derived = ring.derived(purpose)
        if file.has(follower) and file.value(follower) != derived:
            file = file.with_value(follower, derived)
    return file


def verify_ring(name: str, text: str) -> None:
    """Raises ``RotationRefused`` for a ring that no process would start with."""
    try:
        KeyRing.parse(name, text)
    except ValueError as error:
        raise RotationRefused(str(error)) from None


def verify_covered(name: str, files: Sequence[EnvFile]) -> None:
    """Refuses to leave a role behind, as far as the files say whose they are."""
    holders = [file for file in files if file.value(name)]
    needed = set(settings.RING_HOLDERS[name])
    for follower in followers(name):
        needed |= set(settings.RINGS_DERIVED[follower][0])
        holders += [file for file in files if file.has(follower)]
    roles = {file.value("AUTHSITE_ROLE") for file in holders}
    missing = sorted(needed - roles)
    if missing and "" not in roles:
        raise RotationRefused(
            f"{name}: {' and '.join(missing)} hold it too, or what follows from it; give their "
            "files as well, or --partial and change them before they start again"
        )
