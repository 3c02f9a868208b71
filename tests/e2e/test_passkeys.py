"""People with passkeys, in a real browser with Chromium's virtual authenticators."""

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.authenticators import Device, plug_in
from tests.e2e.conftest import Demo
from tests.e2e.people import (
    PASSWORD,
    Person,
    arrive,
    becomes_out,
    keep_codes,
    sign_out,
    sign_up,
)

PHONE = {"viewport": {"width": 390, "height": 844}}
_numbers = count(1)


def a_name(who: str) -> str:
    """A name that nobody has yet."""
    return f"{who} {next(_numbers)}"


def is_in(page: Page, name: str) -> None:
    """One is at a wiki, and signed in."""
    expect(page.locator("#account-name")).to_have_text(name)


def sign_up_by_passkey(page: Page, wiki: str, name: str) -> list[str]:
    """From a wiki's front page to a new account without a password; gives its codes."""
    page.goto(wiki)
    page.locator("#create-account").click()
    page.get_by_label("User name").fill(name)
    page.get_by_role("button", name="Use a passkey instead of a password").click()
    page.get_by_role("button", name="Create passkey").click()
    codes = keep_codes(page)
    is_in(page, name)
    return codes


def add_passkey(page: Page, demo: Demo) -> None:
    """From one's account page, with a password: two clicks and the codes."""
    page.goto(f"{demo.issuer}/account/")
    page.get_by_role("link", name="add a passkey", exact=True).click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Create passkey").click()
    keep_codes(page)
    expect(page.get_by_role("heading", name="Well protected")).to_be_visible()


def press_sign_in(page: Page, wiki: str) -> None:
    """From a wiki's front page to the sign-in page, which may go on by itself at once."""
    page.goto(wiki)
    page.locator("#sign-in").click()


def to_sign_in(page: Page, wiki: str) -> None:
    """From a wiki's front page to the sign-in page, which has asked the browser for passkeys."""
    press_sign_in(page, wiki)
    arrive(page, "Sign in")
    page.wait_for_load_state()


def by_password(page: Page, wiki: str, name: str, *, holds_passkeys: bool = False) -> None:
    """From a wiki's front page, by name and password; perhaps where passkeys can be held."""
    to_sign_in(page, wiki)
    if holds_passkeys:  # the browser says so after a moment
        expect(page.locator("input[data-platform]")).to_have_value("yes")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def fresh_browser(person: Person, device: Device) -> tuple[Page, Device]:
    """Another browser of the same person, whose keychain has come along."""
    page = person()
    there = plug_in(page)
    device.move_to(there)
    return page, there


def test_newcomer_without_a_password_is_in_at_both_wikis(demo: Demo, person: Person) -> None:
    """On a phone: name, passkey, codes; the second wiki asks for nothing."""
    page = person(**PHONE)
    plug_in(page)
    name = a_name("Newcomer with a thumb")
    sign_up_by_passkey(page, demo.wikis[0], name)
    page.goto(demo.wikis[1])
    is_in(page, name)
    page.goto(f"{demo.issuer}/account/")
    expect(page.get_by_text("None: you sign in with a passkey")).to_be_visible()


def test_passkey_offered_in_the_user_name_signs_in_by_itself(demo: Demo, person: Person) -> None:
    """Conditional UI: nobody presses anything on the page (the device's owner agrees at once)."""
    page = person()
    device = plug_in(page)
    name = a_name("Somebody with autofill")
    sign_up_by_passkey(page, demo.wikis[0], name)
    other, _ = fresh_browser(person, device)
    press_sign_in(other, demo.wikis[0])
    is_in(other, name)


def test_passkey_added_in_two_clicks_signs_in_with_it_alone(demo: Demo, person: Person) -> None:
    """From the account page's own suggestion; afterwards by the button, and kept signed in."""
    page = person(**PHONE)
    name = a_name("Somebody who adds one")
    sign_up(page, demo.wikis[0], name)
    device = plug_in(page)
    add_passkey(page, demo)
    other = person()
    to_sign_in(other, demo.wikis[1])
    there = plug_in(other)
    there.wait()  # or the autofill would be answered at once
    device.move_to(there)
    other.get_by_label("Keep me signed in").check()
    there.agree()
    other.get_by_role("button", name="Sign in with a passkey").click()
    is_in(other, name)
    kept = [c for c in other.context.cookies(demo.issuer) if c["name"] == "__Host-session"]
    assert kept[0]["expires"] > 0


def test_second_step_asks_for_the_passkey_first_and_offers_the_others(
    demo: Demo, person: Person
) -> None:
    """After a password; declined, one takes another way, and gets in."""
    page = person()
    name = a_name("Somebody in two steps")
    sign_up(page, demo.wikis[0], name)
    device = plug_in(page)
    add_passkey(page, demo)
    other = person()
    by_password(other, demo.wikis[0], name)
    there = plug_in(other)
    device.move_to(there)
    other.get_by_role("button", name="Use your passkey").click()
    is_in(other, name)


