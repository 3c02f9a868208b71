"""Requests for a reset as the worker has them: whom one means, and the letters that answer it."""

from collections.abc import Mapping
from typing import Any, Literal

from vault import connection
from vault.email_addresses import read_address
from vault.errors import VaultRefused


def answer(job_id: int) -> Literal["answered", "gone"]:
    """Writes the letters that a request asks for, and takes it away: once, however often it runs.

    Accounts whose address is spelled alike, to the letter, share one; an address that is merely
    found by the same digest might be another person's. What is not ours gets none, and is reported.
    ``gone``: it was answered before. Two statements. Worker only. Raises ``VaultUnavailable``.
    """
    found = connection.rows("SELECT * FROM api.reset_request_v1(%(job)s)", {"job": job_id})
    spelled = {row["address_id"]: address for row in found if (address := _confirmed(row))}
    numbers = {address: number for number, address in enumerate(dict.fromkeys(spelled.values()))}
    status: Literal["answered", "gone"] = connection.row(
        "SELECT api.answer_reset_v1(%(job)s, %(addresses)s, %(letters)s) AS status",
        {
            "job": job_id,
            "addresses": list(spelled),
            "letters": [numbers[address] for address in spelled.values()],
        },
    )["status"]
    if status not in ("answered", "gone"):
        raise VaultRefused("answer_reset", status)
    return status


def _confirmed(row: Mapping[str, Any]) -> str | None:
    address, is_confirmed = read_address(row["account_id"], row) or ("", False)
    return address if is_confirmed else None
