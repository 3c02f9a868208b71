"""What a flow has proven so far, as views and the flow carry it."""

import base64
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from accounts.errors import FlowUnusable
from vault.attempts import Attempt, amr_of, new_secret

__all__ = ["Attempt", "amr_of", "fresh_proof_of", "from_plain", "plain"]


def fresh_proof_of(attempt: Attempt) -> Attempt:
    """What a sign-in has just proven, as a fresh proof within the session that it opens.

    Its secret has to be given to the vault with that opening.
    """
    proofs = tuple(proof for proof in attempt.proofs if proof != "browser")
    return replace(attempt, secret=new_secret(), purpose="reauthenticate", proofs=proofs)


def plain(attempt: Attempt) -> dict[str, Any]:
    """The attempt, its secret among it, as JSON can hold it: for sealing alone."""
    return {
        **asdict(attempt),
        "secret": base64.b64encode(attempt.secret).decode(),
        "account_id": str(attempt.account_id),
    }


def from_plain(fields: dict[str, Any]) -> Attempt:
    """The attempt that was sealed. Raises ``FlowUnusable`` for one of another release's shape."""
    try:
        return Attempt(
            **{
                **fields,
                "secret": base64.b64decode(fields["secret"]),
                "account_id": UUID(fields["account_id"]),
                "amr": tuple(fields["amr"]),
                "proofs": tuple(fields["proofs"]),
                "factors": tuple(fields["factors"]),
            }
        )
    except (KeyError, TypeError, ValueError):
        raise FlowUnusable from None
