"""The keys that seal flows, in the shape that JOSE wants them."""

from functools import lru_cache

from django.conf import settings
from joserfc.jwk import KeySet, OctKey

from vault.keys import KeyRing


def active_flow_key_id() -> str:
    """The id of the key that new flows are sealed with."""
    ring: KeyRing = settings.FLOW_KEYS
    return ring.active_id


def flow_keys() -> KeySet:
    """All keys that a flow may be sealed with, the active one first; a flow names its own."""
    return _key_set(settings.FLOW_KEYS)


@lru_cache(maxsize=4)
def _key_set(ring: KeyRing) -> KeySet:
    return KeySet(
        [
            OctKey.import_key(ring.key(key_id, "flow"), {"kid": key_id, "use": "enc"})
            for key_id in ring.key_ids()
        ]
    )
