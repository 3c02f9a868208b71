"""Sessions as people live with them: silent, kept or not, ended elsewhere, and never half lost."""

import signal
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.people import (
    NEW_PASSWORD,
    PASSWORD,
    PATIENCE,
    Person,
    await_letter,
    becomes_out,
    plain_text,
    sign_in,
    sign_up,
)
from tests.e2e.running_demo import RunningDemo


def _visited(page: Page) -> list[str]:
    addresses: list[str] = []
    page.on("request", lambda r: addresses.append(r.url) if r.is_navigation_request() else None)
    return addresses


def test_silent_sign_in_of_a_stranger_is_answered_and_leaves_them_alone(
    demo: Demo, person: Person
) -> None:
    """The wiki asks with prompt=none, hears login_required, and shows its page to the reader."""
    page = person()
    visited = _visited(page)
    page.goto(demo.wikis[0])
    asked = [url for url in visited if "prompt=none" in url]
    answers = [url for url in visited if "error=login_required" in url]
    assert len(asked) == len(answers) == 1
    assert answers[0].startswith(f"{demo.wikis[0]}/auth/callback?")
    expect(page.locator("#sign-in")).to_be_visible()
    expect(page.locator("[role=alert]")).to_have_count(0)


def test_back_after_sign_in_leads_to_no_dead_end(demo: Demo, person: Person) -> None:
    """Neither Back nor an old bookmark shows a sign-in form to somebody who is signed in."""
    sign_up(person(), demo.wikis[0], "Looks Back")
    page = person()
    sign_in(page, demo.wikis[0], "Looks Back", PASSWORD)
    expect(page.locator("#account-name")).to_have_text("Looks Back")
    page.go_back()
    expect(page.locator("#account-name")).to_have_text("Looks Back")
    expect(page.get_by_role("heading", name="Main Page")).to_be_visible()
    page.goto(f"{demo.issuer}/login")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "not-kept"])
def test_session_after_the_browser_was_closed(demo: Demo, person: Person, kept: bool) -> None:
    """It goes on where one asked for that, and only there."""
    account = demo.account(operator=False)
    page = person()
    page.goto(f"{demo.issuer}/login")
    page.get_by_label("User name").fill(account["username"])
    page.get_by_label("Password", exact=True).fill(account["password"])
    page.get_by_label("Keep me signed in on this device").set_checked(kept)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    state: Any = page.context.storage_state()
    # Closing the browser drops the cookies that have no end of their own.
    state["cookies"] = [cookie for cookie in state["cookies"] if cookie["expires"] > 0]
    later = person(storage_state=state)
    later.goto(f"{demo.issuer}/account/")
    heading = "Your account" if kept else "Sign in"
    expect(later.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_changed_password_ends_other_sessions_and_sends_a_letter(
    demo: Demo, person: Person
) -> None:
    """Another device is signed out of the wiki, and the owner can read that it was changed."""
    made = demo.manage(
        *("createaccount", "Careful Owner", "--email", "owner@example.org", "--password-stdin"),
        given=f"{PASSWORD}\n",
    )
    assert made.returncode == 0, made.stderr
    elsewhere = person()
    sign_in(elsewhere, demo.wikis[0], "Careful Owner", PASSWORD)
    expect(elsewhere.locator("#account-name")).to_be_visible()
    page = person()
    sign_in(page, demo.wikis[1], "Careful Owner", PASSWORD)
    expect(page.locator("#account-name")).to_be_visible()
    page.goto(f"{demo.issuer}/account/password")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("1 other sign-in was ended.")).to_be_visible()
    becomes_out(elsewhere, demo.wikis[0])
    page.goto(demo.wikis[1])
    expect(page.locator("#account-name")).to_have_text("Careful Owner")
    await_letter(page, demo.wikis[1], "owner@example.org").click()
    letter = plain_text(page)
    expect(letter).to_contain_text("Careful Owner")
    expect(letter).to_contain_text("Reference:")
    expect(letter).not_to_contain_text(NEW_PASSWORD)


def test_text_typed_while_the_session_ended_elsewhere_is_saved_after_signing_in(
    demo: Demo, person: Person
) -> None:
    """Signing out in another tab costs no word of an edit, and it is saved under the name."""
    page = person()
    sign_up(page, demo.wikis[0], "Slow Writer")
    page.goto(f"{demo.wikis[0]}/edit/Harbour_at_night")
    page.locator("#page-text").fill("Nobody is awake but the lamps.")
    page.locator("#summary").fill("first words")
    tab = page.context.new_page()
    tab.goto(f"{demo.issuer}/logout")
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="You are signed out")).to_be_visible()
    becomes_out(tab, demo.wikis[0])
    page.locator("#save").click()
    expect(page.locator("#session-over")).to_be_visible()
    page.locator("#sign-in-and-go-on").click()
    page.get_by_label("User name").fill("Slow Writer")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#page-text")).to_have_value("Nobody is awake but the lamps.")
    expect(page.locator("#summary")).to_have_value("first words")
    page.locator("#save").click()
    expect(page.locator("#last-change")).to_contain_text("Slow Writer")


@pytest.fixture
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A demo of its own, to be killed."""
    running = RunningDemo(tmp_path_factory.mktemp("fragile") / "var")
    yield running
    running.forget()


def test_logout_that_was_not_yet_told_survives_a_crash_of_everything(
    fragile: RunningDemo, person: Person
) -> None:
    """The worker stands still, the person signs out, all is killed: the wiki hears it anyway."""
    demo = Demo(fragile.start())
    page = person()
    sign_up(page, demo.wikis[0], "Power Cut")
    assert fragile.process is not None
    children = psutil.Process(fragile.process.pid).children(recursive=True)
    workers = [child for child in children if "runworker" in child.cmdline()]
    for worker in workers:
        worker.send_signal(signal.SIGSTOP)
    page.goto(f"{demo.issuer}/logout")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto(demo.wikis[0])
    expect(page.locator("#account-name")).to_have_text("Power Cut")  # nobody has told it yet
    fragile.stop(signal.SIGKILL)
    for worker in workers:
        worker.kill()  # stopped, it would not hear that its parent is gone
    _, alive = psutil.wait_procs(children, timeout=PATIENCE)  # they let go of their ports
    assert alive == []
    fragile.start()
    becomes_out(page, demo.wikis[0])
    page.goto(f"{demo.issuer}/account/")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
