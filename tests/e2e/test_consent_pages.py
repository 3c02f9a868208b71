"""A wiki of somebody else's in a real browser: it asks, is let know, and is told no more."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo import Demo
from tests.e2e.people import PASSWORD, PATIENCE, Person

Look = Callable[..., None]
SCOPE = "openid profile email offline_access"
BACK = "Back at the harbour"


class Foreign:
    """A wiki that is none of the demo's: registered, and what comes to its addresses."""

    def __init__(self, port: int) -> None:
        self.home = f"http://harbour.localhost:{port}"
        self.answers: Queue[dict[str, str]] = Queue()
        self.logouts: Queue[str] = Queue()
        self.issuer = self.client_id = ""

    def register(self, demo: Demo, name: str) -> None:
        """Registers it as somebody else's."""
        metadata = {
            "client_uri": f"{self.home}/",
            "redirect_uris": [f"{self.home}/callback"],
            "backchannel_logout_uri": f"{self.home}/backchannel",
            "token_endpoint_auth_method": "none",
            "scope": SCOPE,
            "policy_uri": f"{self.home}/privacy",
        }
        made = demo.manage("addwiki", name, "--metadata", "-", given=json.dumps(metadata))
        assert made.returncode == 0, made.stderr
        self.issuer = demo.issuer
        self.client_id = str(json.loads(made.stdout)["client_id"])

    def address(self, **changes: str) -> str:
        """Where it sends people to sign in."""
        digest = hashlib.sha256(secrets.token_bytes(32)).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        asked = {
            "client_id": self.client_id,
            "redirect_uri": f"{self.home}/callback",
            "response_type": "code",
            "scope": "openid profile email",
            "state": "s",
            "nonce": "n",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{self.issuer}/oauth/authorize?{urlencode(asked)}"

    def answered(self, page: Page) -> dict[str, str]:
        """What has come back to it, with the person."""
        expect(page.get_by_role("heading", name=BACK)).to_be_visible()
        return self.answers.get(timeout=PATIENCE)


@pytest.fixture
def foreign() -> Iterator[Foreign]:
    """A server on a free port that keeps what it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._take(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._take(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _take(self, sent: str) -> None:
            said = dict(parse_qsl(sent))
            if self.path.startswith("/backchannel"):
                wiki.logouts.put(said["logout_token"])
            elif self.path.startswith("/callback"):
                wiki.answers.put(said)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Harbour</title><h1>{BACK}</h1>".encode())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    wiki = Foreign(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield wiki
    server.shutdown()
    thread.join()
    server.server_close()


def payload(token: str) -> dict[str, Any]:
    """What a token says; that it is ours is tried elsewhere."""
    part = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def sign_up(page: Page, demo: Demo, name: str) -> None:
    """An account with an address."""
    page.goto(f"{demo.issuer}/signup")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("E-mail").fill(f"{name.split(maxsplit=1)[0].lower()}@example.org")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def heading(page: Page) -> Any:
    """The page's heading."""
    return page.get_by_role("heading", level=1)


def test_consent_is_asked_given_grown_and_taken_back(
    demo: Demo, foreign: Foreign, person: Person, look: Look
) -> None:
    """Through the sign-in page, in a browser that holds a form's redirect against its policy."""
    foreign.register(demo, "Harbour wiki")
    page = person()
    sign_up(page, demo, "Marguerite of the harbour")
    page.goto(f"{demo.issuer}/account/wikis")
    look(page, "own-wikis-none")
    page.context.clear_cookies(name="__Host-session")
    page.goto(foreign.address())
    expect(page.get_by_text("to continue to Harbour wiki (harbour.localhost:")).to_be_visible()
    page.get_by_label("User name").fill("Marguerite of the harbour")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(heading(page)).to_have_text("Let Harbour wiki know who you are?")
    look(page, "consent")
    page.get_by_role("button", name="Let it know").click()
    assert set(foreign.answered(page)) == {"code", "state", "iss"}
    page.goto(foreign.address())
    assert "code" in foreign.answered(page)
    page.goto(foreign.address(scope=SCOPE))
    expect(page.get_by_text("New", exact=True)).to_have_count(1)
    look(page, "consent-to-more")
    page.get_by_role("button", name="Don’t").click()
    assert foreign.answered(page)["error"] == "access_denied"
    page.goto(foreign.address(scope=SCOPE, response_mode="form_post"))
    page.get_by_role("button", name="Let it know").click()
    assert "code" in foreign.answered(page)
    page.goto(foreign.address(prompt="consent"))
    look(page, "consent-once-more")
    page.goto(f"{demo.issuer}/account/")
    page.get_by_role("link", name="See which wikis know you").click()
    expect(heading(page)).to_have_text("Wikis that know you")
    look(page, "own-wikis")
    page.get_by_role("link", name="Take it back").click()
    expect(heading(page)).to_have_text("Should Harbour wiki know you no more?")
    look(page, "withdraw-consent")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("No wiki but our own knows you")).to_be_visible()
    said = payload(foreign.logouts.get(timeout=PATIENCE))
    assert said["aud"] == foreign.client_id
    assert {"sub", "sid"} <= said.keys()
    page.goto(foreign.address())
    expect(heading(page)).to_have_text("Let Harbour wiki know who you are?")


