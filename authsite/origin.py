"""Where this process is reached, in parts: what a request's host and port are held against.

Absolute addresses are built from OWN_ORIGIN and ISSUER in the settings, so no header of a request
can change a byte of them.
"""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings


class Origin(NamedTuple):
    """Scheme, host name (lower case), port and spelling of a site."""

    scheme: str
    host: str
    port: int
    netloc: str  # as it is configured, which is how everybody is told

    @property
    def is_secure(self) -> bool:
        """Tell whether the site is https."""
        return self.scheme == "https"


def own_site() -> Origin:
    """Give the origin of the site that this process serves."""
    return _parts(settings.OWN_ORIGIN)


@lru_cache(maxsize=8)
def _parts(origin: str) -> Origin:
    parts = urlsplit(origin)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Origin(parts.scheme, (parts.hostname or "").lower(), port, parts.netloc)
