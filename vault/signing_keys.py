"""The keys that sign assertions and logout tokens (RFC 7517, RFC 7518).

Private halves are sealed in the vault, and public halves are made from them: a row whose seal does
not open is left out, so that nobody slips a key in. An opened set is kept in memory for a minute.
To open a key takes long (a quarter of a second): what was opened once is known by its row, so that
each minute only asks which rows there are.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final, Generic, Literal, TypeVar

from django.conf import settings
from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from vault import connection
from vault.errors import KeyUnknown, SealBroken, VaultError, VaultRefused
from vault.events import report_row
from vault.keys import KeyRing
from vault.seals import seal, unseal

RSA_BITS = 3072
ALGORITHMS = ("RS256", "ES256")
_KINDS: Final[dict[str, type[RSAKey | ECKey]]] = {"RS256": RSAKey, "ES256": ECKey}

_CACHE_SECONDS = 60.0
_MAX_OPENED: Final = 100
T = TypeVar("T")
_Key = RSAKey | ECKey


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


class _Memory(Generic[T]):
    """What was read lately, read again after a minute, by one thread for all."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._kept: tuple[float, T] | None = None
        self._lock = threading.Lock()

    def get(self) -> T:
        kept = self._kept
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        with self._lock:
            kept = self._kept  # whoever waited finds what was read meanwhile
            if kept is None or kept[0] <= time.monotonic():
                kept = self._kept = (time.monotonic() + _CACHE_SECONDS, self._load())
            return kept[1]

    def forget(self) -> None:
        self._kept = None


def key_set() -> KeySet:
    """Today's keys. Raises ``VaultUnavailable``."""
    return _today.get()


def past_keys() -> jwk.KeySet:
    """The public halves of keys that are published no more, for hints and nothing else.

    A wiki may come with an ID token for as long as the session lives. Those that were withdrawn are
    not among them, nor those whose ring key is gone: a retired key may go with its ring. Raises
    ``VaultUnavailable``.
    """
    return _past.get()


def published_halves() -> jwk.KeySet:
    """The public halves as the database has them: to tell whether a token that leaked is ours.

    For processes without ``SIGNING_KEYS``: nothing may be let in by these. Raises
    ``VaultUnavailable``.
    """
    rows = connection.rows("SELECT * FROM api.published_keys_v1()", {})
    return jwk.KeySet(
        [
            _KINDS[row["alg"]].import_key(
                {**row["public_jwk"], "alg": row["alg"], "kid": row["kid"]}
            )
            for row in rows
        ]
    )


def forget() -> None:
    """Empties this process's memory of keys."""
    _today.forget()
    _past.forget()
    _opened.cache_clear()
    _opened_half.cache_clear()


def _load() -> KeySet:
    published: list[dict[str, Any]] = []
    active: dict[str, SigningKey] = {}
    for row in connection.rows("SELECT * FROM api.signing_keys_v1()", {}):
        kid, alg = row["kid"], row["alg"]
        try:
            key = opened(kid, alg, row["sealed_private"])
        except KeyUnknown:
            key = None
        if key is None:
            report_row("signing_key", kid)
            continue
        published.append(_public_half(kid, alg, key))
        if row["state"] == "active":
            active[alg] = SigningKey(kid, alg, key)
    return KeySet(tuple(published), active)


def _load_past() -> jwk.KeySet:
    keys: list[jwk.Key] = []
    for row in connection.rows("SELECT * FROM api.past_signing_keys_v1()", {}):
        try:
            key = _opened_half(settings.SIGNING_KEYS, row["kid"], row["alg"], row["sealed_private"])
        except KeyUnknown:
            continue
        if key is None:
            report_row("signing_key", row["kid"])
        else:
            keys.append(key)
    # Not import_key_set: mostly there is none, which that refuses.
    return jwk.KeySet(keys)


_today = _Memory(_load)
_past = _Memory(_load_past)


