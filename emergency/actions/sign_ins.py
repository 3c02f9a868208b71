"""How many signed in and how many failed lately, for any operator to look at."""

from emergency.actions.operators import Operator
from vault.sign_in_counts import SignInCounts, sign_in_counts

__all__ = ["SignInCounts", "recent_sign_ins"]


def recent_sign_ins(operator: Operator) -> list[SignInCounts]:
    """The half-hours of the last day that were counted. Raises ``VaultUnavailable``."""
    return sign_in_counts(operator.session)
