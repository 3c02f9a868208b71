"""Which addresses a wiki can be registered with."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from sso.errors import MetadataInvalid

_MAX_URI: Final = 2000
_MAX_URIS: Final = 20
# What a form-action of the pages' Content-Security-Policy can name (see origin_of_uri).
_NETLOC: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[1-9][0-9]{0,4})?")


def home_uri(metadata: dict[str, Any]) -> str:
    """Where people find the wiki: what it says, or the front door of its first redirect URI."""
    if "client_uri" in metadata:
        return checked("client_uri", metadata["client_uri"])
    parts = urlsplit(listed(metadata, "redirect_uris", required=True)[0])
    return f"{parts.scheme}://{parts.netloc}/"


def listed(metadata: dict[str, Any], field: str, *, required: bool = False) -> tuple[str, ...]:
    """The addresses of a list. Raises ``MetadataInvalid``."""
    values = metadata.get(field, [])
    if required and not values:
        raise MetadataInvalid(f"{field} must hold at least one address")
    if len(values) > _MAX_URIS:
        raise MetadataInvalid(f"{field} may hold {_MAX_URIS} addresses at most")
    return tuple(checked(field, value) for value in values)


def optional(metadata: dict[str, Any], field: str) -> str | None:
    """An address that may be missing. Raises ``MetadataInvalid``."""
    return checked(field, metadata[field]) if metadata.get(field) else None


def checked(field: str, value: str) -> str:
    """An absolute https address; http only to loopback, and only in the demo.

    Raises ``MetadataInvalid``.
    """
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise MetadataInvalid(f"{field}: that is not an address") from None
    host = parts.hostname or ""
    is_loopback = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    if (
        not host
        or not port_is_fine
        or len(value) > _MAX_URI
        or not re.fullmatch(r"[!-~]+", value)
        or "\\" in value
    ):
        raise MetadataInvalid(
            f"{field}: write the whole address, such as https://wiki.example.org/"
        )
    if parts.scheme != "https" and not (
        parts.scheme == "http" and is_loopback and settings.LOOPBACK_HTTP
    ):
        raise MetadataInvalid(f"{field} must be https")
    if "@" in parts.netloc or "#" in value or "*" in host:
        raise MetadataInvalid(f"{field} may have no user, no fragment and no wildcard")
    if not _NETLOC.fullmatch(parts.netloc):
        raise MetadataInvalid(f"{field}: write the host in lower case, the port in digits")
    return value