def _public_half(kid: str, alg: str, key: _Key) -> dict[str, Any]:
    return {**key.as_dict(private=False), "use": "sig", "alg": alg, "kid": kid}


def opened(kid: str, alg: str, sealed: bytes) -> _Key | None:
    """The key that was sealed for this id; None for one that is not ours, or of another kind.

    Raises ``KeyUnknown`` when the ring lacks the key of the seal.
    """
    return _opened(settings.SIGNING_KEYS, kid, alg, sealed)


def _open(ring: KeyRing, kid: str, alg: str, sealed: bytes) -> _Key | None:
    try:
        private = unseal(ring, "signing-key", sealed, kid.encode())
        key = _KINDS[alg].import_key(json.loads(private))
    except (SealBroken, JoseError, KeyError, ValueError):
        return None
    return key if key.thumbprint() == kid else None


# By the ring as well: under another one a row is another matter.
_opened = lru_cache(maxsize=_MAX_OPENED)(_open)


@lru_cache(maxsize=_MAX_OPENED)
def _opened_half(ring: KeyRing, kid: str, alg: str, sealed: bytes) -> _Key | None:
    """The public half alone of such a key: nobody signs with it any more."""
    key = _open(ring, kid, alg, sealed)
    return None if key is None else _KINDS[alg].import_key(_public_half(kid, alg, key))


def signing_key(alg: str) -> SigningKey:
    """The active key for ``RS256`` or ``ES256``. Raises ``NoSigningKey``."""
    try:
        return key_set().active[alg]
    except KeyError:
        raise NoSigningKey(alg) from None


@dataclass(frozen=True)
class _NewKey:
    """A key nobody has seen: its id is its RFC 7638 thumbprint, its private half is sealed."""

    kid: str
    public: str
    sealed: bytes = field(repr=False)


def _new_key(alg: str) -> _NewKey:
    key: RSAKey | ECKey
    if alg == "RS256":
        key = RSAKey.generate_key(RSA_BITS, private=True)
    elif alg == "ES256":
        key = ECKey.generate_key("P-256", private=True)
    else:
        raise ValueError(f"no such algorithm: {alg}")
    kid = key.thumbprint()
    private = json.dumps(key.as_dict(private=True)).encode()
    return _NewKey(
        kid,
        json.dumps(key.as_dict(private=False)),
        seal(settings.SIGNING_KEYS, "signing-key", private, kid.encode()),
    )


def create(alg: str, *, state: str = "active") -> str:
    """Makes a new key, seals its private half, stores it; gives its ``kid``. Owner only.

    An active key retires the one before it, which stays published for a day.
    """
    new = _new_key(alg)
    connection.execute(
        "SELECT api.add_signing_key_v1(%(kid)s, %(alg)s, %(state)s, %(public)s::jsonb, %(sealed)s)",
        {"alg": alg, "state": state, **vars(new)},
    )
    forget()
    return new.kid


def create_due() -> dict[str, str]:
    """Makes the next key of each algorithm whose active one has grown too old. Worker only.

    Gives their ``kid``s by algorithm. The vault says which, and takes one key of however many
    workers come with one at once. Raises ``VaultUnavailable``.
    """
    due = [row["alg"] for row in connection.rows("SELECT * FROM api.due_signing_keys_v1()", {})]
    made = {}
    for alg in ALGORITHMS:
        if alg in due:
            new = _new_key(alg)
            if _rotate(alg, new) == "added":
                made[alg] = new.kid
    if made:
        forget()
    return made


def _rotate(alg: str, new: _NewKey) -> Literal["added", "not_due"]:
    status = connection.row(
        "SELECT api.rotate_signing_key_v1(%(kid)s, %(alg)s, %(public)s::jsonb, %(sealed)s)"
        " AS status",
        {"alg": alg, **vars(new)},
    )["status"]
    if status not in ("added", "not_due"):
        raise VaultRefused("rotate_signing_key", status)
    answer: Literal["added", "not_due"] = status
    return answer
