"""What somebody without our keys can make of a token of ours."""

import base64
import json

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

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

    confused = OctKey.import_key(json.dumps(rsa).encode())
    own = ECKey.generate_key("P-256")
    return {
        "alg none": f"{plain({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "alg None": f"{plain({'alg': 'None', 'kid': rsa['kid']})}.{payload}.{signature}",
        "unsigned": f"{header}.{payload}.",
        "tampered payload": f"{header}.{plain({**claims, 'sub': claims['sid']})}.{signature}",
        "tampered signature": f"{header}.{payload}.{signature[:-8]}AAAAAAAA",
        "key confusion": jwt.encode(
            {"alg": "HS256", "kid": rsa["kid"], "typ": "JWT"}, claims, confused
        ),
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
