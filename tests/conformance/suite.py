"""Plays the conformance suite: sends the requests of its modules, and does its common checks.

What the suite calls a failure is an assertion. What it warns of is noted, to be compared with what
docs/conformance.md decided.
"""

import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import httpx
from joserfc.jwk import KeySet

from tests.conformance import checks
from tests.conformance.browser import Answer, Browser, Shown
from tests.conformance.checks import IdToken
from tests.conformance.plans import Plan
from tests.conformance.site import Client, Site

# The names under which docs/conformance.md registers the suite's clients.
FIRST: Final = "Conformance suite"
SECOND: Final = "Conformance suite 2"
BY_POST: Final = "Conformance suite post"
BY_FORM: Final = "Conformance suite form"
_NEEDS_A_PAGE: Final = {
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
}

Parameters = dict[str, str]


@dataclass(frozen=True)
class Flow:
    """A completed sign-in: what was asked, and what came of it."""

    request: Parameters
    answer: Answer
    id_token: IdToken
    token_request: Parameters = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def access_token(self) -> str:
        """The access token of a flow with a code."""
        return str(self.tokens["access_token"])


class Suite:
    """The suite while it runs one module of one plan."""

    def __init__(self, site: Site, plan: Plan, http: httpx.Client) -> None:
        self.site = site
        self.plan = plan
        self.http = http
        # The conditions that the suite would not have passed, and none of which is a failure.
        self.noted: set[str] = set()

    def note(self, condition: str, *, passed: bool) -> None:
        """A condition of the suite that is a warning, or has it leave out the rest of a module."""
        if not passed:
            self.noted.add(condition)

    @property
    def client(self) -> Client:
        """The plan's own client."""
        return self.site.clients[FIRST if self.plan.has_code else BY_FORM]

    @contextmanager
    def browser(self) -> Iterator[Browser]:
        """An empty browser."""
        browser = Browser(self.site)
        try:
            yield browser
        finally:
            browser.close()

    def request(self, client: Client | None = None, **changes: str | None) -> Parameters:
        """The plan's request; a change of None leaves a parameter out."""
        client = client or self.client
        parameters: dict[str, str | None] = {
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "scope": "openid",
            "state": secrets.token_hex(5),
            "nonce": secrets.token_hex(5),
            "response_type": self.plan.response_type,
            "response_mode": self.plan.response_mode,
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def address(self, request: Parameters) -> str:
        """Where the suite sends the browser with a request."""
        return f"{self.site.metadata['authorization_endpoint']}?{urlencode(request)}"

    def flow(
        self, browser: Browser, request: Parameters | None = None, client: Client | None = None
    ) -> Flow:
        """Signs in, with all the checks that the suite does on every flow."""
        request = request if request is not None else self.request(client)
        return self.complete(request, browser.go_through(self.address(request)), client)

    def complete(
        self,
        request: Parameters,
        arrived: Answer | Shown,
        client: Client | None = None,
        *,
        verifier: str | None = None,
    ) -> Flow:
        """What the suite does with an answer that ought to be a good one."""
        client = client or self.client
        answer = self.answered(arrived, client)
        checks.is_good_answer(answer, request, self.site.issuer)
        if not self.plan.has_code:
            assert set(answer.parameters) == {"id_token", "state", "iss"}
            id_token = self.read_id_token(answer.parameters["id_token"], request, client)
            return Flow(request, answer, id_token)
        checks.is_good_code(answer.parameters["code"])
        form = {
            "grant_type": "authorization_code",
            "code": answer.parameters["code"],
            "redirect_uri": client.redirect_uri,
            **({"code_verifier": verifier} if verifier is not None else {}),
        }
        tokens = checks.token_answer(self.call_token(form, client))
        id_token = self.read_id_token(tokens["id_token"], request, client)
        flow = Flow(request, answer, id_token, form, tokens)
        assert self.userinfo(flow)["sub"] == id_token.sub
        return flow

    def answered(self, arrived: Answer | Shown, client: Client | None = None) -> Answer:
        """The answer at the redirect URI, in the mode of the plan (Form Post section 2)."""
        assert isinstance(arrived, Answer), f"no answer but a page: {arrived.title}"
        assert arrived.uri == (client or self.client).redirect_uri
        assert arrived.method == ("POST" if self.plan.response_mode == "form_post" else "GET")
        return arrived

    def refused(self, request: Parameters, arrived: Answer | Shown) -> str:
        """The error of an answer that ought to be one (Core section 3.1.2.6)."""
        answer = self.answered(arrived)
        checks.is_error(answer, request.get("state"), self.site.issuer)
        return answer.parameters["error"]

    def is_signed_out(self, browser: Browser) -> bool:
        """Whether a request with ``prompt=none`` fails for want of a page (section 3.1.2.6)."""
        request = self.request(prompt="none")
        answer = self.answered(browser.open(self.address(request)))
        if "error" not in answer.parameters:
            return False
        checks.is_error(answer, request["state"], self.site.issuer)
        assert answer.parameters["error"] in _NEEDS_A_PAGE
        return True

    def call_token(self, form: Parameters, client: Client | None = None) -> httpx.Response:
        """Calls the token endpoint, the client authenticating in its registered way."""
        client = client or self.client
        headers = {"Accept": "application/json"}
        if client.metadata["token_endpoint_auth_method"] == "client_secret_post":
            form = {**form, "client_id": client.client_id, "client_secret": client.secret}
        else:
            pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return self.http.post(self.site.metadata["token_endpoint"], data=form, headers=headers)

    def read_id_token(
        self, text: str, request: Parameters, client: Client | None = None
    ) -> IdToken:
        """An ID token that passes the checks which the suite does on every one."""
        token = IdToken.read(text, self.keys())
        client = client or self.client
        checks.is_good_id_token(token, self.site.issuer, client.client_id, request.get("nonce"))
        return token

    def keys(self) -> KeySet:
        """The site's published keys."""
        answer = self.http.get(self.site.metadata["jwks_uri"])
        assert answer.status_code == 200
        return KeySet.import_key_set(answer.json())

    def call_userinfo(self, access_token: str) -> httpx.Response:
        """Calls the userinfo endpoint as most clients do."""
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        return self.http.get(self.site.metadata["userinfo_endpoint"], headers=headers)

    def userinfo(self, flow: Flow) -> dict[str, Any]:
        """What the userinfo endpoint says; checked like the suite checks it."""
        return checks.userinfo_answer(self.call_userinfo(flow.access_token), flow.id_token.sub)

    def end_session(self, browser: Browser, flow: Flow, **changes: str | None) -> Answer | Shown:
        """Sends the browser to the end-session endpoint; a change of None leaves one out."""
        parameters = {
            "id_token_hint": flow.id_token.text,
            "post_logout_redirect_uri": self.client.post_logout_redirect_uri,
            "state": secrets.token_hex(64),
            **changes,
        }
        sent = {name: value for name, value in parameters.items() if value is not None}
        query = f"?{urlencode(sent)}" if sent else ""
        return browser.open(f"{self.site.metadata['end_session_endpoint']}{query}")
