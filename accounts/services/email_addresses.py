"""E-mail addresses: what counts as one, and the normal form by which one is looked up."""

import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from accounts.errors import EmailInvalid
from vault.accounts import EmailAddress
from vault.email_addresses import OwnAddress, normal_form, own_addresses

__all__ = ["EmailAddress", "OwnAddress", "masked", "own_addresses", "parse_address"]

_MAX_CHARACTERS = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
_validate = EmailValidator()


def parse_address(typed: str) -> EmailAddress:
    """Reads an address: NFC, the domain lower-cased and in IDNA form. Raises ``EmailInvalid``.

    The normal form has the local part case-folded; the address itself keeps it as typed.
    """
    address = unicodedata.normalize("NFC", typed.strip())
    local, at, domain = address.rpartition("@")
    if not at or not local or len(address) > _MAX_CHARACTERS or not address.isprintable():
        raise EmailInvalid
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii").lower()
        # Django checks the shape of the ASCII form; letters of the local part are anybody's.
        ascii_local = "".join(c if c.isascii() else "x" for c in local)
        _validate(f"{ascii_local}@{domain}")
    except (idna.IDNAError, ValidationError, UnicodeError):
        raise EmailInvalid from None
    return EmailAddress(f"{local}@{domain}", normal_form(f"{local}@{domain}"))


def masked(address: str) -> str:
    """The address with most of its local part hidden: enough to recognise one's own."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…{local[-1:] if len(local) > 3 else ''}@{domain}"
