"""Through which of Django's mail backends letters leave, as AUTHSITE_MAIL_URL says."""

from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

TIMEOUT_SECONDS: Final = 10
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def connection_to(mail_url: str) -> BaseEmailBackend:
    """Give the mail backend of a URL.

    `smtp://user:password@host:587` (STARTTLS, unless the host is this machine), `smtps://` (TLS
    from the start) or `file:///folder` (one .eml file a letter). Raises ImproperlyConfigured,
    which names the setting and never the password.
    """
    try:
        parts = urlsplit(mail_url)
        port = parts.port
    except ValueError:
        raise _refused() from None
    if parts.query or parts.fragment:
        raise _refused()
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        folder = Path(unquote(parts.path))
        return get_connection("outbox.mail_files.EmailBackend", folder=folder)
    if parts.scheme in ("smtp", "smtps") and parts.hostname and parts.path in ("", "/"):
        return _smtp(parts, parts.hostname, port)
    raise _refused()


def _smtp(parts: SplitResult, host: str, port: int | None) -> BaseEmailBackend:
    is_tls = parts.scheme == "smtps"
    return get_connection(
        "outbox.mail_smtp.EmailBackend",
        host=host,
        port=port or (465 if is_tls else 587),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_ssl=is_tls,
        # Without STARTTLS the server is refused: a letter isn't sent in the clear.
        use_tls=not is_tls and host not in _LOOPBACK,
        timeout=TIMEOUT_SECONDS,
    )


def _refused() -> ImproperlyConfigured:
    return ImproperlyConfigured(
        "AUTHSITE_MAIL_URL must look like smtp://user:password@host:587, smtps://host or "
        "file:///folder"
    )
