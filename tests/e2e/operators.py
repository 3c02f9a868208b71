"""An operator in a real browser: a virtual authenticator, the console's link, the sign-in."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo

# A laptop with a fingerprint reader whose owner's finger lies on it.
AUTHENTICATOR: dict[str, Any] = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_authenticator(page: Page, **changes: Any) -> None:
    """Gives the page's browser an authenticator, for as long as the page is open."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {**AUTHENTICATOR, **changes}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def a_link(demo: Demo) -> str:
    """A new link for the demo's operator, as the console prints it."""
    made = demo.manage("inviteoperator", demo.account(operator=True)["username"], "--json")
    assert made.returncode == 0, made.stderr
    link: str = json.loads(made.stdout)["operator_enrolment_url"]
    return link


def enrol(page: Page, link: str) -> None:
    """Follows the link and makes a passkey."""
    page.goto(link)
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_text("Your passkey is enrolled")).to_be_visible()


def sign_in(page: Page, demo: Demo) -> None:
    """Signs the demo's operator in, in a browser that gets an authenticator and a passkey."""
    give_authenticator(page)
    enrol(page, a_link(demo))
    page.goto(f"{demo.operator_url}/admin/")
    page.get_by_role("button", name=re.compile("Sign in with your passkey")).click()
    expect(page.get_by_role("heading", name="What is wrong now")).to_be_visible()
