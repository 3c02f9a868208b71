"""Writes and sends the letters that the vault put into the outbox.

A letter's bytes depend on its job alone, so that sending it twice sends the same letter twice and
a mail server or reader can tell. Every link in it starts from the configured issuer.
"""

import hashlib
import re
import smtplib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMessage
from django.template import Context, TemplateDoesNotExist, engines
from django.template.backends.django import DjangoTemplates
from django.utils import timezone, translation
from django.utils.translation import get_supported_language_variant

from outbox.errors import DeliveryFailed, Undeliverable
from outbox.mail import connection_to
from vault.errors import KeyUnknown, SealBroken
from vault.outbox import Job
from vault.seals import open_address

KIND: Final = "letter"
# A refusal for good (5xx) is tried a few times all the same: many are about reputation or quota.
TRIES_WHEN_REFUSED: Final = 4
_TEMPLATE_NAME = re.compile(r"[a-z]+(_[a-z]+)*", re.ASCII)
# Stricter than RFC 5321: no quoting, no comment, one recipient, nothing that could end a header.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s@<>(),:;\"\[\]\\\x00-\x20\x7f]{1,255}"
)


def send_letter(job: Job) -> None:
    """The handler of letters: open the address, write the letter, hand it to the mail server.

    Raises Undeliverable for what no resending would cure, DeliveryFailed for the rest.
    """
    message = write_letter(job, _address(job))
    message.connection = connection_to(settings.MAIL_URL)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(code >= 500 for code in codes):
            raise DeliveryFailed("recipient_refused", max_tries=TRIES_WHEN_REFUSED) from None
        raise DeliveryFailed("recipient_deferred") from None
    except smtplib.SMTPAuthenticationError:
        raise DeliveryFailed("mail_login_refused") from None
    except smtplib.SMTPResponseException as error:
        limit = TRIES_WHEN_REFUSED if error.smtp_code >= 500 else None
        raise DeliveryFailed(f"mail_refused_{error.smtp_code}", max_tries=limit) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryFailed("mail_server_without_tls") from None
    except (smtplib.SMTPException, OSError):
        raise DeliveryFailed("mail_server_unreachable") from None


def _address(job: Job) -> str:
    if job.sealed_address is None or job.account_id is None:
        raise Undeliverable("address_missing")
    try:
        address = open_address(job.sealed_address, job.account_id)
    except SealBroken:
        raise Undeliverable("address_seal_broken") from None
    except KeyUnknown:
        # The ring may be put right: wait for it.
        raise DeliveryFailed("address_key_unknown") from None
    if not _ADDRESS.fullmatch(address):
        raise Undeliverable("address_malformed")
    return address


def write_letter(job: Job, address: str) -> EmailMessage:
    """Give the letter of a job to an address, the same bytes each time.

    Raises Undeliverable if its template is missing or its payload is not a letter's.
    """
    payload = job.payload
    name = payload.get("template")
    written_at = payload.get("at")
    if not isinstance(name, str) or not _TEMPLATE_NAME.fullmatch(name):
        raise Undeliverable("template_unknown")
    if not isinstance(written_at, int):
        raise Undeliverable("payload_malformed")
    at = datetime.fromtimestamp(written_at, UTC)
    language = _language(payload.get("language"))
    values = {
        **{key: value for key, value in payload.items() if isinstance(value, str | int)},
        "at": at,
        "site_name": settings.SITE_NAME,
        "issuer": settings.ISSUER,
        "support": settings.SUPPORT,
    }
    with translation.override(language), timezone.override(UTC):
        subject = " ".join(_render(f"emails/{name}.subject.txt", values).split())
        body = _render(f"emails/{name}.txt", values).strip() + "\n"
    try:
        letter = EmailMessage(
            subject=subject,
            body=body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[address],
            headers={
                "Date": format_datetime(at),
                "Message-ID": _message_id(job),
                "Content-Language": language,
                "Auto-Submitted": "auto-generated",  # RFC 3834: no robot answers this
            },
        )
        letter.message()  # refuses line breaks in headers now rather than at the server
    except BadHeaderError:
        raise Undeliverable("header_malformed") from None
    return letter


def _language(wanted: object) -> str:
    try:
        return get_supported_language_variant(str(wanted))
    except LookupError:
        return settings.LANGUAGE_CODE


def _render(template_name: str, values: Mapping[str, object]) -> str:
    """Render plain text: nothing is escaped, whatever the template says or forgets to say."""
    backend = engines["django"]
    if not isinstance(backend, DjangoTemplates):
        raise TypeError("The engine named django is not Django's.")
    try:
        template = backend.engine.get_template(template_name)
    except TemplateDoesNotExist:
        raise Undeliverable("template_unknown") from None
    return str(template.render(Context(dict(values), autoescape=False)))


def _message_id(job: Job) -> str:
    """A Message-ID (RFC 5322 section 3.6.4) that resends keep, and that counts no letters aloud."""
    host = urlsplit(settings.ISSUER).hostname
    about = f"{settings.ISSUER}\n{job.id}\n{job.payload['at']}\n{job.payload.get('reference', '')}"
    return f"<{hashlib.sha256(about.encode()).hexdigest()[:32]}@{host}>"
