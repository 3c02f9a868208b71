"""Browsers and wikis for the web tests: Django's client with cookies, real forms, real tokens."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.environment import ISSUER
from tests.web.markup import Page

# What Django's test client gives back: a response that can do more, of a type without a name.
Answer = Any

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "seven purple elephants dancing"


def hidden_fields(page: Answer) -> dict[str, str]:
    """The hidden inputs of a page's first form that has a flow, or of the page."""
    return dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.content.decode())
    )


class Browser(Client):
    """One person's browser at the auth site: https, its own host, real CSRF checks."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(
            enforce_csrf_checks=True,
            headers={"host": urlsplit(ISSUER).netloc, "user-agent": "Firefox on Linux"},
            **defaults,
        )

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        """Every request is https."""
        kwargs["secure"] = True
        return super().generic(*args, **kwargs)

    def submit(self, page: Answer, action: str, **fields: Any) -> Answer:
        """Fills in the form of a page and posts it."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
        flow = re.search(r'name="flow" value="([^"]+)"', page.content.decode())
        data = {
            **({"csrfmiddlewaretoken": token[1]} if token else {}),
            **({"flow": flow[1]} if flow else {}),
            **fields,
        }
        response: Answer = self.post(action, data, headers={"origin": ISSUER})
        return response

    def sign_up(self, username: str, password: str = PASSWORD, **fields: Any) -> Answer:
        """Creates an account from the front door."""
        page = self.get("/signup")
        return self.submit(page, "/signup", username=username, password=password, **fields)

    def sign_in(self, username: str, password: str = PASSWORD, **fields: Any) -> Answer:
        """Signs in from the front door."""
        page = self.get("/login")
        return self.submit(page, "/login", username=username, password=password, **fields)

    def forget_everything(self) -> None:
        """A browser without cookies."""
        self.cookies.clear()


@dataclass
class WikiClient:
    """A wiki as the protocol sees it: what it asks, and how it redeems."""

    registration: dict[str, Any]
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def client_id(self) -> str:
        """The registered client id."""
        return str(self.registration["client_id"])

    @property
    def redirect_uri(self) -> str:
        """The first registered redirect URI."""
        return str(self.registration["redirect_uris"][0])

    def challenge(self) -> str:
        """The S256 challenge of the verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        parameters: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": self.challenge(),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def basic(self) -> str:
        """The Authorization header of this wiki."""
        pair = f"{self.client_id}:{self.registration['client_secret']}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def redeem(self, code: str, **changes: str | None) -> Answer:
        """Posts a code to the token endpoint, from a server without cookies."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **changes,
        }
        return post_form(
            "/oauth/token",
            {name: value for name, value in form.items() if value is not None},
            authorization=self.basic(),
        )

    def push(self, **changes: str | None) -> Answer:
        """Hands a request over beforehand (RFC 9126)."""
        return post_form("/oauth/par", self.request(**changes), authorization=self.basic())

    def pushed(self, **changes: str | None) -> dict[str, str]:
        """The parameters that stand for a request which was handed over."""
        answer = self.push(**changes)
        assert answer.status_code == 201, answer.content.decode()
        return {"client_id": self.client_id, "request_uri": answer.json()["request_uri"]}

    def refresh(self, token: str | None, **changes: str | None) -> Answer:
        """Posts a refresh token to the token endpoint."""
        form = {"grant_type": "refresh_token", "refresh_token": token, **changes}
        sent = {name: value for name, value in form.items() if value is not None}
        return post_form("/oauth/token", sent, authorization=self.basic())

    def introspect(self, token: str, **more: str) -> Answer:
        """Asks whether a token is still good."""
        form = {"token": token, **more}
        return post_form("/oauth/introspect", form, authorization=self.basic())

    def revoke(self, token: str, **more: str) -> Answer:
        """Gives a token back."""
        return post_form("/oauth/revoke", {"token": token, **more}, authorization=self.basic())


def post_form(path: str, form: dict[str, Any], *, authorization: str | None = None) -> Answer:
    """A wiki's own server posting a form: no cookies, no CSRF token."""
    from urllib.parse import urlencode

    headers = {"host": urlsplit(ISSUER).netloc}
    if authorization:
        headers["authorization"] = authorization
    response: Answer = Client(enforce_csrf_checks=True).post(
        path,
        urlencode(form, doseq=True),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
        secure=True,
    )
    return response


def answer_of(response: Answer) -> dict[str, str]:
    """The parameters of the redirect that goes back to the wiki."""
    assert response.status_code == 303, response.content.decode()[:2000]
    query = parse_qs(urlsplit(response.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def claims_of(id_token: str) -> dict[str, Any]:
    """The claims of a token, verified with the published keys."""
    jwks = Browser().get("/.well-known/jwks.json").json()
    decoded = jwt.decode(id_token, KeySet.import_key_set(jwks), algorithms=["RS256", "ES256"])
    return dict(decoded.claims)


def fields_of(page: Answer) -> dict[str, str]:
    """What the form of a ``form_post`` answer would send, read as a browser reads it."""
    (form,) = Page(page.content.decode()).all("form")
    return {field.get("name"): field.get("value") for field in form.inputs}


def form_action_of(page: Answer) -> list[str]:
    """The sources of the page's CSP ``form-action``."""
    policy = page.headers["Content-Security-Policy"]
    (directive,) = [part for part in policy.split("; ") if part.startswith("form-action ")]
    return str(directive).split(" ")[1:]


def ask(browser: Browser, wiki: WikiClient, **changes: str | None) -> Any:
    """Sends the wiki's authorization request, with changes."""
    return browser.get("/oauth/authorize", wiki.request(**changes))


def code_for(browser: Browser, wiki: WikiClient, **changes: str | None) -> str:
    """The code of a silent sign-in."""
    return answer_of(ask(browser, wiki, **changes))["code"]


def tokens_for(browser: Browser, wiki: WikiClient, **changes: str | None) -> dict[str, Any]:
    """The tokens of a silent sign-in."""
    tokens: dict[str, Any] = wiki.redeem(code_for(browser, wiki, **changes)).json()
    return tokens
