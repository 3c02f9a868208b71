"""A wiki that cannot call back: it gets an ID token by a form that the browser posts to it."""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.people import PATIENCE, Person


class Island:
    """The receiving end of such a wiki: what browsers posted to it."""

    def __init__(self, port: int, received: "Queue[dict[str, str]]") -> None:
        self.home = f"http://island.localhost:{port}/"
        self.callback = f"{self.home}callback"
        self.client_id = ""
        self.state = secrets.token_urlsafe(16)
        self.nonce = secrets.token_urlsafe(16)
        self.received = received

    def register(self, demo: Demo) -> None:
        """Registers it as one of the family's own."""
        done = demo.manage(
            *("addwiki", "Island wiki", "--first-party", "--json"),
            *("--home", self.home, "--redirect-uri", self.callback),
            *("--response-type", "id_token"),
        )
        assert done.returncode == 0, done.stderr
        self.client_id = json.loads(done.stdout)["client_id"]

    def request(self) -> str:
        """The query of its authorization request."""
        return urlencode(
            {
                "client_id": self.client_id,
                "redirect_uri": self.callback,
                "response_type": "id_token",
                "response_mode": "form_post",
                "scope": "openid profile",
                "state": self.state,
                "nonce": self.nonce,
            }
        )


@pytest.fixture
def island() -> Iterator[Island]:
    """A server on a free port that keeps what is posted to it."""
    received: Queue[dict[str, str]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.put(dict(parse_qsl(body)))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Island</title><h1>Welcome ashore</h1>")

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Island(server.server_port, received)
    server.shutdown()
    thread.join()
    server.server_close()


def _sign_in(page: Page, demo: Demo, island: Island) -> dict[str, Any]:
    account = demo.account(operator=False)
    page.goto(f"{demo.issuer}/oauth/authorize?{island.request()}")
    expect(page.get_by_text("to continue to Island wiki")).to_be_visible()
    page.get_by_label("User name").fill(account["username"])
    page.get_by_label("Password", exact=True).fill(account["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    return account


def _claims(page: Page, demo: Demo, island: Island) -> dict[str, Any]:
    """What arrived, checked as a wiki has to check it (OpenID Connect Core 1.0, section 3.2.2)."""
    expect(page.get_by_role("heading", name="Welcome ashore")).to_be_visible()
    posted = island.received.get(timeout=PATIENCE)
    assert posted.keys() == {"id_token", "state", "iss"}
    assert (posted["state"], posted["iss"]) == (island.state, demo.issuer)
    issuer = urlsplit(demo.issuer)
    published = httpx.get(  # resolvers differ on *.localhost, so by loopback
        f"http://127.0.0.1:{issuer.port}/.well-known/jwks.json",
        headers={"Host": issuer.netloc},
        timeout=PATIENCE,
    ).json()
    token = jwt.decode(posted["id_token"], KeySet.import_key_set(published), algorithms=["RS256"])
    wanted = {
        "iss": {"essential": True, "value": demo.issuer},
        "aud": {"essential": True, "value": island.client_id},
        "nonce": {"essential": True, "value": island.nonce},
        "exp": {"essential": True},
    }
    jwt.JWTClaimsRegistry(**wanted).validate(token.claims)
    return dict(token.claims)


def test_id_token_arrives_by_itself_where_script_runs(
    demo: Demo, person: Person, island: Island
) -> None:
    """From the sign-in page straight to the wiki; and silently the next time."""
    island.register(demo)
    page = person()
    account = _sign_in(page, demo, island)
    first = _claims(page, demo, island)
    assert first["preferred_username"] == account["username"]
    page.goto(f"{demo.issuer}/oauth/authorize?{island.request()}&prompt=none")
    assert _claims(page, demo, island)["sub"] == first["sub"]


def test_page_that_posts_by_itself_is_fit_to_be_seen(
    demo: Demo, person: Person, island: Island, look: Callable[..., None]
) -> None:
    """On a slow line it is there for a while; held still here by its script's not coming."""
    island.register(demo)
    page = person()
    page.route("**/continue.js", lambda route: route.fulfill(content_type="text/javascript"))
    _sign_in(page, demo, island)
    expect(page.get_by_role("heading", name="Back to Island wiki")).to_be_visible()
    look(page, "form-post")


def test_id_token_arrives_by_a_button_where_no_script_runs(
    demo: Demo, person: Person, island: Island
) -> None:
    """The page between says where it leads, and its one button goes on."""
    island.register(demo)
    page = person(java_script_enabled=False)
    account = _sign_in(page, demo, island)
    expect(page.get_by_role("heading", name="Back to Island wiki")).to_be_visible()
    assert island.received.empty()
    page.get_by_role("button", name="Continue").click()
    assert _claims(page, demo, island)["preferred_username"] == account["username"]
