"""A wiki that signs its assertions itself (RFC 7523), well or badly."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from sso.services.client_assertions import ASSERTION_TYPE
from tests.environment import ISSUER
from tests.web.people import WikiClient

ALL = list(jws.JWSRegistry.algorithms)


class _AnyHeader(jws.JWSRegistry):
    """Signs whatever it is given."""

    def check_header(self, header: dict[str, Any]) -> None:
        """A forger checks nothing."""


def new_key(alg: str = "ES256", kid: str | None = "k1") -> Key:
    """A key pair that fits an algorithm."""
    named = {"kid": kid} if kid else None
    if alg == "ES256":
        return ECKey.generate_key("P-256", named)
    if alg in ("EdDSA", "Ed25519"):
        return OKPKey.generate_key("Ed25519", named)
    return RSAKey.generate_key(2048, named)


def public(*keys: Key) -> dict[str, Any]:
    """What a wiki publishes of its keys."""
    return {"keys": [dict(key.as_dict(private=False)) for key in keys]}


@dataclass
class Signer:
    """A wiki's own side: its key, and what it signs with it."""

    key: Key
    alg: str = "ES256"
    client_id: str = ""

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good assertion, with changes; None leaves one out."""
        now = int(time.time())
        good = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def sign(self, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """An assertion."""
        named = {"kid": self.key.kid} if self.key.kid else {}
        return jws.serialize_compact(
            {"alg": self.alg, **named, **(header or {})},
            json.dumps(self.claims(**changes)),
            self.key,
            registry=_AnyHeader(algorithms=ALL),
        )


def shown(assertion: str, **more: str) -> dict[str, str]:
    """The form fields that bring an assertion."""
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, **more}


def by_key(
    add_wiki: Callable[..., WikiClient], *, alg: str = "ES256", **metadata: Any
) -> tuple[WikiClient, Signer]:
    """A wiki that is registered with its public key, and its signer."""
    signer = Signer(new_key(alg), alg)
    wiki = add_wiki(
        "Keyed wiki",
        **{
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": public(signer.key),
            **metadata,
        },
    )
    signer.client_id = wiki.client_id
    return wiki, signer
