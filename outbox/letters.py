"""Writes and sends the letters to people that the vault put into the outbox."""

import re
from typing import Final

from django.core.mail import EmailMessage

from outbox.errors import DeliveryFailed, NotOurs, Undeliverable
from outbox.messages import send, write
from outbox.payloads import read_letter
from outbox.token_letters import TokenIsDead, token_words
from vault.errors import KeyUnknown, SealBroken
from vault.events import report_row
from vault.outbox import Job
from vault.seals import open_address

KIND: Final = "letter"
# Stricter than RFC 5321 and 6531: no quoting, no comment, one recipient, nothing that could end a
# header. The domain is in its ASCII form.
_ADDRESS = re.compile(
    r"(?P<local>[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)@[A-Za-z0-9.-]{1,253}"
)
_MOST_OCTETS: Final = 64


def send_letter(job: Job) -> None:
    """The handler of letters: open the address, write the letter, hand it to the mail server.

    Raises Undeliverable for what no resending would cure, DeliveryFailed for the rest. A job that
    is not ours is reported.
    """
    try:
        message = write_letter(job, address_of(job))
    except TokenIsDead:
        return  # it was redeemed or replaced meanwhile: its letter would only puzzle people
    except NotOurs:
        report_row("letter", job.id)
        raise
    send(message)


def write_letter(job: Job, address: str) -> EmailMessage:
    """Give the letter of a job to an address, the same bytes each time.

    Raises NotOurs for a payload that the vault does not write, TokenIsDead, Undeliverable.
    """
    letter = read_letter(job)
    tokens = token_words(job, letter, address)
    names = [token.username for token in tokens] or [letter.username]
    values = {
        # A letter about several accounts calls nobody by name.
        "username": names[0] if len(names) == 1 else "",
        "reference": letter.reference,
        "tokens": tokens,
        "sign_in": letter.sign_in,
    }
    return write(job, letter.template, values, to=[address], at=letter.at, language=letter.language)


def address_of(job: Job) -> str:
    """The address that is sealed in a job. Raises NotOurs, Undeliverable, DeliveryFailed."""
    if job.sealed_address is None or job.account_id is None:
        raise NotOurs("address_missing")
    try:
        address = open_address(job.sealed_address, job.account_id)
    except SealBroken:
        raise NotOurs("address_seal") from None
    except KeyUnknown:
        # The ring may be put right: wait for it.
        raise DeliveryFailed("address_key_unknown") from None
    if not _is_one(address):
        raise Undeliverable("address_malformed")
    return address


def _is_one(address: str) -> bool:
    read = _ADDRESS.fullmatch(address)
    is_short = read is not None and len(read["local"].encode()) <= _MOST_OCTETS
    return is_short and address.isprintable()
