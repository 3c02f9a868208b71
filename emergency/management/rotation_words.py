"""What ``rotatekeys`` says: for people in lines, for programs in JSON. No key, only keys' ids."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emergency.actions.key_status import RingStatus
from emergency.actions.reseal_keys import NewSigningKeys, Resealed, Tally
from emergency.actions.rotate_keys import Change

# What no command can move, and what becomes of it.
_MOVES_BY_ITSELF: Final = {
    "passwords": "each moves when its owner next signs in at the public site",
    "recovery_codes": "they work until the key is dropped; their owners can make new ones",
    "sessions": "they end by themselves; dropped, people sign in again",
    "grants": "they end with their sessions",
    "refresh_tokens": "they are replaced as they are used",
    "mailed_tokens": "they expire within days",
    "event_seals": "for as long as the trail of then shall be checked",
}


def changes_as_json(
    changes: Sequence[Change], signing: NewSigningKeys | None, *, dry_run: bool
) -> dict[str, Any]:
    """What changed, by ring."""
    answer: dict[str, Any] = {
        "dry_run": dry_run,
        "rings": {
            change.ring: {
                "active": change.after[0],
                "keys": list(change.after),
                "added": list(change.added),
                "dropped": list(change.dropped),
                "files": list(change.files),
            }
            for change in changes
        },
    }
    if signing is not None:
        answer |= {"signing_keys": signing.kids, "withdrawn": signing.withdrawn}
    return answer


def changes_in_words(
    changes: Sequence[Change], signing: NewSigningKeys | None, *, dry_run: bool
) -> list[str]:
    """What changed, and what comes next."""
    would = "would be " if dry_run else ""
    lines = [
        f"{change.ring}: {would}{', '.join(change.after)} (was {', '.join(change.before)}) in "
        f"{', '.join(change.files)}"
        for change in changes
    ]
    if signing is not None:
        lines += _signing_in_words(signing, dry_run=dry_run)
    if changes and not dry_run:
        lines.append("Start every process again that holds one of these rings.")
        if any(change.before[0] != change.after[0] for change in changes):
            lines.append(
                "Then, as owner with the new file: manage.py rotatekeys --re-seal. Passwords move "
                "at their owners' next sign-in; sessions and flows expire."
            )
    return lines


def _signing_in_words(signing: NewSigningKeys, *, dry_run: bool) -> list[str]:
    if dry_run:
        return ["A new signing key would be made for each algorithm."]
    lines = [f"{alg}: new signing key {kid}" for alg, kid in signing.kids.items()]
    if signing.withdrawn:
        return [
            *lines,
            f"{signing.withdrawn} older ones are withdrawn; every process knows within a minute.",
        ]
    return [*lines, "They sign in an hour; the ones before stay published for a day."]


def status_as_json(found: Sequence[RingStatus]) -> dict[str, Any]:
    """Every ring: who holds it, its keys, and how many rows name which."""
    return {
        "rings": {
            one.ring: {
                "holders": list(one.holders),
                "active": one.keys[0] if one.keys else None,
                "keys": list(one.keys) if one.keys else None,
                "rows": one.rows,
                "unreadable": _unreadable(one),
            }
            for one in found
        }
    }


def _unreadable(one: RingStatus) -> list[str]:
    """Keys that the vault names and the ring does not have."""
    return sorted(set(one.rows) - set(one.keys)) if one.keys else []


def status_in_words(found: Sequence[RingStatus]) -> list[str]:
    """The same, a line for each key."""
    lines: list[str] = []
    kinds: set[str] = set()
    for one in found:
        lines.append(f"{one.ring} ({', '.join(one.holders)})")
        known = one.keys or ()
        if not one.keys:
            lines.append("  the owner does not hold it: name its files with --env-file")
        for key_id in (*known, *sorted(set(one.rows) - set(known))):
            rows = one.rows.get(key_id, {})
            if (key_id,) != known[:1]:
                kinds |= set(rows)
            lines.append(f"  {key_id:<16}{_place(key_id, known):<10}{_counted(rows)}")
    lines += [f"{kind}: {_MOVES_BY_ITSELF[kind]}" for kind in sorted(kinds & set(_MOVES_BY_ITSELF))]
    return lines


def _place(key_id: str, known: tuple[str, ...]) -> str:
    if not known:
        return ""
    if key_id not in known:
        return "MISSING"
    return "active" if key_id == known[0] else "old"


def _counted(rows: Mapping[str, int]) -> str:
    counts = [f"{count} {what.replace('_', ' ')}" for what, count in sorted(rows.items())]
    return ", ".join(counts) or "nothing"


def derived_in_words(changed: Sequence[str], *, dry_run: bool) -> list[str]:
    """Which files have other rings now that follow from others."""
    if not changed:
        return ["Every ring that follows from another is as it should be."]
    would = "would be " if dry_run else ""
    lines = [f"{file}: {would}brought up to date" for file in changed]
    return lines if dry_run else [*lines, "Start the processes again that read them."]


def left_behind_in_words(behind: Sequence[str]) -> list[str]:
    """Which files have an old state of a ring that follows from another."""
    return [
        f"{file}: ADDRESS_LOOKUP does not follow ADDRESS; rotatekeys --derived --env-file {file}"
        for file in behind
    ]


def progress(total: int, tally: Tally) -> str:
    """How far one kind of row has come."""
    left = f", {tally.refused} left" if tally.refused else ""
    return f"{tally.what.replace('_', ' ')}: {tally.renewed} of {total} renewed{left}"


def resealed_as_json(done: Sequence[Resealed]) -> dict[str, Any]:
    """What became of each kind of row."""
    return {
        "resealed": {
            one.tally.what: {
                "ring": one.ring,
                "stale": one.stale,
                "renewed": one.tally.renewed,
                "refused": one.tally.refused,
                "refusals": one.tally.refusals,
                "busy": one.tally.busy,
            }
            for one in done
        }
    }


def resealed_in_words(done: Sequence[Resealed]) -> list[str]:
    """The same, and which rows were left."""
    lines = [progress(one.stale, one.tally) for one in done if one.stale or one.tally.renewed]
    for one in done:
        lines += [f"{one.tally.what} {row}: {why}" for row, why in one.tally.refusals.items()]
    lines.append("Passwords move at their owners' next sign-in; sessions and flows expire.")
    return lines