def test_security_key_that_only_needs_a_touch_is_good_after_the_password(
    demo: Demo, person: Person
) -> None:
    """W21: roaming, without a PIN and without memory; it says so, and is never the only step."""
    page = person()
    name = a_name("Somebody with an old key")
    sign_up(page, demo.wikis[0], name)
    device = plug_in(page, roaming=True, knows_user=False)
    add_passkey(page, demo)
    expect(page.get_by_text("Only after your password")).to_be_visible()
    assert [held["isResidentCredential"] for held in device.credentials()] == [False]
    # In the same browser: a key without memory cannot be carried over.
    sign_out(page, demo.issuer)
    becomes_out(page, demo.wikis[0])
    by_password(page, demo.wikis[1], name)
    page.get_by_role("button", name="Use your passkey").click()
    is_in(page, name)


def test_roaming_key_with_a_pin_signs_in_alone(demo: Demo, person: Person) -> None:
    """From one machine to another."""
    page = person()
    plug_in(page, roaming=True)
    name = a_name("Somebody with a good key")
    sign_up_by_passkey(page, demo.wikis[0], name)
    sign_out(page, demo.issuer)
    becomes_out(page, demo.wikis[0])
    to_sign_in(page, demo.wikis[1])
    page.get_by_role("button", name="Sign in with a passkey").click()
    is_in(page, name)


def test_passkey_prompt_that_fails_leaves_every_other_way_open(demo: Demo, person: Person) -> None:
    """W33: no device, a refusal, a shut lid: it says so, and the password still works."""
    name = a_name("Somebody without a key")
    sign_up(person(), demo.wikis[0], name)
    page = person()
    to_sign_in(page, demo.wikis[0])
    device = plug_in(page, roaming=True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="No passkey was shown")).to_be_visible()
    device.forget_user()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    is_in(page, name)


@pytest.mark.parametrize("answer", ["taken", "declined"])
def test_passkey_is_offered_once_after_a_password(demo: Demo, person: Person, answer: str) -> None:
    """On a device with a platform authenticator; either way one ends where one was going."""
    home = person()
    name = a_name("Somebody who is asked")
    sign_up(home, demo.wikis[0], name)
    page = person(**PHONE)
    device = plug_in(page)
    by_password(page, demo.wikis[0], name, holds_passkeys=True)
    expect(page.get_by_role("heading", name="Sign in faster next time")).to_be_visible()
    expect(page.get_by_text("to continue to English wiki")).to_be_visible()
    if answer == "taken":
        page.get_by_role("button", name="Add a passkey").click()
        keep_codes(page)
        is_in(page, name)
        other, _ = fresh_browser(person, device)
        press_sign_in(other, demo.wikis[1])
        is_in(other, name)
    else:
        page.get_by_role("button", name="Not now").click()
        is_in(page, name)
        sign_out(page, demo.issuer)
        becomes_out(page, demo.wikis[0])
        by_password(page, demo.wikis[1], name, holds_passkeys=True)
        is_in(page, name)


def test_lost_passkey_of_who_has_no_password_is_made_anew(demo: Demo, person: Person) -> None:
    """By name and recovery code; the codes go down by one, and the lost one is removed."""
    page = person()
    plug_in(page)
    name = a_name("Somebody who loses it")
    codes = sign_up_by_passkey(page, demo.wikis[0], name)
    other = person(**PHONE)
    to_sign_in(other, demo.wikis[0])
    plug_in(other, roaming=True)
    other.get_by_role("button", name="Lost your passkey, and have no password?").click()
    arrive(other, "Get back in without your passkey")
    other.get_by_label("User name").fill(name)
    other.get_by_label("Recovery code").fill(codes[2].lower())
    other.get_by_role("button", name="Continue").click()
    other.get_by_role("button", name="Create passkey").click()
    expect(other.get_by_role("heading", name="Your new passkey is ready")).to_be_visible()
    other.get_by_role("button", name="Sign in", exact=True).click()
    other.get_by_role("button", name="Sign in with a passkey").click()
    is_in(other, name)
    other.goto(f"{demo.issuer}/account/two-factor")
    expect(other.get_by_text("9 left")).to_be_visible()
    other.get_by_role("link", name="Remove").first.click()
    other.get_by_role("button", name="Use your passkey").click()
    other.get_by_role("button", name="Remove it").click()
    expect(other.get_by_role("link", name="Rename")).to_have_count(1)


def test_second_passkey_lets_the_password_go_and_come_back(demo: Demo, person: Person) -> None:
    """W19, W25: two keys, no password; then a password again."""
    page = person()
    name = a_name("Somebody without passwords")
    sign_up(page, demo.wikis[0], name)
    plug_in(page)
    add_passkey(page, demo)
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("New name").fill("Laptop")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("heading", name="Laptop")).to_be_visible()
    plug_in(page, roaming=True)
    page.get_by_role("link", name="Add another passkey").click()
    page.get_by_role("button", name="Use your passkey").click()
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_role("link", name="Rename")).to_have_count(2)
    page.get_by_role("link", name="Remove the password").click()
    page.get_by_role("button", name="Remove the password").click()
    expect(page.get_by_text("There is no password")).to_be_visible()
    page.goto(f"{demo.issuer}/account/password")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
