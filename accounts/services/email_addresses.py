"""E-mail addresses: what counts as one, the form by which one is looked up, and changing them."""

import unicodedata
from typing import Final
from uuid import UUID

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from accounts.errors import (
    AccountError,
    AddressKnown,
    EmailInvalid,
    NoSuchAddress,
    PrimaryAddress,
    ProofGone,
    TooManyAddresses,
    TooManyLetters,
)
from vault import address_changes
from vault.accounts import EmailAddress
from vault.attempts import Attempt
from vault.email_addresses import OwnAddress, normal_form, own_addresses
from vault.events import Origin
from vault.sessions import Session

__all__ = [
    "EmailAddress",
    "OwnAddress",
    "add_address",
    "masked",
    "own_addresses",
    "parse_address",
    "remove_address",
    "request_confirmation",
    "set_primary_address",
]

_REFUSALS: Final[dict[str, type[AccountError]]] = {
    "exists": AddressKnown,
    "full": TooManyAddresses,
    "wait": TooManyLetters,
    "unknown": NoSuchAddress,
    "primary": PrimaryAddress,
    "gone": ProofGone,
    "weak": ProofGone,
}

# RFC 5321 section 4.5.3.1, the path less its angle brackets; counted as they travel (RFC 6531).
_MOST_OCTETS: Final = 254
_MOST_OCTETS_OF_A_NAME: Final = 64
_validate = EmailValidator()


def parse_address(typed: str) -> EmailAddress:
    """Reads an address: NFC, the domain lower-cased and in IDNA form. Raises ``EmailInvalid``.

    The normal form has the local part case-folded; the address itself keeps it as typed. Whatever
    is an address here is one that a letter can be sent to (``outbox.letters``).
    """
    typed = unicodedata.normalize("NFC", typed.strip())
    local, _, domain = typed.rpartition("@")
    # An address typed longer than this is none in any form; nothing is worked out for it.
    if len(typed) > _MOST_OCTETS or not typed.isprintable() or '"' in local:
        raise EmailInvalid
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii").lower()
        _validate(f"{_shape(local)}@{domain}")
    except (idna.IDNAError, ValidationError, UnicodeError):
        raise EmailInvalid from None
    address = f"{local}@{domain}"
    if len(local.encode()) > _MOST_OCTETS_OF_A_NAME or len(address.encode()) > _MOST_OCTETS:
        raise EmailInvalid
    return EmailAddress(address, normal_form(address))


def _shape(local: str) -> str:
    """A local part for Django to check the form of: its letters beyond ASCII are anybody's.

    But none that another program could take for an @, a space or a comma (U+FF20 and its like).
    """
    folded = unicodedata.normalize("NFKC", local)
    return "".join(letter if letter.isascii() else "x" for letter in folded)


def masked(address: str) -> str:
    """The address with most of its local part hidden: enough to recognise one's own."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…{local[-1:] if len(local) > 3 else ''}@{domain}"


def add_address(
    session: Session,
    proof: Attempt,
    typed: str,
    *,
    browser: bytes,
    language: str,
    origin: Origin,
) -> str:
    """Adds a typed address by fresh proof, and asks to confirm it; gives it as it is stored.

    Raises ``EmailInvalid``, ``AddressKnown``, ``TooManyAddresses``, ``TooManyLetters``,
    ``ProofGone``, ``VaultUnavailable``.
    """
    address = parse_address(typed).address
    added = address_changes.add_address(
        session, proof, address, browser=browser, language=language, origin=origin
    )
    if not isinstance(added, UUID):
        raise _REFUSALS[added]
    return address


def request_confirmation(
    session: Session, address_id: UUID, *, browser: bytes, language: str, origin: Origin
) -> None:
    """Asks again for the letter that confirms an address; none where it is confirmed already.

    Raises ``TooManyLetters``, ``NoSuchAddress``, ``ProofGone`` (the session ended),
    ``VaultUnavailable``.
    """
    asked = address_changes.request_confirmation(
        session, address_id, browser=browser, language=language, origin=origin
    )
    if asked not in ("asked", "confirmed"):
        raise _REFUSALS[asked]


def set_primary_address(
    session: Session, proof: Attempt, address_id: UUID, *, language: str, origin: Origin
) -> None:
    """Lets letters go to a confirmed address, by fresh proof; ends every other session.

    Raises ``NoSuchAddress``, ``ProofGone``, ``VaultUnavailable``.
    """
    status = address_changes.set_primary(
        session, proof, address_id, language=language, origin=origin
    )
    if status not in ("changed", "kept"):
        raise _REFUSALS[status]


def remove_address(
    session: Session, proof: Attempt, address_id: UUID, *, language: str, origin: Origin
) -> None:
    """Takes an address away by fresh proof; where it was confirmed, every other session ends.

    Raises ``NoSuchAddress``, ``PrimaryAddress``, ``ProofGone``, ``VaultUnavailable``.
    """
    status = address_changes.remove_address(
        session, proof, address_id, language=language, origin=origin
    )
    if status != "removed":
        raise _REFUSALS[status]
