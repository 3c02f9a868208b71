"""Everything here works without JavaScript, by keyboard alone, and keeps what was typed."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Demo
from tests.e2e.people import PASSWORD, Person, arrive, has_error, is_at, sign_up


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_mistyped_sign_in_says_how_to_mend_it_and_keeps_the_name(
    demo: Demo, person: Person, script: bool
) -> None:
    """A wrong password gives an error that leads to its field; the name is still there."""
    page = person(java_script_enabled=script)
    page.goto(demo.wikis[0])
    page.locator("#sign-in").click()
    page.get_by_label("User name").fill("Ada")
    page.get_by_label("Password", exact=True).fill("not this one at all")
    page.get_by_role("button", name="Sign in", exact=True).click()
    has_error(page)
    expect(page.get_by_label("User name")).to_have_value("Ada")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    expect(page.get_by_text("to continue to English wiki")).to_be_visible()


def test_newcomer_without_script_comes_back_signed_in(demo: Demo, person: Person) -> None:
    """Sign-up needs no script."""
    page = person(java_script_enabled=False)
    sign_up(page, demo.wikis[0], "Plain Reader")


def test_sign_in_by_keyboard_alone_works(demo: Demo, person: Person) -> None:
    """Tab, type, Enter: no mouse is needed from the page to the account."""
    account = demo.account(operator=False)
    page = person()
    page.goto(f"{demo.issuer}/login")
    page.get_by_label("User name").focus()
    page.keyboard.type(account["username"])
    page.keyboard.press("Tab")
    page.keyboard.type(account["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_switching_to_sign_up_keeps_where_one_was_going(demo: Demo, person: Person) -> None:
    """From the sign-in page over to sign-up: still on the way to the same wiki."""
    page = person()
    page.goto(demo.wikis[1])
    page.locator("#sign-in").click()
    page.get_by_role("button", name="Create account").click()
    arrive(page, "Create account")
    page.get_by_label("User name").fill("Late Decider")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#account-name")).to_have_text("Late Decider")
    is_at(page, demo.wikis[1])


def test_two_tabs_with_two_wikis_do_not_mix(demo: Demo, person: Person) -> None:
    """Each tab ends where it began."""
    account = demo.account(operator=False)
    first = person()
    second = first.context.new_page()
    for page, wiki in ((first, demo.wikis[0]), (second, demo.wikis[1])):
        page.goto(wiki)
        page.locator("#sign-in").click()
        expect(page.get_by_label("User name")).to_be_visible()
    for page, wiki in ((first, demo.wikis[0]), (second, demo.wikis[1])):
        page.get_by_label("User name").fill(account["username"])
        page.get_by_label("Password", exact=True).fill(account["password"])
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator("#account-name")).to_have_text(account["username"])
        is_at(page, wiki)
