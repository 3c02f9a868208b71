"""Examines the vault of the tests, in this process, as the owner."""

from typing import Any

from demo.databases import SITE_DATABASE, VAULT_DATABASE
from emergency.actions.check_vault import Examination, check_vault
from tests.database.console import Playing
from tests.environment import dsn
from vault.doctor import errors

# Every login, as ``var/demo.json`` has them too.
LOGINS = {
    role: {"VAULT_URL": dsn(role, VAULT_DATABASE), "DATABASE_URL": dsn(role, SITE_DATABASE)}
    for role in ("web", "operator", "worker", "owner")
}
# What takes longest, for tests of something else: every function with every hostile argument.
QUICK = [check.id for check in errors.CHECKS]


def examine(playing: Playing, **changes: Any) -> Examination:
    """What ``manage.py checkvault`` finds."""
    with playing("owner"):
        return check_vault(
            **{"rows": None, "events": False, "logins": {}, "without": (), **changes}
        )


def red(examination: Examination) -> dict[str, tuple[str, ...]]:
    """The checks that found something, and what."""
    return {one.check.id: one.faults for one in examination.results if one.result == "finding"}


def result_of(examination: Examination, check_id: str) -> Any:
    """What came of one check."""
    [found] = [one for one in examination.results if one.check.id == check_id]
    return found
