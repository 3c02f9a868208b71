"""Whose e-mail address is this: by the whole address, as sign-up reads one, and by nothing less."""

from accounts.services.email_addresses import parse_address
from emergency.actions.operators import Operator
from emergency.errors import NotAllowed
from vault import address_searches
from vault.address_searches import Holder

__all__ = ["Holder", "find_by_address"]


def find_by_address(typed: str, *, by: Operator | None) -> list[Holder]:
    """The accounts that have this address, confirmed or not; the search is in the trail.

    Raises ``EmailInvalid`` for what is none, ``NotAllowed``, ``VaultUnavailable``.
    """
    address = parse_address(typed)
    found = address_searches.find_holders(address.normal_form, by.session if by else None)
    if found == "forbidden":
        raise NotAllowed
    return found
