"""Writes and sends the letters to people that the vault put into the outbox."""

import re
from typing import Final

from django.core.mail import EmailMessage

from outbox.errors import DeliveryFailed, NotOurs, Undeliverable
from outbox.messages import send, write
from outbox.payloads import read_letter
from outbox.token_letters import TokenIsDead, token_link
from vault.errors import KeyUnknown, SealBroken
from vault.events import report_row
from vault.outbox import Job
from vault.seals import open_address

KIND: Final = "letter"
# Stricter than RFC 5321: no quoting, no comment, one recipient, nothing that could end a header.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s@<>(),:;\"\[\]\\\x00-\x20\x7f]{1,255}"
)


def send_letter(job: Job) -> None:
    """The handler of letters: open the address, write the letter, hand it to the mail server.

    Raises Undeliverable for what no resending would cure, DeliveryFailed for the rest. A job that
    is not ours is reported.
    """
    try:
        message = write_letter(job, _address(job))
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
    values = {
        "username": letter.username,
        "reference": letter.reference,
        "token_link": token_link(job, letter, address),
    }
    return write(job, letter.template, values, to=[address], at=letter.at, language=letter.language)


def _address(job: Job) -> str:
    if job.sealed_address is None or job.account_id is None:
        raise NotOurs("address_missing")
    try:
        address = open_address(job.sealed_address, job.account_id)
    except SealBroken:
        raise NotOurs("address_seal") from None
    except KeyUnknown:
        # The ring may be put right: wait for it.
        raise DeliveryFailed("address_key_unknown") from None
    if not _ADDRESS.fullmatch(address):
        raise Undeliverable("address_malformed")
    return address
