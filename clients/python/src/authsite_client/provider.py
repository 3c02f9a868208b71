"""The provider as a wiki's server speaks to it: discovery document, keys, token endpoint.

Whatever is not an answer that this provider gives (a proxy's page, a redirect, a server's error)
counts as no answer: only the provider itself can say no.
"""

import base64
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from .errors import GrantRefused, Malformed, ProviderUnavailable
from .jwk import read_keys
from .jws import VerificationKey, strict_object
from .keys import Keys
from .transport import StandardTransport, Transport

METADATA_SECONDS: Final = 3600.0
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_REFUSALS: Final = (400, 401)
# Said by servers that are not well, whatever the status (RFC 6749 section 4.1.2.1).
_NO_REFUSALS: Final = ("server_error", "temporarily_unavailable")


class Provider:
    """One issuer and this wiki's credentials there; safe to share between threads.

    Takes the issuer as it is spelt in its tokens; ``client_secret`` None for a public client;
    ``transport``, how requests are sent; and a ``clock`` that nobody sets, for ages.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str | None,
        transport: Transport | None = None,
        keys_pause_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._client_secret = client_secret
        self._transport = transport if transport is not None else StandardTransport()
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: Mapping[str, Any] | None = None
        self._metadata_at = float("-inf")
        self.keys = Keys(self._fetch_keys, pause_seconds=keys_pause_seconds, clock=clock)

    def metadata(self, *, max_age: float = METADATA_SECONDS) -> Mapping[str, Any]:
        """The discovery document (OpenID Connect Discovery 1.0 section 4), at most this old.

        Believed only when its ``issuer`` is ours (section 4.3). Raises ``ProviderUnavailable``.
        """
        with self._lock:
            known, age = self._metadata, self._clock() - self._metadata_at
        if known is not None and age <= max_age:
            return known
        document = self._get_object(f"{self.issuer}/.well-known/openid-configuration")
        if document.get("issuer") != self.issuer:
            raise ProviderUnavailable("the discovery document names another issuer")
        if not all(isinstance(document.get(name), str) for name in _NEEDED):
            raise ProviderUnavailable("the discovery document lacks an address")
        with self._lock:
            self._metadata, self._metadata_at = document, self._clock()
        return document

    def refresh(self, refresh_token: str) -> Mapping[str, Any]:
        """Swaps a refresh token for its successor and new tokens (RFC 6749 section 6).

        Nothing of the answer is verified here. Raises ``GrantRefused`` when the provider says no
        (400 or 401 with an ``error``), ``ProviderUnavailable`` for everything else.
        """
        status, told = self._post(
            "token_endpoint", {"grant_type": "refresh_token", "refresh_token": refresh_token}
        )
        error = told.get("error")
        if status in _REFUSALS and isinstance(error, str) and error not in _NO_REFUSALS:
            raise GrantRefused(error)
        if status != 200:
            raise ProviderUnavailable(f"the token endpoint answered {status}")
        return told

    def revoke(self, token: str) -> None:
        """Gives a token back, and with it all that came from its sign-in (RFC 7009 section 2.1).

        Raises ``ProviderUnavailable``.
        """
        status, _told = self._post("revocation_endpoint", {"token": token}, empty=True)
        if status != 200:
            raise ProviderUnavailable(f"the revocation endpoint answered {status}")

    def _fetch_keys(self) -> Mapping[str, VerificationKey]:
        document = self._get_object(str(self._last_known_metadata()["jwks_uri"]))
        try:
            return read_keys(document)
        except Malformed as error:
            raise ProviderUnavailable(str(error)) from error

    def _last_known_metadata(self) -> Mapping[str, Any]:
        """Addresses hardly ever change: old ones do while the provider cannot be asked."""
        try:
            return self.metadata()
        except ProviderUnavailable:
            if self._metadata is None:
                raise
            return self._metadata

    def _get_object(self, url: str) -> dict[str, Any]:
        answer = self._transport("GET", url, headers={"Accept": "application/json"})
        if answer.status != 200:
            raise ProviderUnavailable(f"the provider answered {answer.status}")
        return _object(answer.body)

    def _post(
        self, endpoint: str, form: dict[str, str], *, empty: bool = False
    ) -> tuple[int, Mapping[str, Any]]:
        """Posts a form with this wiki's credentials (RFC 6749 section 2.3.1)."""
        url = self._last_known_metadata().get(endpoint)
        if not isinstance(url, str):
            raise ProviderUnavailable(f"there is no {endpoint}")
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if self._client_secret is None:
            form = {**form, "client_id": self.client_id}
        else:
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self._client_secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = self._transport("POST", url, headers=headers, body=urlencode(form).encode())
        if empty or (answer.status != 200 and answer.status not in _REFUSALS):
            return answer.status, {}
        return answer.status, _object(answer.body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        return strict_object(body)
    except Malformed as error:
        raise ProviderUnavailable("the provider's answer is no JSON object") from error
