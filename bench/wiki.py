"""A wiki as the protocol sees it: asks with PKCE and nonce, redeems, verifies."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from bench.http_client import FORM, Answer, Connection, UnexpectedAnswer


@dataclass(frozen=True, slots=True)
class Registration:
    """How the wiki is registered: a confidential client of one redirect URI, with ES256."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Request:
    """One authorization request, and what the wiki keeps to itself until the code comes."""

    verifier: str
    nonce: str
    state: str

    @classmethod
    def new(cls) -> "Request":
        """Give a request with fresh random values."""
        values = (secrets.token_urlsafe(size) for size in (32, 16, 16))
        return cls(*values)


class Wiki:
    """A wiki's server with its own connection to the provider."""

    def __init__(
        self, registration: Registration, connection: Connection, *, alg: str = "ES256"
    ) -> None:
        """Fetch the provider's keys; `alg` is what the wiki is registered to be answered by."""
        self._registration = registration
        self._connection = connection
        self._alg = alg
        pair = f"{registration.client_id}:{registration.client_secret}"
        self._basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = connection.send("GET", "/.well-known/jwks.json", headers={}).expect(200)
        self._keys = KeySet.import_key_set(json.loads(answer.body))

    def authorization_path(self, request: Request) -> str:
        """Give the path and query to which the wiki sends the browser."""
        digest = hashlib.sha256(request.verifier.encode()).digest()
        parameters = {
            "client_id": self._registration.client_id,
            "redirect_uri": self._registration.redirect_uri,
            "response_type": "code",
            "scope": "openid profile",
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"/oauth/authorize?{urlencode(parameters)}"

    def code_in(self, answer: Answer, request: Request) -> str:
        """Give the code that the browser brings back. Raises UnexpectedAnswer."""
        location = answer.headers["Location"] or ""
        query = parse_qs(urlsplit(location).query)
        at_home = location.startswith(self._registration.redirect_uri)
        if not at_home or query.get("state") != [request.state] or "code" not in query:
            raise UnexpectedAnswer(location)
        return query["code"][0]

    def redeem(self, code: str, request: Request) -> str:
        """Redeem the code and verify the ID token; gives its subject. Raises UnexpectedAnswer."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._registration.redirect_uri,
            "code_verifier": request.verifier,
        }
        headers = {"Content-Type": FORM, "Authorization": self._basic}
        answer = self._connection.send(
            "POST", "/oauth/token", headers=headers, body=urlencode(form)
        ).expect(200)
        id_token = json.loads(answer.body)["id_token"]
        claims = jwt.decode(id_token, self._keys, algorithms=[self._alg]).claims
        wanted = (self._registration.issuer, self._registration.client_id, request.nonce)
        if (claims["iss"], claims["aud"], claims["nonce"]) != wanted:
            raise UnexpectedAnswer(f"claims: {sorted(claims)}")
        return str(claims["sub"])
