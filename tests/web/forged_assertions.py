"""Assertions that are good, and all the ways in which one is not."""

import base64
import json
import time
from collections.abc import Callable

from joserfc import jws
from joserfc.jwk import OctKey

from tests.environment import ISSUER
from tests.web.assertions import ALL, Signer, new_key, public

Make = Callable[[Signer], str]


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())


def _kid(signer: Signer, **header: str) -> str:
    return jws.serialize_compact(
        {"alg": "ES256", **header}, json.dumps(signer.claims()), signer.key
    )


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _unsigned(signer: Signer, alg: str) -> str:
    header, claims = json.dumps({"alg": alg}), json.dumps(signer.claims())
    return f"{_encoded(header.encode())}.{_encoded(claims.encode())}."


def _parts(header: bytes, claims: bytes) -> str:
    return f"{_encoded(header)}.{_encoded(claims)}.AA"


def _by_public_key(signer: Signer) -> str:
    """Key confusion: what everybody may read, as the secret of a MAC."""
    text = json.dumps(public(signer.key)["keys"][0]).encode()
    registry = jws.JWSRegistry(algorithms=ALL)
    secret = OctKey.import_key(text)
    header = {"alg": "HS256", "kid": "k1"}
    return jws.serialize_compact(header, json.dumps(signer.claims()), secret, registry=registry)


def _by_own_jwk(signer: Signer) -> str:
    thief = Signer(new_key(), client_id=signer.client_id)
    return thief.sign(header={"jwk": public(thief.key)["keys"][0]})


def _changed(signer: Signer) -> str:
    header, _claims, signature = signer.sign().split(".")
    return f"{header}.{_encoded(json.dumps(signer.claims(jti='other')).encode())}.{signature}"


def _raw(signer: Signer, payload: str) -> str:
    return jws.serialize_compact({"alg": "ES256", "kid": "k1"}, payload, signer.key)


GOOD: dict[str, Make] = {
    "plain": lambda s: s.sign(),
    "nbf 8 s in the future": lambda s: s.sign(nbf=now() + 8, iat=now() + 8),
    "no iat": lambda s: s.sign(iat=None),
    "a fraction of a second": lambda s: s.sign(exp=now() + 30.5),
    "an hour ahead": lambda s: s.sign(exp=now() + 3600),
    "the longest id": lambda s: s.sign(jti="x" * 255),
    "an odd id": lambda s: s.sign(jti="\0\u00fc\ud800'; --"),
    "more claims": lambda s: s.sign(azp="x", more={"deep": [1]}),
    "no kid, and one key": _kid,
    "another kid, and one key": lambda s: _kid(s, kid="other"),
    "keys of the sender's, unread": lambda s: s.sign(
        header={
            "jku": "https://evil.example/jwks",
            "x5u": "https://evil.example/x5",
            "x5t": "abc",
            "jwk": public(new_key())["keys"][0],
        }
    ),
}


BAD: dict[str, Make] = {
    "alg none": lambda s: _unsigned(s, "none"),
    "alg None": lambda s: _unsigned(s, "None"),
    "no signature": lambda s: _unsigned(s, "ES256"),
    "the public key as a secret": _by_public_key,
    "another's key": lambda s: Signer(new_key(), client_id=s.client_id).sign(),
    "a key that it brings": _by_own_jwk,
    "a family of keys that it hasn't": lambda s: Signer(
        new_key("RS256"), "RS256", s.client_id
    ).sign(),
    "claims changed": _changed,
    "signature cut": lambda s: s.sign()[:-4],
    "no sub": lambda s: s.sign(sub=None),
    "no iss": lambda s: s.sign(iss=None),
    "iss of somebody else": lambda s: s.sign(iss="other"),
    "sub of somebody else": lambda s: s.sign(sub="other"),
    "nobody's": lambda s: s.sign(iss="nobody", sub="nobody"),
    "sub a list": lambda s: s.sign(iss=[s.client_id], sub=[s.client_id]),
    "sub with a NUL": lambda s: s.sign(iss="a\0", sub="a\0"),
    "aud missing": lambda s: s.sign(aud=None),
    "aud wrong": lambda s: s.sign(aud="https://other.example.org"),
    "aud with a slash": lambda s: s.sign(aud=f"{ISSUER}/"),
    "aud the token endpoint": lambda s: s.sign(aud=f"{ISSUER}/oauth/token"),
    "aud the PAR endpoint": lambda s: s.sign(aud=f"{ISSUER}/oauth/par"),
    "aud an array": lambda s: s.sign(aud=[ISSUER]),
    "aud the issuer and others": lambda s: s.sign(aud=[ISSUER, "https://other.example.org"]),
    "no exp": lambda s: s.sign(exp=None),
    "expired": lambda s: s.sign(exp=now() - 10),
    "expired 5 minutes ago": lambda s: s.sign(exp=now() - 300),
    "exp 0": lambda s: s.sign(exp=0),
    "exp far ahead": lambda s: s.sign(exp=now() + 7200),
    "exp infinite": lambda s: s.sign(exp=float("inf")),
    "exp not a number": lambda s: s.sign(exp=float("nan")),
    "exp huge": lambda s: s.sign(exp=10**400),
    "exp a text": lambda s: s.sign(exp=str(now() + 60)),
    "exp true": lambda s: s.sign(exp=True),
    "nbf over 60 s ahead": lambda s: s.sign(nbf=now() + 90),
    "iat over 60 s ahead": lambda s: s.sign(iat=now() + 90),
    "nbf a text": lambda s: s.sign(nbf="soon"),
    "no jti": lambda s: s.sign(jti=None),
    "jti empty": lambda s: s.sign(jti=""),
    "jti too long": lambda s: s.sign(jti="x" * 256),
    "jti a number": lambda s: s.sign(jti=7),
    "crit": lambda s: s.sign(header={"crit": ["exp"], "exp": 1}),
    "crit empty": lambda s: s.sign(header={"crit": []}),
    "b64": lambda s: s.sign(header={"b64": True}),
    "claims a list": lambda s: _raw(s, "[]"),
    "claims no JSON": lambda s: _raw(s, "{"),
    "claims deep": lambda s: _raw(s, "[" * 4000),
    "claims empty": lambda s: _raw(s, ""),
    "claims no UTF-8": lambda _s: _parts(b'{"alg":"ES256"}', b"\xff"),
    "header a text": lambda _s: _parts(b'"alg"', b"{}"),
    "header a list": lambda _s: _parts(b'["alg"]', b"{}"),
    "alg a list": lambda _s: _parts(b'{"alg":["ES256"]}', b"{}"),
    "huge": lambda s: s.sign(more="x" * 7000),
    "garbage": lambda _s: "garbage",
    "dots": lambda _s: "..",
    "many dots": lambda _s: "." * 5000,
    "encrypted": lambda _s: "a.b.c.d.e",
    "other letters": lambda _s: "\u00fc.\u00fc.\u00fc",
}
