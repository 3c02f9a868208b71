"""A provider in memory, for the tests of a wiki: real keys, real signatures, lies on order.

``Provider(..., transport=fake)`` speaks to it without a network. It rotates refresh tokens like the
real one, and its clock is set by hand. Not for anything but tests.
"""

import json
import secrets
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from .errors import ProviderUnavailable
from .jws import Algorithm, encode_base64url
from .tokens import LOGOUT_EVENT
from .transport import HttpAnswer

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class FakeProvider:
    """One issuer with one wiki; a ``Transport``.

    Set ``now`` for its clock; ``is_away`` and nothing answers; ``refusal`` is said at the token
    endpoint (status, error); ``epoch`` is that of new tokens; ``requests`` lists what was asked.
    """

    def __init__(self, *, now: int, issuer: str = "https://auth.example.org") -> None:
        self.issuer = issuer
        self.client_id = "english-wiki"
        self.client_secret = "secret of/english"  # noqa: S105
        self.now = now
        self.is_away = False
        self.refusal: tuple[int, str] | None = None
        self.epoch = [1, 1]
        self.requests: list[str] = []
        # Making RSA keys takes a moment: the first ones are those of every fake of this process.
        self.keys = _first_keys()
        self._lock = threading.Lock()
        self._alive: dict[str, tuple[str, str]] = {}

    def rotate_keys(self) -> None:
        """New keys sign from now on; the old ones are no longer published."""
        self.keys = _new_keys()

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpAnswer:
        """Answers like the real one. Raises ``ProviderUnavailable`` while it is away."""
        path = urlsplit(url).path
        with self._lock:
            self.requests.append(f"{method} {path}")
        if self.is_away:
            raise ProviderUnavailable("away, as ordered")
        if path == "/oauth/token":
            return self._token(dict(parse_qsl((body or b"").decode())), headers)
        if path == "/oauth/revoke":
            with self._lock:
                self._alive.pop(dict(parse_qsl((body or b"").decode()))["token"], None)
            return HttpAnswer(200, b"")
        documents = {
            "/.well-known/openid-configuration": self.metadata(),
            "/.well-known/jwks.json": self.key_set(),
        }
        return _json(200, documents[path])

    def calls(self, path: str) -> int:
        """How often this path was asked for."""
        return sum(request.endswith(path) for request in self.requests)

    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/oauth/authorize",
            "token_endpoint": f"{self.issuer}/oauth/token",
            "revocation_endpoint": f"{self.issuer}/oauth/revoke",
            "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
        }

    def key_set(self) -> dict[str, Any]:
        """The public halves (RFC 7517)."""
        return {"keys": [public_jwk(kid, key) for kid, key in self.keys.items()]}

    def sign_in(self, *, sub: str = "sub-1", sid: str = "sid-1", nonce: str) -> dict[str, Any]:
        """What the token endpoint would give for a code."""
        return self._answer(sub, sid, nonce)

    def access_token(self, **changes: Any) -> str:
        """An access token; a claim given as None is left out."""
        said = {
            **self._standing([self.issuer, self.client_id], 600),
            "sub": "sub-1",
            "client_id": self.client_id,
            "sid": "sid-1",
            "jti": "grant-1",
            "acr": "aal1",
            "auth_time": self.now,
            "scope": "openid profile offline_access",
            "epoch": list(self.epoch),
        }
        return self.sign("ES256", "at+jwt", said | changes)

    def id_token(self, *, alg: Algorithm = "RS256", **changes: Any) -> str:
        """An ID token; a claim given as None is left out."""
        said = {
            **self._standing(self.client_id, 600),
            "sub": "sub-1",
            "sid": "sid-1",
            "acr": "aal1",
            "amr": ["pwd"],
            "auth_time": self.now,
            "preferred_username": "Ada",
        }
        return self.sign(alg, "JWT", said | changes)

    def logout_token(self, *, alg: Algorithm = "RS256", **changes: Any) -> str:
        """A logout token; a claim given as None is left out."""
        said = {
            **self._standing(self.client_id, 120),
            "jti": secrets.token_hex(8),
            "events": {LOGOUT_EVENT: {}},
            "sub": "sub-1",
            "sid": "sid-1",
        }
        return self.sign(alg, "logout+jwt", said | changes)

    def sign(
        self,
        alg: Algorithm,
        typ: str,
        claims: Mapping[str, Any],
        /,
        *,
        key: PrivateKey | None = None,
        **header: Any,
    ) -> str:
        """Signs anything, with the key of the algorithm or another; None leaves a member out."""
        wanted = ec.EllipticCurvePrivateKey if alg == "ES256" else rsa.RSAPrivateKey
        kid, ours = next((kid, one) for kid, one in self.keys.items() if isinstance(one, wanted))
        full = {"alg": alg, "kid": kid, "typ": typ} | header
        said = ({n: v for n, v in part.items() if v is not None} for part in (full, claims))
        return sign_raw(*(json.dumps(part).encode() for part in said), key=key or ours)

    def _standing(self, audience: object, seconds: int) -> dict[str, Any]:
        return {"iss": self.issuer, "aud": audience, "iat": self.now, "exp": self.now + seconds}

    def _answer(self, sub: str, sid: str, nonce: str | None) -> dict[str, Any]:
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._alive[token] = (sub, sid)
        return {
            "access_token": self.access_token(sub=sub, sid=sid),
            "token_type": "Bearer",
            "expires_in": 600,
            "id_token": self.id_token(sub=sub, sid=sid, nonce=nonce),
            "refresh_token": token,
            "scope": "openid profile offline_access",
        }

    def _token(self, form: dict[str, str], headers: Mapping[str, str]) -> HttpAnswer:
        if not headers.get("Authorization", "").startswith("Basic "):
            return _json(401, {"error": "invalid_client"})
        if self.refusal is not None:
            status, error = self.refusal
            return _json(status, {"error": error})
        with self._lock:
            found = self._alive.pop(form.get("refresh_token", ""), None)
        if form.get("grant_type") != "refresh_token" or found is None:
            return _json(400, {"error": "invalid_grant"})
        return _json(200, self._answer(*found, nonce=None))


def _new_keys() -> dict[str, PrivateKey]:
    name = secrets.token_hex(4)
    return {
        f"es-{name}": ec.generate_private_key(ec.SECP256R1()),
        f"rs-{name}": rsa.generate_private_key(65537, 2048),
    }


_first_keys = cache(_new_keys)


def sign_raw(header: bytes, payload: bytes, *, key: PrivateKey) -> str:
    """A compact JWS over any bytes, by the algorithm that goes with the key."""
    signed = f"{encode_base64url(header)}.{encode_base64url(payload)}"
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
    else:
        numbers = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
        signature = b"".join(number.to_bytes(32, "big") for number in numbers)
    return f"{signed}.{encode_base64url(signature)}"


def public_jwk(kid: str, key: PrivateKey) -> dict[str, Any]:
    """The public half of a key as a JWK (RFC 7518 section 6)."""
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_numbers()
        numbers = {"n": public.n, "e": public.e}
        kind = {"kty": "RSA", "alg": "RS256"}
    else:
        point = key.public_key().public_numbers()
        numbers = {"x": point.x, "y": point.y}
        kind = {"kty": "EC", "crv": "P-256", "alg": "ES256"}
    lengths = {"n": 256, "e": 3}
    encoded = {
        name: encode_base64url(number.to_bytes(lengths.get(name, 32), "big"))
        for name, number in numbers.items()
    }
    return {**kind, "use": "sig", "kid": kid, **encoded}


def _json(status: int, document: Mapping[str, Any]) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(document).encode())
