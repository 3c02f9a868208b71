"""One e-mail: written in the same bytes each time, and handed to the mail server.

What stands in it is for `outbox.letters` and `outbox.alerts`, its two bodies for `outbox.bodies`;
its bytes depend on the job alone, so that sending it twice sends the same letter twice and a mail
server or reader can tell.
"""

import hashlib
import smtplib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMessage, EmailMultiAlternatives
from django.template import Context, Engine, TemplateDoesNotExist, engines
from django.template.backends.django import DjangoTemplates
from django.utils import timezone, translation

from outbox import bodies
from outbox.errors import DeliveryFailed, Undeliverable
from outbox.mail import connection_to
from outbox.mail_smtp import Utf8NotOffered
from vault.outbox import Job

# A refusal for good (5xx) is tried a few times all the same: many are about reputation or quota.
TRIES_WHEN_REFUSED: Final = 4


def write(
    job: Job,
    template: str,
    values: Mapping[str, object],
    *,
    to: Sequence[str],
    at: int,
    language: str,
) -> EmailMessage:
    """Give the e-mail that `template` makes of `values`; the site's own words are added here.

    Plain text first, then the same words as HTML. Every link starts from a configured origin.
    Raises Undeliverable.
    """
    written = datetime.fromtimestamp(at, UTC)
    known = {
        **values,
        "at": written,
        "site_name": settings.SITE_NAME,
        "issuer": settings.ISSUER,
        "support": settings.SUPPORT,
    }
    with translation.override(language), timezone.override(UTC):
        subject = " ".join(_render(f"emails/{template}.subject.txt", known).split())
        content = bodies.paragraphs(_render(f"emails/{template}.txt", known))
        html = bodies.html(content, subject=subject, engine=_engine())
    try:
        message = _Letter(
            subject=subject,
            body=bodies.plain_text(content),
            alternatives=[(html, "text/html")],
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=list(to),
            headers={
                "Date": format_datetime(written),
                "Message-ID": _message_id(job, at),
                "Content-Language": language,
                "Auto-Submitted": "auto-generated",  # RFC 3834: no robot answers this
            },
        )
        message.message()  # refuses line breaks in headers now rather than at the server
    except BadHeaderError:
        raise Undeliverable("header_malformed") from None
    return message


def send(message: EmailMessage) -> None:
    """Hand an e-mail to the mail server. Raises DeliveryFailed, with what may be stored of why."""
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
    except Utf8NotOffered:
        # Only another mail server, or another setting of it, cures that.
        raise DeliveryFailed("mail_server_without_smtputf8", max_tries=TRIES_WHEN_REFUSED) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryFailed("mail_server_without_tls") from None
    except (smtplib.SMTPException, OSError):
        raise DeliveryFailed("mail_server_unreachable") from None


class _Letter(EmailMultiAlternatives):
    """An e-mail in two forms, between which no boundary is drawn by lot; to an address as it is."""

    def message(self, **options: Any) -> Any:
        to = ", ".join(self.to)
        # Django makes an encoded word of a name beyond ASCII. It is given one that it takes, and
        # refuses line breaks in, and the address follows: in UTF-8 (RFC 6532), written as bytes.
        self.extra_headers["To"] = to.encode("ascii", "replace").decode()
        made = super().message(**options)
        made.replace_header("To", to.encode().decode("ascii", "surrogateescape"))
        digest = hashlib.sha256(str(made["Message-ID"]).encode()).hexdigest()
        # No line of a part can be it: "=_" never stands in quoted-printable, "_" in no user name.
        made.set_boundary(f"=_{digest[:32]}")
        return made


def _engine() -> Engine:
    backend = engines["django"]
    if not isinstance(backend, DjangoTemplates):
        raise TypeError("The engine named django is not Django's.")
    return backend.engine


def _render(template_name: str, values: Mapping[str, object]) -> str:
    """Render plain text: nothing is escaped, whatever the template says or forgets to say."""
    try:
        template = _engine().get_template(template_name)
    except TemplateDoesNotExist:
        raise Undeliverable("template_missing") from None
    return str(template.render(Context(dict(values), autoescape=False)))


def _message_id(job: Job, at: int) -> str:
    """A Message-ID (RFC 5322 section 3.6.4) that resends keep, and that counts no letters aloud."""
    host = urlsplit(settings.ISSUER).hostname
    about = f"{settings.ISSUER}\n{job.id}\n{at}\n{job.payload.get('reference', '')}"
    return f"<{hashlib.sha256(about.encode()).hexdigest()[:32]}@{host}>"
