"""How many signed in and how many failed, by half-hours of the last day. Operators only."""

from dataclasses import dataclass
from datetime import datetime

from vault import connection
from vault.sessions import Session


@dataclass(frozen=True)
class SignInCounts:
    """What happened in the half-hour that begins at ``slot``."""

    slot: datetime
    signed_in: int
    wrong_passwords: int
    wrong_factors: int
    turned_away: int


def sign_in_counts(session: Session) -> list[SignInCounts]:
    """The half-hours that the vault has counted, the first one first; none for a dead session.

    The last one still runs. One statement. Raises ``VaultUnavailable``.
    """
    return [
        SignInCounts(**row)
        for row in connection.rows(
            "SELECT * FROM api.sign_in_counts_v1(%(session)s)", {"session": session.secret}
        )
    ]
