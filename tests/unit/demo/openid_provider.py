"""A throwaway OpenID provider for trying the wiki: real HTTP, real signatures, lies on order.

It is strict where a provider must be (client authentication, PKCE, single-use codes), so that a
journey through it proves that the wiki sends what it should.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class Person:
    """Somebody with an account at the provider."""

    sub: str
    name: str
    sid: str


ALICE = Person(sub="sub-alice", name="Alice", sid="sid-alice-1")


@dataclass
class Behaviour:
    """What the provider does next; the lies change what an honest answer would carry."""

    signed_in: Person | None = None
    signs_in: Person = ALICE
    id_token_lies: dict[str, Any] = field(default_factory=dict)
    response_lies: dict[str, Any] = field(default_factory=dict)
    unsigned: bool = False
    name_in_id_token: bool = True
    userinfo_sub: str | None = None
    epoch: tuple[int, int] = (1, 1)
    refusal: tuple[int, Any] | None = None  # what a refresh is answered, if not honestly
    error: str | None = None


class OpenIDProvider:
    """Serves on a loopback port as `http://auth.localhost:PORT`; can be stopped and started."""

    def __init__(self, clients: dict[str, str]) -> None:
        self.clients = clients
        self.keys = [_new_key("first")]
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.does = Behaviour()
        self._codes: dict[str, dict[str, str]] = {}
        self._people: dict[str, Person] = {}
        self._refresh_tokens: dict[str, tuple[str, Person]] = {}
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()

    @property
    def issuer(self) -> str:
        return f"http://auth.localhost:{self.port}"

    def start(self) -> None:
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
            self.port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def rotate_key(self) -> None:
        """A new key signs from now on; the old one is gone from the published set."""
        self.keys = [_new_key(secrets.token_hex(4))]

    def calls(self, path: str) -> list[dict[str, str]]:
        """The parameters of every request to `path` since the last reset."""
        return [parameters for called, parameters in self.requests if called == path]

    def logout_token(
        self, *, header: dict[str, Any] | None = None, key: Any = None, **claims: Any
    ) -> str:
        """A logout token for client `en`; a claim given as None is left out."""
        now = int(time.time())
        honest = {
            "iss": self.issuer,
            "aud": "en",
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "events": {EVENT: {}},
        }
        said = {name: value for name, value in (honest | claims).items() if value is not None}
        signed_by = self.keys[0]
        full = {"alg": "RS256", "kid": signed_by.kid, "typ": "logout+jwt"} | (header or {})
        return jwt.encode(full, said, key or signed_by, algorithms=[full["alg"]])

    def answer(self, path: str, parameters: dict[str, str], authorization: str) -> tuple[int, Any]:
        """Status and body, or status 303 and a location."""
        self.requests.append((path, parameters))
        if path == "/token":
            return self._token(parameters, authorization)
        if path == "/authorize":
            return 303, self._authorize(parameters)
        if path == "/logout":
            query = urlencode({"state": parameters["state"]})
            return 303, f"{parameters['post_logout_redirect_uri']}?{query}"
        if path == "/userinfo":
            return 200, self._userinfo(authorization)
        keys = [key.as_dict(private=False) for key in self.keys]
        documents = {
            "/.well-known/openid-configuration": self._metadata(),
            "/jwks": {"keys": keys},
        }
        return 200, documents[path]

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "none"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _authorize(self, asked: dict[str, str]) -> str:
        answer: dict[str, str | None] = {"state": asked["state"], "iss": self.issuer}
        if self.does.error:
            answer["error"] = self.does.error
        elif asked.get("prompt") == "none" and self.does.signed_in is None:
            answer["error"] = "login_required"
        else:
            self.does.signed_in = self.does.signed_in or self.does.signs_in
            code = secrets.token_urlsafe(16)
            self._codes[code] = asked
            answer["code"] = code
        answer |= self.does.response_lies
        said = {name: value for name, value in answer.items() if value is not None}
        return f"{asked['redirect_uri']}?{urlencode(said)}"

    def refreshes(self) -> int:
        """How often a session was asked about since the last reset."""
        return sum(sent["grant_type"] == "refresh_token" for sent in self.calls("/token"))

    def forget(self, person: Person) -> None:
        """Ends a session, and tells no wiki."""
        self._refresh_tokens = {
            token: kept for token, kept in self._refresh_tokens.items() if kept[1] != person
        }
        self.does.signed_in = None

    def _token(self, sent: dict[str, str], authorization: str) -> tuple[int, Any]:
        scheme, _, encoded = authorization.partition(" ")
        user, _, secret = base64.b64decode(encoded).decode().partition(":")
        asked = self._codes.pop(sent.get("code", ""), None)
        if scheme != "Basic" or self.clients.get(unquote_plus(user)) != unquote_plus(secret):
            return 401, {"error": "invalid_client"}
        client_id = unquote_plus(user)
        if sent["grant_type"] == "refresh_token":
            return self._refresh(sent["refresh_token"], client_id)
        challenge = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or asked["client_id"] != client_id
            or asked["redirect_uri"] != sent.get("redirect_uri")
            or asked["code_challenge_method"] != "S256"
            or asked["code_challenge"] != base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        ):
            return 400, {"error": "invalid_grant"}
        assert self.does.signed_in is not None
        return 200, self._tokens(client_id, self.does.signed_in, asked["nonce"])

    def _refresh(self, token: str, client_id: str) -> tuple[int, Any]:
        if self.does.refusal is not None:
            return self.does.refusal
        owner, person = self._refresh_tokens.pop(token, (None, ALICE))
        if owner != client_id:
            return 400, {"error": "invalid_grant"}
        return 200, self._tokens(client_id, person, None)

    def _tokens(self, client_id: str, person: Person, nonce: str | None) -> dict[str, Any]:
        access_token, refresh_token = self._access_token(client_id, person), secrets.token_hex(16)
        self._people[access_token] = person
        self._refresh_tokens[refresh_token] = (client_id, person)
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": refresh_token,
            "id_token": self._id_token(client_id, person, nonce),
        }

    def _access_token(self, client_id: str, person: Person) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": [self.issuer, client_id],
            "client_id": client_id,
            "sub": person.sub,
            "sid": person.sid,
            "iat": now,
            "exp": now + 600,
            "jti": secrets.token_hex(8),
            "acr": "aal1",
            "auth_time": now,
            "scope": "openid profile offline_access",
            "epoch": list(self.does.epoch),
        }
        header = {"alg": "RS256", "kid": self.keys[0].kid, "typ": "at+jwt"}
        return jwt.encode(header, claims, self.keys[0], algorithms=["RS256"])

    def _userinfo(self, authorization: str) -> dict[str, str]:
        person = self._people[authorization.removeprefix("Bearer ")]
        return {"sub": self.does.userinfo_sub or person.sub, "preferred_username": person.name}

    def _id_token(self, client_id: str, person: Person, nonce: str | None) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": client_id,
            "sub": person.sub,
            "sid": person.sid,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": nonce,
        }
        if self.does.name_in_id_token:
            claims["preferred_username"] = person.name
        claims |= self.does.id_token_lies
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.does.unsigned:
            return unsigned({"alg": "none"}, claims)
        header = {"alg": "RS256", "kid": self.keys[0].kid, "typ": "JWT"}
        return jwt.encode(header, claims, self.keys[0], algorithms=["RS256"])


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A JWT with `alg` none and nothing where the signature goes."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in (header, claims)
    ]
    return f"{'.'.join(parts)}."


def _new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


def _handler(provider: OpenIDProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._answer(self.rfile.read(length).decode())

        def _answer(self, query: str) -> None:
            parameters = {name: values[0] for name, values in parse_qs(query).items()}
            status, body = provider.answer(
                urlsplit(self.path).path, parameters, self.headers.get("Authorization", "")
            )
            content = b"" if status == 303 else json.dumps(body).encode()
            self.send_response(status)
            if status == 303:
                self.send_header("Location", body)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """A test's output is no place for an access log."""

    return Handler
