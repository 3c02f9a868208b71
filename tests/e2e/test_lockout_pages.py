"""The lockouts of the operator's site, as an operator takes and undoes them in a browser."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Demo
from tests.e2e.operators import sign_in
from tests.e2e.people import Person, sign_up

Look = Callable[..., None]


@pytest.fixture(autouse=True)
def _open_again(demo: Demo) -> Iterator[None]:
    """Whatever becomes of a test here, the demo is open for the next one."""
    yield
    demo.manage("opendoor", "unknown-devices", "--reason", "the test is over")


def test_lockouts_pages_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """Closing the site to unknown browsers, a list of accounts, and undoing both."""
    for name in ("Tess the first", "Tess the second"):
        sign_up(person(), demo.wikis[0], name)
    page = person()
    sign_in(page, demo)
    page.goto(f"{demo.operator_url}/admin/lockouts/")
    look(page, "operator-lockouts")
    for address in ("end-all-sessions", "withdraw-keys", "close/sign_in"):
        page.goto(f"{demo.operator_url}/admin/lockouts/{address}/")
        look(page, f"operator-{address.replace('/', '-')}")
    page.goto(f"{demo.operator_url}/admin/lockouts/close/unknown_devices/")
    look(page, "operator-close-unknown-devices")
    page.get_by_label("Reason").fill("Passwords that leaked elsewhere are tried here.")
    page.get_by_label("Until when").select_option("4h")
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_role("heading", name="It is closed")).to_be_visible()
    look(page, "operator-closed")

    page.goto(f"{demo.operator_url}/admin/lockouts/accounts/")
    look(page, "operator-lock-list")
    page.get_by_label("Accounts").fill("Tess the first\nTess the second\nTess of nowhere")
    page.get_by_role("button", name="See whom it means").click()
    expect(page.get_by_text("2 accounts are locked: Tess the first")).to_be_visible()
    look(page, "operator-lock-list-seen")
    page.get_by_label("Reason").fill("They were made by one script.")
    page.get_by_role("button", name="Lock these accounts").click()
    expect(page.get_by_role("heading", name="The list is locked")).to_be_visible()
    look(page, "operator-list-locked")
    page.goto(f"{demo.operator_url}/admin/lockouts/")
    look(page, "operator-lockouts-live")
    page.goto(f"{demo.operator_url}/admin/")
    look(page, "operator-overview-closed")

    # A stranger's browser is told so, at the auth site, whatever the name.
    stranger = person()
    stranger.goto(f"{demo.issuer}/login")
    stranger.get_by_label("User name").fill("Tess the first")
    stranger.get_by_label("Password", exact=True).fill("a password of somebody's")
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger.get_by_role("heading", name="This account is locked")).to_be_visible()
    stranger.goto(f"{demo.issuer}/login")
    stranger.get_by_label("User name").fill("Nobody of that name")
    stranger.get_by_label("Password", exact=True).fill("a password of somebody's")
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger.get_by_role("heading", name="Signing in is limited")).to_be_visible()
    look(stranger, "sign-in-limited")

    page.goto(f"{demo.operator_url}/admin/lockouts/")
    for undo in ("Accounts of the list are unlocked", "It is open again"):
        page.get_by_role("link", name="Undo…").first.click()
        page.get_by_label("Reason").fill("It is over.")
        page.locator("form.passkey button[data-working]").click()
        expect(page.get_by_role("heading", name=undo)).to_be_visible()
        page.goto(f"{demo.operator_url}/admin/lockouts/")
    expect(page.get_by_text("Nothing is closed")).to_be_visible()
