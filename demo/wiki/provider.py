"""The auth site as seen from here: the library's view of it, and Authlib's client for going there.

Discovery, keys and refreshing are the library's; Authlib makes the authorization request and swaps
the code.
"""

import time
from functools import cache
from typing import Any

from authlib.integrations.django_client import (
    DjangoIntegration,
    DjangoOAuth2App,
)

from authsite_client import Provider, ProviderUnavailable, StandardTransport

from . import settings

KEPT_SECONDS = 3600.0
ALIVE_SECONDS = 3.0
RECOVERY_SECONDS = 10.0
TIMEOUT_SECONDS = 5.0
# Only what is needed goes on: Authlib hands every metadata value to its HTTP session.
_HANDED_ON = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "end_session_endpoint",
    "authorization_response_iss_parameter_supported",
)


@cache
def provider() -> Provider:
    """The one provider of this process."""
    return Provider(
        issuer=settings.OIDC_ISSUER,
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        transport=StandardTransport(timeout=TIMEOUT_SECONDS, ca_file=settings.OIDC_CA_FILE),
        keys_pause_seconds=5.0,
    )


def app(*, max_age: float = KEPT_SECONDS) -> DjangoOAuth2App:
    """Authlib's client, with metadata that was confirmed within `max_age` seconds.

    Raises ProviderUnavailable.
    """
    document = provider().metadata(max_age=max_age)
    metadata = {name: document[name] for name in _HANDED_ON if name in document}
    return _app(**metadata)


class Patience:
    """Remembers that the auth site did not answer, so that not every reader waits for it."""

    def __init__(self) -> None:
        self._failed_at = float("-inf")

    def app_if_alive(self) -> DjangoOAuth2App:
        """For what nobody is waiting for: not asked again for a while after a failure.

        Raises ProviderUnavailable.
        """
        if time.monotonic() - self._failed_at < RECOVERY_SECONDS:
            raise ProviderUnavailable("the auth site did not answer a moment ago")
        try:
            return app(max_age=ALIVE_SECONDS)
        except ProviderUnavailable:
            self._failed_at = time.monotonic()
            raise


@cache
def patience() -> Patience:
    """That of this process."""
    return Patience()


def _app(**metadata: Any) -> DjangoOAuth2App:
    return DjangoOAuth2App(
        DjangoIntegration("authsite"),
        name="authsite",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        client_kwargs={
            # Offline access: to ask, without the browser, whether a session goes on.
            "scope": "openid profile offline_access",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic",
            "default_timeout": TIMEOUT_SECONDS,
            "verify": settings.OIDC_CA_FILE or True,
            # A proxy from the environment must not see the client's secret.
            "trust_env": False,
        },
        **metadata,
    )


__all__ = ["ALIVE_SECONDS", "ProviderUnavailable", "app", "patience", "provider"]
