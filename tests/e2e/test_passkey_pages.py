"""Every page of passkeys, looked at: on a phone and a desktop, in light and dark."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.authenticators import plug_in
from tests.e2e.conftest import Demo
from tests.e2e.people import PASSWORD, Person, arrive, has_error, keep_codes, sign_up
from tests.e2e.test_passkeys import a_name, add_passkey, by_password, is_in, to_sign_in

Look = Callable[..., None]


def test_pages_of_signing_up_and_in_by_passkey_are_fit_to_be_seen(
    demo: Demo, person: Person, look: Look
) -> None:
    """Sign-up, its passkey, its codes, the account, what one holds, a failed prompt, recovery."""
    page = person()
    plug_in(page)
    page.goto(demo.wikis[0])
    page.locator("#create-account").click()
    arrive(page, "Create account")
    look(page, "sign-up-either-way")
    name = a_name("Somebody to look at")
    page.get_by_label("User name").fill(name)
    page.get_by_role("button", name="Use a passkey instead of a password").click()
    arrive(page, "Create your passkey")
    look(page, "sign-up-passkey")
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_label("Type one of the codes")).to_be_visible()
    look(page, "sign-up-passkey-codes")
    keep_codes(page)
    is_in(page, name)
    page.goto(f"{demo.issuer}/account/")
    look(page, "account-passkey-alone")
    page.goto(f"{demo.issuer}/account/two-factor")
    look(page, "two-factor-passkey-alone")
    page.get_by_role("link", name="Remove").click()
    arrive(page, "Show that it is you")
    look(page, "prove-passkey-alone")
    page.get_by_role("button", name="Use your passkey").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("your only way to sign in").first).to_be_visible()
    look(page, "two-factor-last-passkey")
    other = person()
    to_sign_in(other, demo.wikis[0])
    plug_in(other, roaming=True)
    other.get_by_role("button", name="Sign in with a passkey").click()
    expect(other.get_by_text("No passkey was shown")).to_be_visible()
    look(other, "sign-in-no-passkey")
    other.get_by_role("button", name="Lost your passkey, and have no password?").click()
    arrive(other, "Get back in without your passkey")
    look(other, "recover")
    other.get_by_label("User name").fill("Nobody at all")
    other.get_by_label("Recovery code").fill("0000")
    other.get_by_role("button", name="Continue").click()
    has_error(other)
    look(other, "recover-error")


def test_pages_of_adding_a_passkey_are_fit_to_be_seen(
    demo: Demo, person: Person, look: Look
) -> None:
    """The account before and after, the button, the codes, both factors, the second step."""
    page = person()
    name = a_name("Somebody who adds")
    sign_up(page, demo.wikis[0], name)
    page.goto(f"{demo.issuer}/account/")
    look(page, "account-password-alone")
    plug_in(page)
    page.goto(f"{demo.issuer}/account/two-factor/passkey")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    look(page, "new-passkey")
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_label("Type one of the codes")).to_be_visible()
    look(page, "new-passkey-codes")
    keep_codes(page)
    expect(page.get_by_role("heading", name="Well protected")).to_be_visible()
    look(page, "two-factor-passkey")
    page.goto(f"{demo.issuer}/account/password/remove")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Do without a password")).to_be_visible()
    look(page, "remove-password-not-yet")
    page.goto(f"{demo.issuer}/account/two-factor/rename")
    look(page, "rename-passkey")
    other = person()
    by_password(other, demo.wikis[0], name)
    expect(other.get_by_role("heading", name="One more step")).to_be_visible()
    look(other, "second-factor-passkey")
    plug_in(other)
    other.get_by_role("button", name="Use your passkey").click()
    expect(other.get_by_text("No passkey was shown")).to_be_visible()
    look(other, "second-factor-no-passkey")


def test_offer_of_a_passkey_is_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """And what is asked of who proves themself with both."""
    home = person()
    name = a_name("Somebody who is asked")
    sign_up(home, demo.wikis[0], name)
    page = person()
    plug_in(page)
    by_password(page, demo.wikis[0], name, holds_passkeys=True)
    expect(page.get_by_role("heading", name="Sign in faster next time")).to_be_visible()
    look(page, "passkey-offer")
    plug_in(home)
    add_passkey(home, demo)
    home.goto(f"{demo.issuer}/account/two-factor/remove")
    look(home, "prove-passkey")
