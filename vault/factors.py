"""What a guess at a second factor can come to, whichever factor it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from vault.attempts import Attempt, amr_of, heard
from vault.errors import VaultRefused

Status = Literal["right", "wrong", "wait", "known_only", "ended", "none", "gone"]


@dataclass(frozen=True)
class Verdict:
    """The vault's answer to a guess within an attempt.

    ``right`` comes with the attempt as it is now and all its ``proofs``, ``wait`` with the seconds
    after which to try again. ``ended`` means that ten were wrong and the attempt is over,
    ``known_only`` that only a browser known to the account may try any more, ``none`` that the
    account has nothing of this kind, ``gone`` that the attempt was used, expired or overtaken.
    """

    status: Status
    attempt: Attempt | None = None
    proofs: tuple[str, ...] = ()
    wait_seconds: int = 0


def refusal(question: str, row: Mapping[str, Any]) -> Verdict:
    """The verdict of a row that is not ``right``. Raises ``VaultRefused`` for a caller's fault."""
    status = row["status"]
    if status == "wait":
        return Verdict("wait", wait_seconds=row["wait_seconds"])
    if status in ("wrong", "known_only", "ended", "none", "gone"):
        return Verdict(status)
    raise VaultRefused(question, status)


def proven(attempt: Attempt, proof: str) -> Verdict:
    """The verdict of a guess that is ``right``: the attempt holds that one proof more.

    Its row may hold others as well; what this process has not heard counts for nothing.
    """
    proofs = heard(attempt, proof)
    return Verdict(
        "right", attempt=replace(attempt, amr=amr_of(proofs), proofs=proofs), proofs=proofs
    )
