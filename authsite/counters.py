"""Counters shared by every process: a Django cache over PostgreSQL that counts exactly.

Owns the table `authsite_counter`; the connection is authsite/counter_line.py's. With `REDIS_URL`
the same face is put on Redis or Valkey. Leaves what is counted, and what a count means, to
`accounts.services.throttling`.
"""

import secrets
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache

from accounts.services.throttling import CountersUnavailable
from authsite.counter_line import line

# Each is one statement, so that no other process comes between the look and the change. The clock
# is the server's: processes on several machines agree on what has expired.
_ADD = """
INSERT INTO authsite_counter AS c (key, value, expires)
VALUES (%(key)s, %(value)s,
        coalesce(clock_timestamp() + make_interval(secs => %(seconds)s), 'infinity'))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires
WHERE c.expires <= clock_timestamp()
RETURNING true
"""
_SET = """
INSERT INTO authsite_counter AS c (key, value, expires)
VALUES (%(key)s, %(value)s,
        coalesce(clock_timestamp() + make_interval(secs => %(seconds)s), 'infinity'))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""
_INCREASE = """
UPDATE authsite_counter SET value = value + %(delta)s
WHERE key = %(key)s AND expires > clock_timestamp()
RETURNING value, CASE WHEN isfinite(expires)
    THEN extract(epoch FROM expires - clock_timestamp())::float8 ELSE 86400 END
"""
_GET = "SELECT value FROM authsite_counter WHERE key = %(key)s AND expires > clock_timestamp()"
_TOUCH = """
UPDATE authsite_counter
SET expires = coalesce(clock_timestamp() + make_interval(secs => %(seconds)s), 'infinity')
WHERE key = %(key)s AND expires > clock_timestamp()
RETURNING true
"""
_DELETE = """
DELETE FROM authsite_counter WHERE key = %(key)s RETURNING expires > clock_timestamp()
"""
_CLEAR = "DELETE FROM authsite_counter"
# The scalar subquery lets the index on `expires` be used, which a bare clock_timestamp() does not.
_PRUNE = """
DELETE FROM authsite_counter WHERE key IN (
    SELECT key FROM authsite_counter WHERE expires <= (SELECT clock_timestamp())
    ORDER BY expires LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""
_PRUNE_ONE_IN = 250  # adds; a prune takes up to 1,000 rows, four times what was added meanwhile


class PostgreSQLCounters(BaseCache):
    """A cache of whole numbers in the database that `LOCATION` names (an alias of DATABASES).

    Every method is one statement and raises CountersUnavailable when the database doesn't answer.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._line = line(location or "default")

    def add(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Start a counter; False when it is there already."""
        name = self.make_and_validate_key(key, version)
        # A key that this process knows to be there needs no asking: half the statements of a limit.
        if self._line.knows(name):
            return False
        seconds = self._seconds(timeout)
        added = self._line.ask(_ADD, {"key": name, "value": _whole(value), "seconds": seconds})
        if added is None:
            return False
        if seconds is not None and seconds > 0:
            self._line.remember(name, seconds)
        if secrets.randbelow(_PRUNE_ONE_IN) == 0:
            self.prune()
        return True

    def set(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        """Put a counter to `value`, whether or not it was there."""
        name = self.make_and_validate_key(key, version)
        self._line.present.pop(name, None)
        self._line.ask(
            _SET, {"key": name, "value": _whole(value), "seconds": self._seconds(timeout)}
        )

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Give the counter's value, or `default` when there is none or it has expired."""
        row = self._line.ask(_GET, {"key": self.make_and_validate_key(key, version)})
        return default if row is None else row[0]

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raise the counter by `delta` and give its new value.

        Raises ValueError when there is none, as Django's caches do.
        """
        name = self.make_and_validate_key(key, version)
        row = self._line.ask(_INCREASE, {"key": name, "delta": _whole(delta)})
        if row is None:
            self._line.present.pop(name, None)
            raise ValueError("This counter does not exist or has expired.")
        self._line.remember(name, row[1])
        return int(row[0])

    def decr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Lower the counter by `delta`; otherwise like `incr`."""
        return self.incr(key, -delta, version)

    def touch(
        self,
        key: str,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Move the counter's expiry; False when there is none."""
        name = self.make_and_validate_key(key, version)
        self._line.present.pop(name, None)
        return bool(self._line.ask(_TOUCH, {"key": name, "seconds": self._seconds(timeout)}))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Remove the counter; False when there was none."""
        name = self.make_and_validate_key(key, version)
        self._line.present.pop(name, None)
        row = self._line.ask(_DELETE, {"key": name})
        return row is not None and bool(row[0])

    def clear(self) -> None:
        """Remove every counter."""
        self._line.present.clear()
        self._line.ask(_CLEAR, {})

    def prune(self) -> None:
        """Remove up to a thousand counters that have expired; live ones are never evicted."""
        self._line.ask(_PRUNE, {})

    def disconnect(self) -> None:
        """Close this process's connection (before its database is dropped, say)."""
        self._line.close()

    def _seconds(self, timeout: float | None) -> float | None:
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return None if timeout is None else max(0.0, float(timeout))


class RedisCounters(RedisCache):
    """Django's Redis cache, whose failures are the same typed error as PostgreSQLCounters'."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Start a counter; False when it is there already. Raises CountersUnavailable."""
        with _redis_errors_typed():
            return bool(super().add(*args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """Give the counter's value, or the default. Raises CountersUnavailable."""
        with _redis_errors_typed():
            return super().get(*args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> int:
        """Raise the counter. Raises ValueError (there is none), CountersUnavailable."""
        with _redis_errors_typed():
            return int(super().incr(*args, **kwargs))


class _redis_errors_typed:  # noqa: N801 - reads as a statement
    """Turns whatever the Redis client raises into CountersUnavailable."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        # Imported where it is used: a site without Redis shall not carry its client in memory.
        from redis.exceptions import RedisError  # noqa: PLC0415

        if isinstance(error, RedisError | OSError):
            raise CountersUnavailable from error


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("This cache holds counters: whole numbers only.")
    return value
