"""Every page of the operator's site, looked at: see gallery.py."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import Demo
from tests.e2e.people import Person, sign_up

Look = Callable[..., None]


def test_operators_pages_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """From the sign-in to a locked account: lists, facts, the question and what was done."""
    for name in ("Wanda the quiet", "Mallory"):
        sign_up(person(), demo.wikis[0], name)
    operator = demo.account(operator=True)
    page = person()
    page.goto(f"{demo.operator_url}/admin/")
    look(page, "operator-sign-in")
    page.get_by_label("User name").fill(operator["username"])
    page.get_by_label("Password", exact=True).fill("not the one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "operator-sign-in-error")
    page.get_by_label("Password", exact=True).fill(operator["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation").first).to_be_visible()

    page.goto(f"{demo.operator_url}/admin/accounts/?q=Mallory")
    page.get_by_role("link", name="Mallory").first.click()
    look(page, "operator-account")
    page.get_by_role("link", name="Lock this account").click()
    look(page, "operator-lock")
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "operator-lock-error")
    page.get_by_label("Reason").fill("Signs in as others; reported by three people.")
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("status").first).to_be_visible()
    look(page, "operator-locked")
    page.get_by_role("link", name="Back to Mallory").click()
    look(page, "operator-account-locked")

    for name in ("account", "wiki", "event"):
        page.goto(f"{demo.operator_url}/admin/{name}s/")
        look(page, f"operator-{name}s")
    page.goto(f"{demo.operator_url}/admin/wikis/")
    page.get_by_role("link", name="English wiki").first.click()
    look(page, "operator-wiki")
    page.goto(f"{demo.operator_url}/admin/")
    look(page, "operator-overview")
    page.goto(f"{demo.operator_url}/admin/nowhere")
    look(page, "operator-not-found")
