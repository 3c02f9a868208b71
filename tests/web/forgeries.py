"""What somebody without our keys can make of a token of ours."""

import base64
import hmac
import json
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.web.people import Browser


def forgeries(genuine: str, browser: Browser) -> dict[str, str]:
    """Tokens that say what ``genuine`` says, and that we did not make (ASVS 9.1)."""
    header, payload, signature = genuine.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    published = browser.get("/.well-known/jwks.json").json()["keys"]
    (rsa,) = [key for key in published if key["kty"] == "RSA"]
    (ec,) = [key for key in published if key["kty"] == "EC"]

    def plain(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    own = ECKey.generate_key("P-256")
    mine = own.as_dict(private=False)
    elsewhere = "https://evil.example/keys.json"
    return {
        **_confused(claims, rsa, ec),
        **{
            f"{name} in the header": jwt.encode(
                {"alg": "ES256", "kid": ec["kid"], "typ": "JWT", name: value}, claims, own
            )
            for name, value in (
                ("jku", elsewhere),
                ("x5u", elsewhere),
                ("x5c", ["MIIB"]),
                ("jwk", mine),
            )
        },
        "kid of the other algorithm": jwt.encode(
            {"alg": "ES256", "kid": rsa["kid"], "typ": "JWT"}, claims, own
        ),
        "no kid": jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, own),
        "unknown crit": f"{plain({'alg': 'ES256', 'kid': ec['kid'], 'crit': ['x'], 'x': 1})}"
        f".{payload}.{signature}",
        **{
            f"alg {alg}": f"{plain({'alg': alg, 'kid': kid, 'typ': 'JWT'})}.{payload}.{signature}"
            for alg in ("NONE", "", "nOnE", "HS256", "ES384", "PS256", "RS512", "dir", "EdDSA")
            for kid in (rsa["kid"], ec["kid"])
        },
        "header twice": f"{header}.{header}.{payload}.{signature}",
        "signature of another": f"{header}.{payload}."
        + jwt.encode({"alg": "ES256"}, {}, own).rpartition(".")[2],
        "empty signature, ES256": f"{plain({'alg': 'ES256', 'kid': ec['kid']})}.{payload}."
        + base64.urlsafe_b64encode(bytes(64)).rstrip(b"=").decode(),
        "alg none": f"{plain({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "alg None": f"{plain({'alg': 'None', 'kid': rsa['kid']})}.{payload}.{signature}",
        "unsigned": f"{header}.{payload}.",
        "tampered payload": f"{header}.{plain({**claims, 'sub': claims['sid']})}.{signature}",
        "tampered signature": f"{header}.{payload}.{signature[:-8]}AAAAAAAA",
        "other key, our kid": jwt.encode(
            {"alg": "ES256", "kid": ec["kid"], "typ": "JWT"}, claims, own
        ),
        "key in the header": jwt.encode(
            {"alg": "ES256", "typ": "JWT", "jwk": own.as_dict(private=False)}, claims, own
        ),
        "kid unknown": f"{plain({'alg': 'RS256', 'kid': '../x'})}.{payload}.{signature}",
        "encrypted": "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..x.x.x",
        "not a token": "....",
        "foreign letters": "\u00fc.\U0001f511.\u20ac",
    }


def _confused(claims: dict[str, Any], *published: dict[str, str]) -> dict[str, str]:
    """The published halves as if they were shared secrets, in every form in which a library may
    have kept them."""
    forged = {}
    for public in published:
        kinds: dict[str, type[RSAKey | ECKey]] = {"RSA": RSAKey, "EC": ECKey}
        key = kinds[public["kty"]].import_key(dict(public))
        forms = {
            "JWK": json.dumps(public).encode(),
            "JWK, compact": json.dumps(public, separators=(",", ":")).encode(),
            "PEM": key.as_pem(private=False),
            "PEM, stripped": key.as_pem(private=False).strip(),
            "DER": key.as_der(private=False),
            "kid": public["kid"].encode(),
        }
        for form, secret in forms.items():
            for alg in ("HS256", "HS512"):
                forged[f"{alg} with {public['kty']} {form}"] = _hmac_signed(
                    alg, public["kid"], claims, secret
                )
    return forged


def _hmac_signed(alg: str, kid: str, claims: dict[str, Any], secret: bytes) -> str:
    """By hand: our library would refuse such keys."""
    parts = ({"alg": alg, "kid": kid, "typ": "JWT"}, claims)
    signed = b".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts
    )
    digest = hmac.new(secret, signed, {"HS256": "sha256", "HS512": "sha512"}[alg]).digest()
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()
