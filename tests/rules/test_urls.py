"""Every address of the public site, a row each: methods, who may, cross-site posts, caching.

An address that has no row, or that does something else than its row says, fails here: write down
what it is for before it is reachable. The operator's site has its own table.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from authsite import urls
from tests.environment import ISSUER
from tests.web.conftest import browser, grace, unlimited
from tests.web.people import Browser

__all__ = ["browser", "grace", "unlimited"]

pytestmark = pytest.mark.usefixtures("vault")

PAGE: Final = "GET HEAD"
FORM: Final = "GET HEAD POST"

# Who: anyone; a live session (others are led to sign in); a wiki that authenticates; the holder of
# an access token; our own probes and scrapers.
ANYONE, SESSION, WIKI, BEARER, MONITOR = "anyone", "session", "wiki", "bearer", "monitor"
# A live session with a fresh proof beside it (others are led to prove themselves again).
PROOF: Final = "proof"
# A live session, for what another page of its own begins: alone it shows nothing.
STEP: Final = "step"
# Against cross-site posts: Django's token; the sealed flow or Django's token; nothing, since no
# cookie counts there; nothing, since a post only asks a question or is a report; no posts at all.
TOKEN, FLOW, NO_COOKIE, HARMLESS, NO_POSTS = "token", "flow", "no cookie", "harmless", "-"
# Caching: never; public for a while; neither, for redirects to our own pages.
NEVER, A_WHILE = "no-store", "public"


class Row(NamedTuple):
    """What an address promises."""

    methods: str
    who: str
    csrf: str
    caching: str


TABLE: Final[dict[str, Row]] = {
    # pages
    "": Row(PAGE, ANYONE, NO_POSTS, NEVER),
    "login": Row(FORM, ANYONE, FLOW, NEVER),
    "signup": Row(FORM, ANYONE, FLOW, NEVER),
    "login/second-factor": Row(FORM, ANYONE, FLOW, NEVER),
    "login/more": Row(FORM, ANYONE, FLOW, NEVER),
    "login/passkey": Row(FORM, ANYONE, FLOW, NEVER),
    "login/passkey-offer": Row(FORM, ANYONE, FLOW, NEVER),
    "login/recover": Row(FORM, ANYONE, FLOW, NEVER),
    "signup/passkey": Row(FORM, ANYONE, FLOW, NEVER),
    "reset": Row(FORM, ANYONE, FLOW, NEVER),
    "reset/code": Row(FORM, ANYONE, FLOW, NEVER),
    "reset/password": Row(FORM, ANYONE, FLOW, NEVER),
    "logout": Row(FORM, ANYONE, TOKEN, NEVER),
    "logout/progress": Row(FORM, ANYONE, TOKEN, NEVER),
    "privacy": Row("GET HEAD OPTIONS", ANYONE, NO_POSTS, NEVER),
    "account/": Row(PAGE, SESSION, NO_POSTS, NEVER),
    "account/password": Row(FORM, SESSION, TOKEN, NEVER),
    "account/password/remove": Row(FORM, PROOF, TOKEN, NEVER),
    "account/prove": Row(FORM, SESSION, TOKEN, NEVER),
    "account/prove/passkey": Row(FORM, STEP, TOKEN, NEVER),
    "account/email": Row(FORM, SESSION, TOKEN, NEVER),
    "account/email/add": Row(FORM, PROOF, TOKEN, NEVER),
    "account/email/primary": Row(FORM, PROOF, TOKEN, NEVER),
    "account/email/remove": Row(FORM, PROOF, TOKEN, NEVER),
    "account/email/confirm": Row(FORM, ANYONE, TOKEN, NEVER),
    "account/email/undo": Row(FORM, ANYONE, TOKEN, NEVER),
    "account/activity": Row(PAGE, SESSION, NO_POSTS, NEVER),
    "account/sessions": Row(PAGE, SESSION, NO_POSTS, NEVER),
    "account/sessions/end": Row("POST", STEP, TOKEN, NEVER),
    "account/sessions/end-all": Row("POST", STEP, TOKEN, NEVER),
    "account/sessions/end-others": Row("POST", STEP, TOKEN, NEVER),
    "account/sessions/not-me": Row(FORM, ANYONE, TOKEN, NEVER),
    "account/wikis": Row(PAGE, SESSION, NO_POSTS, NEVER),
    "account/wikis/withdraw": Row(FORM, SESSION, TOKEN, NEVER),
    "account/two-factor": Row(PAGE, SESSION, NO_POSTS, NEVER),
    "account/two-factor/app": Row(FORM, PROOF, TOKEN, NEVER),
    "account/two-factor/passkey": Row(FORM, PROOF, TOKEN, NEVER),
    "account/two-factor/distrust": Row("POST", STEP, TOKEN, NEVER),
    "account/two-factor/rename": Row(FORM, SESSION, TOKEN, NEVER),
    "account/two-factor/remove": Row(FORM, PROOF, TOKEN, NEVER),
    "account/two-factor/codes": Row(FORM, PROOF, TOKEN, NEVER),
    "account/two-factor/codes/download": Row("POST", PROOF, TOKEN, NEVER),
    "language": Row("POST", ANYONE, TOKEN, NEVER),
    # what wikis ask
    "oauth/authorize": Row(FORM, ANYONE, HARMLESS, NEVER),
    "oauth/par": Row("POST", WIKI, NO_COOKIE, NEVER),
    "oauth/consent": Row(FORM, ANYONE, FLOW, NEVER),
    "oauth/token": Row("POST", WIKI, NO_COOKIE, NEVER),
    "oauth/introspect": Row("POST", WIKI, NO_COOKIE, NEVER),
    "oauth/revoke": Row("POST", WIKI, NO_COOKIE, NEVER),
    "oauth/userinfo": Row("GET POST", BEARER, NO_COOKIE, NEVER),
    "oauth/logout": Row(FORM, ANYONE, HARMLESS, NEVER),
    "oauth/logout/confirm": Row("POST", ANYONE, TOKEN, NEVER),
    ".well-known/openid-configuration": Row(PAGE, ANYONE, NO_POSTS, A_WHILE),
    ".well-known/oauth-authorization-server": Row(PAGE, ANYONE, NO_POSTS, A_WHILE),
    ".well-known/jwks.json": Row(PAGE, ANYONE, NO_POSTS, A_WHILE),
    # what browsers and programs look for by themselves
    ".well-known/security.txt": Row(PAGE, ANYONE, NO_POSTS, A_WHILE),
    ".well-known/passkey-endpoints": Row(PAGE, ANYONE, NO_POSTS, A_WHILE),
    ".well-known/change-password": Row(PAGE, ANYONE, NO_POSTS, NEVER),
    "robots.txt": Row(PAGE, ANYONE, NO_POSTS, A_WHILE),
    "favicon.ico": Row(PAGE, ANYONE, NO_POSTS, A_WHILE),
    "csp-report": Row("POST", ANYONE, HARMLESS, NEVER),
    "health/live": Row(PAGE, ANYONE, NO_POSTS, NEVER),
    "health/ready": Row(PAGE, ANYONE, NO_POSTS, NEVER),
    "metrics": Row(PAGE, MONITOR, NO_POSTS, NEVER),
}
METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE")

every_address = pytest.mark.parametrize("path", TABLE, ids=lambda path: f"/{path}")


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Every route below these patterns, written out."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def ask(client: Client, method: str, path: str, **headers: str) -> Any:
    """Sends any method, as from our own pages."""
    said = {"host": "auth.example.org", "origin": ISSUER, **headers}
    return client.generic(method, f"/{path}", secure=True, headers=said)


def test_address_every_one_has_a_row_and_every_row_an_address() -> None:
    """Nothing is reachable that is not declared here, and nothing is declared twice."""
    found = list(routes(get_resolver(urls.__name__).url_patterns))
    assert sorted(found) == sorted(TABLE)


@every_address
def test_address_answers_its_methods_and_no_others(grace: Browser, path: str) -> None:
    """405 with Allow for everything else, before anything is done."""
    client = Client(enforce_csrf_checks=False)
    client.cookies = grace.cookies
    allowed = []
    for method in METHODS:
        answer = ask(client, method, path)
        assert answer.status_code < 500
        if answer.status_code != 405:
            allowed.append(method)
        else:
            assert answer.headers["Allow"]
    assert " ".join(sorted(allowed)) == " ".join(sorted(TABLE[path].methods.split()))


@every_address
def test_address_lets_in_whom_it_is_for(grace: Browser, path: str) -> None:
    """Without a session, a wiki's secret, a token or a monitor's address: led away or refused."""
    row = TABLE[path]
    method = "GET" if "GET" in row.methods else "POST"
    stranger = Client(REMOTE_ADDR="192.0.2.7")
    answer = ask(stranger, method, path)
    if row.who == SESSION:
        assert answer.headers["Location"].startswith("/login?page=")
        assert ask(grace, method, path).status_code == 200
    elif row.who == STEP:
        assert answer.headers["Location"].startswith("/login?page=")
    elif row.who == PROOF:
        assert answer.headers["Location"].startswith("/login?page=")
        if method == "GET":
            assert ask(grace, method, path).headers["Location"].startswith("/account/prove?page=")
    elif row.who in {WIKI, BEARER}:
        assert answer.status_code in {400, 401}
        assert ask(grace, method, path).status_code == answer.status_code
    elif row.who == MONITOR:
        assert answer.status_code == 404
        assert ask(Client(REMOTE_ADDR="127.0.0.1"), method, path).status_code == 200
    else:
        assert answer.status_code not in {401, 404}
        # A later step of a flow begins anew; nothing that needs a session is asked for.
        assert not answer.headers.get("Location", "").startswith("/login?page=")


@every_address
def test_address_refuses_cross_site_posts_as_it_says(grace: Browser, path: str) -> None:
    """A POST without our token: refused, unless it can do nothing in the person's name."""
    row = TABLE[path]
    forms = [grace.post(f"/{path}", {"language": "en"}, headers={"origin": ISSUER})]
    forms.append(grace.post(f"/{path}", {}, headers={"origin": "https://evil.example"}))
    for answer in forms:
        is_refused = answer.status_code == 403
        assert is_refused == (row.csrf in {TOKEN, FLOW, NO_POSTS})
    assert grace.get("/account/").status_code == 200


