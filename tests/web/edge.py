"""How tests of the edge ask: as a browser that is at the right address, unless said otherwise."""

from typing import Any

from django.conf import settings
from django.test import Client

from authsite.origin import own_site


def browser(**headers: str) -> Client:
    """Give a client that names our host, and reports errors as a browser would see them."""
    netloc = settings.OWN_ORIGIN.partition("://")[2]
    return Client(raise_request_exception=False, headers={"host": netloc, **headers})


def get(path: str, *, client: Client | None = None, **extra: Any) -> Any:
    """Ask for a path over our own scheme."""
    return (client or browser()).get(path, secure=own_site().is_secure, **extra)


def post(path: str, body: bytes | str = b"", *, client: Client | None = None, **extra: Any) -> Any:
    """Send a form as it stands in `body`."""
    extra.setdefault("content_type", "application/x-www-form-urlencoded")
    return (client or browser()).post(path, body, secure=own_site().is_secure, **extra)
