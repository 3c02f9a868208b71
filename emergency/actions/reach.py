"""What a lockout would hit, before it is taken: how many, and some of them by name."""

from collections.abc import Sequence
from uuid import UUID

from emergency.actions.operators import Operator
from vault import lockout_reach
from vault.lockout_reach import Hit, Kind

__all__ = ["Hit", "Kind", "reach"]


def reach(
    kind: Kind, *, by: Operator | None, subject: str = "", accounts: Sequence[UUID] = ()
) -> list[Hit]:
    """What a lockout of that kind would hit now; ``subject`` is a wiki's client id.

    ``by`` None is the console. Raises ``VaultUnavailable``.
    """
    return lockout_reach.reach(kind, by.session if by else None, subject=subject, accounts=accounts)
