"""A mail backend that speaks SMTP, also to people whose address has letters beyond ASCII.

Django's own backend writes what stands before the @ as an encoded word then (RFC 2047), which is
nobody's address. Here it travels as it is (RFC 6531), where the mail server offers that.
"""

import smtplib

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from django.core.mail.message import sanitize_address


class Utf8NotOffered(smtplib.SMTPException):
    """The mail server takes ASCII addresses alone: it does not announce SMTPUTF8."""


class EmailBackend(smtp.EmailBackend):
    """Hands letters to a mail server."""

    def _send(self, email_message: EmailMessage) -> bool:
        recipients = email_message.recipients()
        if all(recipient.isascii() for recipient in recipients):
            return bool(super()._send(email_message))  # type: ignore[misc]  # the stubs lack it
        server = self.connection
        if server is None:
            raise TypeError("There is no connection.")
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("smtputf8"):
            raise Utf8NotOffered
        server.sendmail(
            sanitize_address(email_message.from_email, "utf-8"),
            recipients,
            email_message.message().as_bytes(linesep="\r\n"),  # type: ignore[call-arg]  # Django's
            mail_options=["SMTPUTF8", "BODY=8BITMIME"],
        )
        return True
