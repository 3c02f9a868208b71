"""An attack in the running demo, as operators learn of it: see gallery.py for the looking."""

import time
from collections.abc import Callable

import psycopg
from playwright.sync_api import Page, expect

from tests.database.watching import fail
from tests.e2e.conftest import Demo
from tests.e2e.mail import await_letter
from tests.e2e.operators import sign_in
from tests.e2e.people import Person, arrive

Look = Callable[..., None]
WITHIN_A_MINUTE = 60
OPERATORS = "operators@localhost"


def shown_on_the_first_page(page: Page, demo: Demo, words: str) -> None:
    """Looks again until the worker's next round has shown it."""
    found = page.get_by_role("link", name=words)
    deadline = time.monotonic() + WITHIN_A_MINUTE
    while True:
        page.goto(f"{demo.operator_url}/admin/")
        arrive(page, "What is wrong now")
        if found.count():
            return
        assert time.monotonic() < deadline, f"the first page never said {words}"
        time.sleep(0.5)


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
    told = await_letter(demo, OPERATORS, "One network fails at many accounts")
    assert "60 passwords failed at" in told.text
    await_letter(demo, OPERATORS, "Rows of the database are not ours")
    assert "Call 0900" not in demo.letters()

    page.get_by_role("link", name="One network fails at many accounts").click()
    arrive(page, "One network fails at many accounts")
    look(page, "operator-alert")
    page.get_by_role("link", name="Acknowledge").click()
    expect(page.get_by_label("Note")).to_be_visible()
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
    expect(page.get_by_role("link", name="Drop it")).to_be_visible()
    look(page, "operator-job")
    page.get_by_role("link", name="Drop it").click()
    expect(page.get_by_role("button", name="Drop it for good")).to_be_visible()
    look(page, "operator-job-drop")
    page.get_by_role("button", name="Drop it for good").click()
    expect(page.get_by_role("heading", name="It is dropped")).to_be_visible()
