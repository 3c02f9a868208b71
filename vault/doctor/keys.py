"""The key rings that the owner holds, and what in the vault still names which key."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from django.conf import settings

from vault.doctor.checks import Note, check
from vault.doctor.patient import Patient
from vault.keys import KeyRing

_RINGS: Final = (
    "PEPPER_KEYS",
    "OPERATOR_KEYS",
    "SIGNING_KEYS",
    "ADDRESS_KEYS",
    "CREDENTIAL_KEYS",
    "PASSKEY_KEYS",
    "WIKI_KEYS",
    "EVENT_KEYS",
)


def _rings() -> dict[str, KeyRing]:
    return {name: getattr(settings, name) for name in _RINGS}


def _publishes(patient: Patient, key_id: str) -> bool:
    """Whether a signing key that is published is sealed under that key; else hints go by it."""
    return bool(
        patient.vault.execute(
            "SELECT FROM vault.signing_keys k"
            " WHERE vault.is_published(k) AND vault.sealing_key(k.sealed_private) = %s",
            [key_id],
        ).fetchall()
    )


@check("Put the key back behind the active one, wherever the ring is held (docs/keys.md).")
def key_rings(patient: Patient) -> Iterator[str]:
    """No row names a key that its ring lacks: nobody could read it any more."""
    rings = _rings()
    named: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    foreign = set()
    # What names no key at all is nobody's: that is for the rows' own checks to say.
    for ring, what, key_id, total in patient.vault.execute(
        "SELECT ring, what, key_id, total FROM api.key_usage_v1() WHERE key_id <> ''"
        " ORDER BY 1, 2, 3"
    ).fetchall():
        if ring in rings:
            named[ring][key_id].append(f"{total} {what.replace('_', ' ')}")
        else:
            foreign.add(ring)
    for ring, keys in rings.items():
        for key_id, uses in named[ring].items():
            if key_id not in keys.key_ids():
                lack = f"{ring} lacks the key {key_id}, which {', '.join(uses)} name"
                is_given_up = ring == "SIGNING_KEYS" and not _publishes(patient, key_id)
                yield Note(f"{lack}: they verify hints no more") if is_given_up else lack
        for key_id in keys.key_ids()[1:]:
            uses = named[ring].get(key_id, [])
            yield Note(
                f"{ring}: the old key {key_id} is still named by {', '.join(uses)}"
                if uses
                else f"{ring}: nothing names the old key {key_id}; it can be taken out"
            )
    if foreign:
        yield Note(f"not the owner's, so not looked at: {', '.join(sorted(foreign))}")


@check("Make a new key for one of them, and put it in front (docs/keys.md).")
def keys_apart(_patient: Patient) -> Iterator[str]:
    """No key stands in two rings: one key, one purpose."""
    rings = list(_rings().items())
    for position, (name, ring) in enumerate(rings):
        for other, other_ring in rings[:position]:
            if ring.shares_a_key_with(other_ring):
                yield f"{name} repeats a key of {other}"


@check(
    "See that a worker runs; manage.py rotatekeys --signing makes new ones at once (docs/keys.md)."
)
def signing_keys_on_schedule(patient: Patient) -> Iterator[str]:
    """No key signs for longer than the policy says, and a day for the worker to make the next."""
    for alg, days in patient.vault.execute(
        "SELECT alg, extract(day FROM clock_timestamp() - created_at)::integer"
        " FROM vault.signing_keys WHERE state = 'active' AND lockout_id IS NULL AND created_at"
        " < clock_timestamp() - make_interval(secs => vault.policy_seconds('signing_key_age')"
        " + 86400) ORDER BY alg"
    ):
        yield f"the {alg} key has signed for {days} days"


CHECKS = (key_rings, keys_apart, signing_keys_on_schedule)
