"""Requests for a reset: whom one means is found here, after everybody has had the same answer."""

from typing import Final

from vault.outbox import Job
from vault.reset_requests import answer

KIND: Final = "reset_request"


def answer_request(job: Job) -> None:
    """The handler of requests: the vault writes the letters that one asks for, once.

    Raises ``VaultUnavailable``, after which it is tried again.
    """
    answer(job.id)
