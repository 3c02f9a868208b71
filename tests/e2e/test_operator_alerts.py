"""An attack in the running demo, as operators learn of it: see gallery.py for the looking."""

from collections.abc import Callable

import psycopg
from playwright.sync_api import Page, expect

from tests.database.watching import fail
from tests.e2e.conftest import Demo
from tests.e2e.operators import sign_in
from tests.e2e.people import Person

Look = Callable[..., None]
WITHIN_A_MINUTE = 60_000


def shown_on_the_first_page(page: Page, demo: Demo, words: str) -> None:
    """Looks again until the worker's next round has shown it."""

    def look_again() -> None:
        page.goto(f"{demo.operator_url}/admin/")

    look_again()
    found = page.get_by_role("link", name=words)
    waited = 0
    while not found.count():
        assert waited < WITHIN_A_MINUTE
        page.wait_for_timeout(500)
        waited += 500
        look_again()


def test_attack_is_on_the_operators_first_page_and_in_their_mail_within_a_minute(
    demo: Demo, person: Person, look: Look
) -> None:
    """Guesses over many names from one network, and a forged letter: seen, looked at, done."""
    roles = demo.description["roles"]
    with psycopg.connect(roles["web"]["VAULT_URL"], autocommit=True) as web:
        for n in range(60):
            fail(web, f"Nobody {n}", "203.0.113.7/32")
    with psycopg.connect(roles["owner"]["VAULT_URL"], autocommit=True) as owner:
        owner.execute("SET ROLE authsite_owner")
        owner.execute(
            "INSERT INTO vault.outbox (kind, payload) VALUES"
            ' (\'letter\', \'{"template": "password_changed", "username": "Call 0900"}\')'
        )
    page = person()
    sign_in(page, demo)
    shown_on_the_first_page(page, demo, "One network fails at many accounts")
    shown_on_the_first_page(page, demo, "Rows of the database are not ours")
    look(page, "operator-overview-alerts")
    assert "To: operators@" in demo.letters()
    assert "60 passwords failed at" in demo.letters()
    assert "Call 0900" not in demo.letters()

    page.get_by_role("link", name="One network fails at many accounts").click()
    look(page, "operator-alert")
    page.get_by_role("link", name="Acknowledge").click()
    look(page, "operator-alert-acknowledge")
    page.get_by_label("Note").fill("Shut out at the proxy.")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("heading", name="The alert is acknowledged")).to_be_visible()
    look(page, "operator-alert-acknowledged", few=True)
    page.goto(f"{demo.operator_url}/admin/alerts/")
    look(page, "operator-alerts")

    page.goto(f"{demo.operator_url}/admin/outbox/?state=dead")
    look(page, "operator-outbox")
    page.get_by_role("link", name="Letter").first.click()
    look(page, "operator-job")
    page.get_by_role("link", name="Drop it").click()
    look(page, "operator-job-drop")
    page.get_by_role("button", name="Drop it for good").click()
    expect(page.get_by_role("heading", name="It is dropped")).to_be_visible()
