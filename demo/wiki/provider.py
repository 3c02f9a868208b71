"""The auth site as seen from here: its discovery document and keys, cached, and Authlib's client.

A document is believed only when its `issuer` is exactly the configured one (OpenID Connect
Discovery 1.0, section 4.3).
"""

import threading
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import requests
from authlib.integrations.django_client import (
    DjangoIntegration,
    DjangoOAuth2App,
)

from . import settings

KEPT_SECONDS = 3600.0
ALIVE_SECONDS = 3.0
RECOVERY_SECONDS = 10.0
REFETCH_PAUSE_SECONDS = 5.0
_NEEDED = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
)
_OPTIONAL = (
    "userinfo_endpoint",
    "end_session_endpoint",
    "authorization_response_iss_parameter_supported",
)


class ProviderUnavailable(Exception):
    """The auth site did not answer, or not as an OpenID provider of that name must."""


@dataclass(frozen=True)
class _Known:
    metadata: dict[str, Any]
    jwks: dict[str, Any]
    metadata_at: float
    jwks_at: float


class Provider:
    """Gives Authlib clients that carry the cached metadata; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._failed_at = float("-inf")

    def client(self, *, max_age: float = KEPT_SECONDS, timeout: float = 5.0) -> DjangoOAuth2App:
        """An Authlib client whose metadata was confirmed within `max_age` seconds.

        Raises ProviderUnavailable.
        """
        known = self._known
        now = time.monotonic()
        if known is None or now - known.metadata_at > max_age or now - known.jwks_at > KEPT_SECONDS:
            known = self._discover(known, timeout=timeout)
        return _app(timeout=timeout, **known.metadata, jwks=known.jwks)

    def client_if_alive(self) -> DjangoOAuth2App:
        """For what nobody is waiting for: asks shortly, and not again for a while after a failure.

        Raises ProviderUnavailable.
        """
        if time.monotonic() - self._failed_at < RECOVERY_SECONDS:
            raise ProviderUnavailable("the auth site did not answer a moment ago")
        return self.client(max_age=ALIVE_SECONDS, timeout=2.0)

    def remember_keys(self, app: DjangoOAuth2App) -> None:
        """Keeps the keys that Authlib fetched anew when it met an unknown `kid`."""
        with self._lock:
            if self._known is not None and app.server_metadata["jwks"] != self._known.jwks:
                self._known = replace(
                    self._known, jwks=app.server_metadata["jwks"], jwks_at=time.monotonic()
                )

    def refetch_keys(self, app: DjangoOAuth2App) -> bool:
        """Fetches the keys anew, for an unknown `kid`; False right after another fetch.

        The pause keeps whoever invents `kid`s from making this wiki flood the auth site.
        Raises ProviderUnavailable.
        """
        known = self._known
        if known is None or time.monotonic() - known.jwks_at < REFETCH_PAUSE_SECONDS:
            return False
        try:
            app.fetch_jwk_set(force=True)
        except (requests.RequestException, ValueError) as error:
            raise ProviderUnavailable(str(error)) from error
        self.remember_keys(app)
        with self._lock:
            if self._known is not None:
                self._known = replace(self._known, jwks_at=time.monotonic())
        return True

    def _discover(self, known: _Known | None, *, timeout: float) -> _Known:
        try:
            app = _app(
                timeout=timeout,
                server_metadata_url=f"{settings.OIDC_ISSUER}/.well-known/openid-configuration",
            )
            metadata = _checked(app.load_server_metadata())
            now = time.monotonic()
            if known is None or now - known.jwks_at > KEPT_SECONDS:
                fresh = _Known(metadata, app.fetch_jwk_set(), now, now)
            else:
                fresh = replace(known, metadata=metadata, metadata_at=now)
        except (requests.RequestException, ValueError) as error:
            self._failed_at = time.monotonic()
            raise ProviderUnavailable(str(error)) from error
        with self._lock:
            self._known = fresh
        return fresh


@cache
def provider() -> Provider:
    """The one provider of this process."""
    return Provider()


def _app(*, timeout: float, **metadata: Any) -> DjangoOAuth2App:
    return DjangoOAuth2App(
        DjangoIntegration("authsite"),
        name="authsite",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic",
            "default_timeout": timeout,
            "verify": settings.OIDC_CA_FILE or True,
            # A proxy from the environment must not see the client's secret.
            "trust_env": False,
        },
        **metadata,
    )


def _checked(document: object) -> dict[str, Any]:
    """Only what is needed goes on: Authlib hands every metadata value to its HTTP session."""
    if not isinstance(document, dict):
        raise ValueError("the discovery document is not an object")
    if document.get("issuer") != settings.OIDC_ISSUER:
        raise ValueError("the discovery document names another issuer")
    missing = [name for name in _NEEDED if not isinstance(document.get(name), str)]
    if missing:
        raise ValueError(f"the discovery document lacks {', '.join(missing)}")
    metadata = {name: document[name] for name in (*_NEEDED, *_OPTIONAL) if name in document}
    metadata["id_token_signing_alg_values_supported"] = list(settings.OIDC_ALGORITHMS)
    return metadata
