"""One's own e-mail addresses. Sealed in the vault; never an identity."""

from dataclasses import dataclass
from uuid import UUID

from vault import connection
from vault.seals import open_address
from vault.sessions import Session


@dataclass(frozen=True)
class OwnAddress:
    """An address of the person who is signed in."""

    id: UUID
    address: str
    is_primary: bool
    is_confirmed: bool


def own_addresses(session: Session) -> list[OwnAddress]:
    """The addresses of this session's person, the primary one first."""
    return [
        OwnAddress(
            id=row["id"],
            address=open_address(row["sealed"], session.account_id),
            is_primary=row["is_primary"],
            is_confirmed=row["verified"],
        )
        for row in connection.rows(
            "SELECT * FROM api.list_addresses_v1(%(secret)s)", {"secret": session.secret}
        )
    ]
