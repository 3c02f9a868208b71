"""CPU time of PostgreSQL's processes, told apart by what they do.

A benchmark on a shared machine counts this, not time on the clock: waiting for a core or a disk is
not in it.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from demo.databases import LOGINS
from demo.postgres import Server

_NANO = 1e-9
_PROCESSES = """
SELECT pid, CASE WHEN usename = %(login)s THEN 'web' ELSE backend_type END
FROM pg_catalog.pg_stat_activity WHERE pid <> pg_catalog.pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds up to now: of each living process, and of all that the server has seen end."""

    seconds: dict[int, float]
    kinds: dict[int, str]
    ended: float


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds of a stretch: the web role's backends, and everything else by its kind."""

    web: float
    others: dict[str, float]


class DatabaseCpu:
    """Reads one server's processes, over a connection of its own that isn't counted."""

    def __init__(self, server: Server) -> None:
        """Connect as superuser: nobody else sees every process."""
        self._connection = psycopg.connect(server.dsn(), autocommit=True)
        self._postmaster = psutil.Process(server.pid)

    def read(self) -> Reading:
        """Give what has been used up to now."""
        kinds: dict[int, str] = dict(
            self._connection.execute(_PROCESSES, {"login": LOGINS["web"]}).fetchall()
        )
        kinds[self._postmaster.pid] = "postmaster"
        seconds: dict[int, float] = {}
        for pid in kinds:
            try:
                seconds[pid] = _cpu_seconds(pid)
            except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
                continue  # ended meanwhile
        times = self._postmaster.cpu_times()
        return Reading(seconds, kinds, times.children_user + times.children_system)

    def since(self, before: Reading) -> Used:
        """Give what has been used since `before`."""
        after = self.read()
        used: defaultdict[str, float] = defaultdict(float)
        for pid, seconds in after.seconds.items():
            used[after.kinds[pid]] += seconds - before.seconds.get(pid, 0.0)
        # Autovacuum's workers come and go: what they used is known once they have ended.
        gone = sum(seconds for pid, seconds in before.seconds.items() if pid not in after.seconds)
        used["ended"] = max(0.0, after.ended - before.ended - gone)
        web = used.pop("web", 0.0)
        return Used(web, {kind: seconds for kind, seconds in used.items() if seconds > 0})

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _cpu_seconds(pid: int) -> float:
    """User and system time; Linux tells it in nanoseconds (each of these has one thread)."""
    if psutil.LINUX:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) * _NANO
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
