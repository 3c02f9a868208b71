"""What a browser carries for this site: encrypted, for one use, for that browser, for a while.

A JWE (RFC 7516, ``dir`` with A256GCM) with ``iss``, ``aud`` (the use), ``exp`` and ``sub``, which
is a digest of the browser's binding cookie; without ``sub``, where any browser may bring it.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from joserfc import jwe
from joserfc.errors import JoseError

from accounts.errors import FlowUnusable
from accounts.services.flow_keys import active_flow_key_id, flow_keys

_ALGORITHMS = ["dir", "A256GCM"]
# Whatever request fits into an address (8 kB) fits into its flow, escaped and encrypted.
MAX_CHARACTERS = 32_000


def _browser_digest(browser: str) -> str:
    return hashlib.sha256(b"flow:" + browser.encode()).hexdigest()[:32]


def encrypt(use: str, browser: str, seconds: int, claims: Mapping[str, Any]) -> str:
    """Seals claims for one use by the browser whose binding cookie has this value."""
    return encrypt_for_any(use, seconds, {**claims, "sub": _browser_digest(browser)})


def encrypt_for_any(use: str, seconds: int, claims: Mapping[str, Any]) -> str:
    """Seals claims for one use by any browser."""
    now = int(time.time())
    sealed = {
        **claims,
        "iss": settings.ISSUER,
        "aud": use,
        "iat": now,
        "exp": now + seconds,
    }
    header = {"alg": "dir", "enc": "A256GCM", "kid": active_flow_key_id()}
    plain = json.dumps(sealed, separators=(",", ":"), ensure_ascii=False).encode()
    return jwe.encrypt_compact(header, plain, flow_keys(), algorithms=_ALGORITHMS)


def decrypt(use: str, sealed: str) -> dict[str, Any]:
    """The claims that this site sealed for this use; whose and how old is for the caller to ask.

    Raises ``FlowUnusable`` for everything that is not ours, or for another use.
    """
    if not sealed or len(sealed) > MAX_CHARACTERS:
        raise FlowUnusable
    try:
        opened = jwe.decrypt_compact(sealed, flow_keys(), algorithms=_ALGORITHMS)
        claims: dict[str, Any] = json.loads(opened.plaintext or b"")
    except (JoseError, ValueError, TypeError):  # a header may hold anything that JSON can
        raise FlowUnusable from None
    if claims["iss"] != settings.ISSUER or claims["aud"] != use:
        raise FlowUnusable
    return claims


def is_of_browser(claims: Mapping[str, Any], browser: str | None) -> bool:
    """Whether the claims were sealed for the browser with this binding cookie."""
    return browser is not None and hmac.compare_digest(claims["sub"], _browser_digest(browser))


def is_over(claims: Mapping[str, Any], now: float | None = None) -> bool:
    """Whether their time is up."""
    return bool(claims["exp"] <= (time.time() if now is None else now))
