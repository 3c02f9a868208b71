"""The demo wikis' pages, looked at: see gallery.py."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import Demo
from tests.e2e.people import Person, await_letter, plain_text, sign_up

Look = Callable[..., None]


def test_wiki_pages_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """Reading, editing, history, a session that has ended meanwhile, and signing out."""
    english, french = demo.wikis
    page = person()
    page.goto(french)
    look(page, "wiki-front-french")
    page.goto(f"{english}/edit/Main_Page")
    look(page, "wiki-sign-in-to-edit")
    sign_up(page, english, "Marguerite of the lighthouse")
    look(page, "wiki-front")
    page.goto(f"{english}/pages")
    look(page, "wiki-all-pages")
    page.goto(f"{english}/wiki/Harbour")
    look(page, "wiki-missing-page")
    page.goto(f"{english}/edit/Tide")
    page.locator("#page-text").fill("The tide comes twice a day.\n\nSee [[Lighthouse]].")
    page.locator("#summary").fill("said it shorter")
    look(page, "wiki-edit")
    page.locator("#save").click()
    expect(page.locator("#last-change")).to_contain_text("Marguerite")
    page.goto(f"{english}/history/Tide")
    look(page, "wiki-history")
    page.goto(f"{english}/history/Tide/2")
    look(page, "wiki-change")
    page.goto(f"{english}/edit/Lighthouse")
    page.locator("#page-text").fill("It took an hour to write this.")
    page.context.clear_cookies(name="__Host-wiki-session")
    page.locator("#save").click()
    expect(page.locator("#session-over")).to_be_visible()
    look(page, "wiki-session-over")
    page.locator("#sign-in-and-go-on").click()
    expect(page.locator("#save")).to_be_visible()
    expect(page.locator("#page-text")).to_have_value("It took an hour to write this.")
    look(page, "wiki-edit-again")
    page.locator("#sign-out").click()
    expect(page.locator("#logged-out")).to_be_visible()
    look(page, "wiki-signed-out")


def test_wiki_mail_is_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """The mailbox of the demo and a letter in it."""
    made = demo.manage("createaccount", "Letter Reader", "--email", "reader@example.org")
    assert made.returncode == 0, made.stderr
    done = demo.manage("lockaccount", "Letter Reader", "--reason", "to have a letter")
    assert done.returncode == 0, done.stderr
    page = person()
    letter = await_letter(page, demo.wikis[0], "reader@example.org")
    look(page, "wiki-mail")
    letter.click()
    expect(page.frame_locator("#letter-html").get_by_text("Hello Letter Reader,")).to_be_visible()
    look(page, "wiki-letter")
    plain_text(page)
    look(page, "wiki-letter-text")
