"""Counts the SQL statements of a sign-in where they arrive: in PostgreSQL's own log.

So nothing is missed: both databases, every connection of the web role, whatever library sent it.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from demo.databases import LOGINS
from demo.postgres import Server

_STATEMENT = re.compile(rf"^{LOGINS['web']} LOG:  (?:statement|execute [^:]*): ", re.MULTILINE)
_SETTINGS = {"log_statement": "all", "log_parameter_max_length": "0", "log_line_prefix": "%u "}
_RELOAD_SECONDS = 0.3


def _is_logging(server: Server) -> bool:
    """Whether a new connection begins with what was set."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        return connection.execute("SHOW log_statement").fetchone() == ("all",)


class StatementCounter:
    """Counts what the web role sends. Logging costs time, so begin after everything else."""

    def __init__(self, server: Server, log: Path) -> None:
        """Have every statement logged from now on, without its parameters."""
        self._log = log
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            for name, value in _SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        while not _is_logging(server):  # once a new one is, the others are told as well
            time.sleep(_RELOAD_SECONDS)
        time.sleep(_RELOAD_SECONDS)  # each backend reads them before its next statement

    def count(self, act: Callable[[], None]) -> int:
        """Give how many statements arrive while `act` runs: each is logged before it is run."""
        with self._log.open(encoding="utf-8") as log:
            log.seek(0, 2)
            act()
            return len(_STATEMENT.findall(log.read()))