def test_consent_by_keyboard_without_a_script(demo: Demo, foreign: Foreign, person: Person) -> None:
    """Tab and Enter, and no script; who is not the one signs in as who they are."""
    foreign.register(demo, "Keyboard wiki")
    page = person(java_script_enabled=False)
    sign_up(page, demo, "Odile of the harbour")
    page.goto(foreign.address())
    page.get_by_role("button", name="Let it know").focus()
    page.keyboard.press("Enter")
    assert "code" in foreign.answered(page)
    page.goto(foreign.address(prompt="consent"))
    page.get_by_role("button", name="Let it know").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert foreign.answered(page)["error"] == "access_denied"
    page.goto(foreign.address(prompt="consent"))
    page.get_by_role("button", name="Not you?").click()
    expect(page.get_by_label("User name")).to_have_value("")


def test_consent_to_a_wiki_with_a_long_name_of_markup_is_fit_to_be_seen(
    demo: Demo, foreign: Foreign, person: Person, look: Look
) -> None:
    """Whatever it calls itself, the page stands, and runs nothing of it."""
    foreign.register(
        demo, "<script>alert(1)</script> Wiki of everything in the harbour and of longwordslikethis"
    )
    page = person()
    page.on("dialog", lambda _dialog: pytest.fail("a script of the wiki's name has run"))
    sign_up(page, demo, "Perpetua of the harbour and all the ships that ever lay in it")
    page.goto(foreign.address(scope=SCOPE))
    expect(page.get_by_role("button", name="Let it know")).to_be_visible()
    look(page, "consent-long-name")
    page.get_by_role("button", name="Let it know").click()
    assert "code" in foreign.answered(page)
    page.goto(f"{demo.issuer}/account/wikis")
    look(page, "own-wikis-long-name")


def test_consent_in_another_language_after_a_demanded_sign_in_asks_no_password_again(
    demo: Demo, foreign: Foreign, person: Person
) -> None:
    """With ``prompt=login``: the password once, the page in French, and the answer is a code."""
    foreign.register(demo, "Quay wiki")
    page = person()
    sign_up(page, demo, "Blaise of the harbour")
    page.goto(foreign.address(prompt="login"))
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(heading(page)).to_have_text("Let Quay wiki know who you are?")
    page.get_by_label("Language").select_option("fr")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_text("Quay wiki")).to_be_visible()
    expect(page.locator("input[type=password]")).to_have_count(0)
    page.locator("button[value=allow]").click()
    assert "code" in foreign.answered(page)
