"""The main path, as a newcomer and an operator walk it in a real browser."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Demo
from tests.e2e.operators import sign_in as sign_in_as_operator
from tests.e2e.people import (
    NEW_PASSWORD,
    PASSWORD,
    Person,
    arrive,
    becomes_out,
    is_at,
    is_out,
    sign_in,
    sign_up,
)


def test_newcomer_edits_on_one_wiki_and_is_known_on_the_other(demo: Demo, person: Person) -> None:
    """Create account from a wiki, edit there, open the second wiki signed in, change, sign out."""
    english, french = demo.wikis
    page = person()
    sign_up(page, english, "Nomad of the hills")
    is_at(page, english)

    page.goto(f"{english}/edit/Main_Page")
    page.locator("#page-text").fill("The hills are green today.")
    page.locator("#save").click()
    expect(page.locator("#last-change")).to_contain_text("Nomad of the hills")
    page.goto(f"{english}/history/Main_Page")
    expect(page.locator("#revisions .author").first).to_have_text("Nomad of the hills")

    page.goto(french)
    expect(page.locator("#account-name")).to_have_text("Nomad of the hills")

    page.goto(f"{demo.issuer}/account/password")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()

    page.goto(english)
    page.locator("#sign-out").click()
    expect(page.locator("#logged-out")).to_be_visible()
    becomes_out(page, french)
    assert is_out(page, english)

    sign_in(page, english, "Nomad of the hills", NEW_PASSWORD)
    expect(page.locator("#account-name")).to_have_text("Nomad of the hills")


def test_locked_account_is_out_everywhere(demo: Demo, person: Person) -> None:
    """An operator locks an account: both wikis drop it, and the old session opens nothing."""
    english, french = demo.wikis
    page = person()
    sign_up(page, english, "Trouble Maker")
    page.goto(french)
    expect(page.locator("#account-name")).to_have_text("Trouble Maker")

    operator = person()
    sign_in_as_operator(operator, demo)
    operator.get_by_role("link", name="Accounts", exact=True).first.click()
    arrive(operator, "Accounts")
    operator.locator("#searchbar").fill("Trouble Maker")
    operator.locator("#searchbar").press("Enter")
    expect(operator).to_have_url(re.compile(r"\?q=Trouble"))
    operator.get_by_role("link", name="Trouble Maker").first.click()
    operator.get_by_role("link", name="Lock this account").click()
    operator.get_by_label("Reason").fill("drill")
    operator.get_by_role("button", name=re.compile("^Lock")).click()
    arrive(operator, "The account is locked")

    becomes_out(page, english)
    becomes_out(page, french)
    page.goto(f"{demo.issuer}/account/")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    sign_in(page, english, "Trouble Maker", PASSWORD)
    expect(page.get_by_role("heading", name="This account is locked")).to_be_visible()