@pytest.mark.parametrize("path", [path for path, row in TABLE.items() if row.csrf == FLOW])
def test_address_of_a_flow_takes_its_flow_for_the_token(path: str) -> None:
    """From our own origin alone."""
    visitor = Browser()
    page = visitor.get(f"/{path}")
    if page.status_code == 303:  # a later step: its flow begins with the first
        page = visitor.get(page["Location"])
    flow = page.content.decode().partition('name="flow" value="')[2].partition('"')[0]
    ours, theirs = (
        visitor.post(f"/{path}", {"flow": flow}, headers={"origin": origin})
        for origin in (ISSUER, "https://evil.example")
    )
    assert (ours.status_code, theirs.status_code) == (200, 403)


@every_address
def test_address_is_cached_as_it_says(grace: Browser, path: str) -> None:
    """Nothing about anybody is kept anywhere; what is the same for all may be, without cookies."""
    row = TABLE[path]
    for method in row.methods.split():
        answer = ask(grace, method, path)
        assert answer.headers["Cache-Control"].startswith(row.caching)
        assert not (row.caching == A_WHILE and answer.cookies)


@every_address
def test_address_sets_only_cookies_bound_to_this_host(grace: Browser, path: str) -> None:
    """ASVS 3.3: ``__Host-``, Secure, HttpOnly, SameSite, no Domain, whole site."""
    for client in (grace, Browser()):
        answer = ask(client, "GET", path)
        for name, cookie in answer.cookies.items():
            assert name.startswith("__Host-")
            assert (cookie["secure"], cookie["httponly"]) == (True, True)
            assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
