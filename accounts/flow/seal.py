"""The flow, sealed in a hidden field: encrypted, for this browser, for half an hour.

A JWE (RFC 7516, ``dir`` with A256GCM) with ``iss``, ``aud``, ``exp`` and ``sub``, which is a
digest of the browser's binding cookie. Tabs do not disturb each other, and none can be passed on.
"""

import hashlib
import hmac
import json
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings
from joserfc import jwe
from joserfc.errors import JoseError

from accounts.errors import FlowUnusable
from accounts.services.flow_keys import active_flow_key_id, flow_keys

_ALGORITHMS = ["dir", "A256GCM"]
_AUDIENCE = "flow"
# Whatever request fits into an address (8 kB) fits into its flow, escaped and encrypted.
MAX_CHARACTERS = 32_000


@dataclass(frozen=True)
class Flow:
    """Where a flow leads: the destination's name, and the request that it keeps for itself.

    ``page`` says which page it began with; ``reauthenticate`` that a proof is wanted although the
    person may be signed in already; ``username`` what to fill in. Between two proofs, ``attempt``
    holds what was proven so far (its secret too: the seal encrypts), and ``kept`` whether the
    session is to be kept.
    """

    destination: str
    request: dict[str, Any]
    page: str = "sign_in"
    reauthenticate: bool = False
    username: str = ""
    attempt: dict[str, Any] | None = None
    kept: bool = False

    def anew(self) -> "Flow":
        """The same flow with nothing proven."""
        return replace(self, attempt=None, kept=False)


class FlowExpired(FlowUnusable):
    """It waited too long; ``flow`` says where the person was going."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow


class FlowOfAnotherBrowser(FlowUnusable):
    """It was made for another browser, or that browser's cookie is gone."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow


def _browser_digest(browser: str) -> str:
    return hashlib.sha256(b"flow:" + browser.encode()).hexdigest()[:32]


def seal(flow: Flow, browser: str) -> str:
    """Seals a flow for the browser whose binding cookie has this value."""
    now = int(time.time())
    claims = {
        "iss": settings.ISSUER,
        "aud": _AUDIENCE,
        "iat": now,
        "exp": now + settings.FLOW_SECONDS,
        "sub": _browser_digest(browser),
        "flow": asdict(flow),
    }
    header = {"alg": "dir", "enc": "A256GCM", "kid": active_flow_key_id()}
    plain = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    return jwe.encrypt_compact(header, plain, flow_keys(), algorithms=_ALGORITHMS)


def unseal(sealed: str, browser: str | None, *, now: float | None = None) -> Flow:
    """Opens a flow that this site sealed for this browser.

    Raises ``FlowExpired`` or ``FlowOfAnotherBrowser`` (both say where it led), ``FlowUnusable``
    for everything that is not ours.
    """
    if not sealed or len(sealed) > MAX_CHARACTERS:
        raise FlowUnusable
    try:
        opened = jwe.decrypt_compact(sealed, flow_keys(), algorithms=_ALGORITHMS)
        claims = json.loads(opened.plaintext or b"")
    except (JoseError, ValueError, TypeError):  # a header may hold anything that JSON can
        raise FlowUnusable from None
    if claims["iss"] != settings.ISSUER or claims["aud"] != _AUDIENCE:
        raise FlowUnusable
    try:
        flow = Flow(**claims["flow"])
    except TypeError:  # sealed by a release that kept something else
        raise FlowUnusable from None
    if browser is None or not hmac.compare_digest(claims["sub"], _browser_digest(browser)):
        raise FlowOfAnotherBrowser(replace(flow.anew(), username=""))
    if claims["exp"] <= (time.time() if now is None else now):
        raise FlowExpired(flow.anew())
    return flow
