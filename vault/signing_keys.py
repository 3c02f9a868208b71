"""The keys that sign assertions and logout tokens (RFC 7517, RFC 7518).

Private halves are sealed in the vault, and public halves are made from them: a row whose seal does
not open is left out, so that nobody slips a key in. An opened set is kept in memory for a minute.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from vault import connection
from vault.errors import KeyUnknown, SealBroken, VaultError
from vault.events import report_row
from vault.seals import seal, unseal

RSA_BITS = 3072
ALGORITHMS = ("RS256", "ES256")
_KINDS: Final[dict[str, type[RSAKey | ECKey]]] = {"RS256": RSAKey, "ES256": ECKey}

_CACHE_SECONDS = 60.0
_cached: tuple[float, "KeySet"] | None = None
_lock = threading.Lock()


class NoSigningKey(VaultError):
    """There is no active key for the algorithm: an operator must make one."""


@dataclass(frozen=True)
class SigningKey:
    """A key that signs now."""

    kid: str
    alg: str
    key: RSAKey | ECKey = field(repr=False)


@dataclass(frozen=True)
class KeySet:
    """What is published (RFC 7517 section 5), and what signs, by algorithm."""

    published: tuple[dict[str, Any], ...]
    active: dict[str, SigningKey] = field(repr=False)

    @cached_property
    def verifying(self) -> jwk.KeySet:
        """What is published, read once for all the tokens that come back."""
        return jwk.KeySet.import_key_set({"keys": list(self.published)})


def key_set() -> KeySet:
    """Today's keys. Raises ``VaultUnavailable``."""
    global _cached
    remembered = _cached
    if remembered is not None and remembered[0] > time.monotonic():
        return remembered[1]
    with _lock:
        if _cached is None or _cached[0] <= time.monotonic():
            _cached = (time.monotonic() + _CACHE_SECONDS, _load())
        return _cached[1]


def published_halves() -> jwk.KeySet:
    """The public halves as the database has them: to tell whether a token that leaked is ours.

    For processes without ``SIGNING_KEYS``: nothing may be let in by these. Raises
    ``VaultUnavailable``.
    """
    rows = connection.rows("SELECT * FROM api.published_keys_v1()", {})
    keys = [{**row["public_jwk"], "alg": row["alg"], "kid": row["kid"]} for row in rows]
    return jwk.KeySet.import_key_set({"keys": keys})


def forget() -> None:
    """Empties this process's memory of keys."""
    global _cached
    _cached = None


def _load() -> KeySet:
    published: list[dict[str, Any]] = []
    active: dict[str, SigningKey] = {}
    for row in connection.rows("SELECT * FROM api.signing_keys_v1()", {}):
        kid, alg = row["kid"], row["alg"]
        key = opened(kid, alg, row["sealed_private"])
        if key is None:
            report_row("signing_key", kid)
            continue
        public = key.as_dict(private=False)
        published.append({**public, "use": "sig", "alg": alg, "kid": kid})
        if row["state"] == "active":
            active[alg] = SigningKey(kid, alg, key)
    return KeySet(tuple(published), active)


def opened(kid: str, alg: str, sealed: bytes) -> RSAKey | ECKey | None:
    """The key that was sealed for this id; None for one that is not ours, or of another kind."""
    try:
        private = unseal(settings.SIGNING_KEYS, "signing-key", sealed, kid.encode())
        key = _KINDS[alg].import_key(json.loads(private))
    except (SealBroken, KeyUnknown, JoseError, KeyError, ValueError):
        return None
    return key if key.thumbprint() == kid else None


def signing_key(alg: str) -> SigningKey:
    """The active key for ``RS256`` or ``ES256``. Raises ``NoSigningKey``."""
    try:
        return key_set().active[alg]
    except KeyError:
        raise NoSigningKey(alg) from None


def create(alg: str, *, state: str = "active") -> str:
    """Makes a new key, seals its private half, stores it; gives its ``kid``. Owner only.

    The ``kid`` is the key's RFC 7638 thumbprint. An active key retires the one before it, which
    stays published for a day.
    """
    key: RSAKey | ECKey
    if alg == "RS256":
        key = RSAKey.generate_key(RSA_BITS, private=True)
    elif alg == "ES256":
        key = ECKey.generate_key("P-256", private=True)
    else:
        raise ValueError(f"no such algorithm: {alg}")
    kid = key.thumbprint()
    private = json.dumps(key.as_dict(private=True)).encode()
    connection.execute(
        "SELECT api.add_signing_key_v1(%(kid)s, %(alg)s, %(state)s, %(public)s::jsonb, %(sealed)s)",
        {
            "kid": kid,
            "alg": alg,
            "state": state,
            "public": json.dumps(key.as_dict(private=False)),
            "sealed": seal(settings.SIGNING_KEYS, "signing-key", private, kid.encode()),
        },
    )
    forget()
    return kid
