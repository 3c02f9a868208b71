"""Getting back in by letter, proving an address, undoing what somebody else did: in a browser."""

import re
from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo import Demo
from tests.e2e.mail import Letter, await_letter, letters_to
from tests.e2e.people import NEW_PASSWORD, PASSWORD, Person, arrive, becomes_out, is_at

_numbers = count(1)
SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
CONFIRM, RESET = "Is this your address?", "A new password for your account"


@pytest.fixture
def name() -> str:
    """A user name that nobody has."""
    return f"Reader of letters {next(_numbers)}"


def address_of(name: str) -> str:
    """Their first address."""
    return f"{name.lower().replace(' ', '.')}@example.org"


def sign_up(page: Page, wiki: str, name: str, *, confirmed_by: Demo | None = None) -> None:
    """From a wiki to an account with an address, and back; then the address is confirmed."""
    page.goto(wiki)
    page.locator("#create-account").click()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("E-mail").fill(address_of(name))
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#account-name")).to_have_text(name)
    if confirmed_by is not None:
        letter = await_letter(confirmed_by, address_of(name), CONFIRM)
        take_back(page, letter, "Confirm")
        expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()


def take_back(page: Page, letter: Letter, button: str, *, name: str = "") -> None:
    """Opens the link of a letter and sends the form; where no script runs, types the code."""
    page.goto(letter.link)
    field = page.get_by_label("Code from the letter")
    if page.evaluate("() => document.querySelector('[data-letter-code]').value") == "":
        field.fill(letter.code.lower().replace("-", " "))
    else:
        expect(field).to_be_hidden()
        # Nobody who looks at the screen, or goes back, finds it.
        expect(page).not_to_have_url(re.compile("#"))
    if name:
        page.get_by_label("User name").fill(name)
    page.get_by_role("button", name=button).click()


def ask_to_get_back_in(page: Page, wiki: str, by: str) -> None:
    """From a wiki to the page that says that a letter may be on its way."""
    page.goto(wiki)
    page.locator("#sign-in").click()
    page.get_by_role("button", name="Forgot your password?").click()
    page.get_by_label("User name or e-mail address").fill(by)
    page.get_by_role("button", name="Send the letter").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()


def set_password(page: Page, password: str = NEW_PASSWORD) -> None:
    """Chooses a new password, at the end of the way back."""
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    page.get_by_label("New password").fill(password)
    page.get_by_role("button", name="Set password").click()


@SCRIPT
def test_person_who_forgot_the_password_comes_back_to_where_they_were_going(
    demo: Demo, person: Person, name: str, script: bool, look: Callable[..., None]
) -> None:
    """Ask at a wiki's sign-in page, open the letter's link, choose a password, sign in, arrive."""
    wiki = demo.wikis[0]
    page = person(java_script_enabled=script)
    sign_up(page, wiki, name, confirmed_by=demo)
    page.context.clear_cookies()

    ask_to_get_back_in(page, wiki, address_of(name) if script else name)
    letter = await_letter(demo, address_of(name), RESET)
    page.goto(letter.link)
    if script:
        look(page, "reset-code-from-link")
    take_back(page, letter, "Continue")
    arrive(page, "Choose a new password")
    if script:
        look(page, "new-password")
    set_password(page)
    expect(page.get_by_text("Your new password is set")).to_be_visible()
    if script:
        look(page, "sign-in-after-reset", few=True)
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#account-name")).to_have_text(name)
    is_at(page, wiki)
    await_letter(demo, address_of(name), "A new password was set")


def test_code_typed_on_the_page_that_asked_works_too(
    demo: Demo, person: Person, name: str, look: Callable[..., None]
) -> None:
    """Whoever reads mail on another device types the code where they asked, and nothing else."""
    wiki = demo.wikis[0]
    page = person()
    sign_up(page, wiki, name, confirmed_by=demo)
    page.context.clear_cookies()
    ask_to_get_back_in(page, wiki, name)
    look(page, "reset-asked")
    letter = await_letter(demo, address_of(name), RESET)
    page.get_by_label("Code from the letter").fill(letter.code)
    page.get_by_role("button", name="Continue").click()
    set_password(page)
    expect(page.get_by_text("Your new password is set")).to_be_visible()


@SCRIPT
def test_letter_opened_in_another_browser_asks_whose_it_is(
    demo: Demo, person: Person, name: str, script: bool
) -> None:
    """There the user name has to be said; a wrong one spends nothing, and the letter works once."""
    owner = person()
    sign_up(owner, demo.wikis[0], name, confirmed_by=demo)
    ask_to_get_back_in(person(), demo.wikis[0], name)
    letter = await_letter(demo, address_of(name), RESET)

    page = person(java_script_enabled=script)
    take_back(page, letter, "Continue", name="Somebody else")
    expect(page.get_by_text("not asked for in this browser").first).to_be_visible()
    page.get_by_label("User name").fill(name)
    page.get_by_role("button", name="Continue").click()
    set_password(page)
    expect(page.get_by_text("Your new password is set")).to_be_visible()
    becomes_out(owner, demo.wikis[0])

    again = person()
    take_back(again, letter, "Continue", name=name)
    expect(again.get_by_text("used already").first).to_be_visible()


def test_opening_a_letter_changes_nothing(demo: Demo, person: Person, name: str) -> None:
    """A mail scanner that opens every link, with script, spends none of them."""
    page = person()
    sign_up(page, demo.wikis[0], name, confirmed_by=demo)
    ask_to_get_back_in(person(), demo.wikis[0], name)
    letter = await_letter(demo, address_of(name), RESET)
    scanner = person()
    for _ in range(3):
        scanner.goto(letter.link)
        scanner.wait_for_load_state("networkidle")
    take_back(scanner, letter, "Continue", name=name)
    expect(scanner.get_by_role("heading", name="Choose a new password")).to_be_visible()


def test_nobody_learns_whether_there_is_such_an_account(demo: Demo, person: Person) -> None:
    """The page says the same of a name and an address that nobody has, and no letter goes out."""
    page = person()
    for by in ("Nobody of that name", "nobody.at.all@example.org"):
        ask_to_get_back_in(page, demo.wikis[0], by)
        expect(page.get_by_text(f"If {by} belongs to an account")).to_be_visible()
    somebody = demo.account(operator=False)["username"]
    ask_to_get_back_in(page, demo.wikis[0], somebody)
    await_letter(demo, f"{somebody.lower()}@example.org", RESET)  # what came before is settled
    assert letters_to(demo, "nobody.at.all@example.org") == []


@SCRIPT
def test_address_is_added_confirmed_made_primary_and_undone(
    demo: Demo, person: Person, name: str, script: bool, look: Callable[..., None]
) -> None:
    """The old address is told of the change and undoes it: everybody is out, and it is alone."""
    page = person(java_script_enabled=script)
    sign_up(page, demo.wikis[0], name, confirmed_by=demo)
    second = f"second.{address_of(name)}"
    page.goto(f"{demo.issuer}/account/")
    page.get_by_role("link", name="Change e-mail addresses").click()
    page.get_by_role("link", name="Add another address").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("E-mail address").fill(second)
    if script:
        look(page, "email-add", few=True)
    page.get_by_role("button", name="Add address").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    if script:
        look(page, "email-added", few=True)
    await_letter(demo, address_of(name), "Another address for your account")
    page.get_by_role("link", name="Do it later").click()
    expect(page.get_by_text("Not confirmed")).to_be_visible()
    if script:
        look(page, "email")
    page.get_by_label("Code from the letter").fill(await_letter(demo, second, CONFIRM).code)
    page.get_by_role("button", name="Confirm").click()
    arrive(page, "Your address is confirmed")
    if script:
        look(page, "address-confirmed", few=True)
    page.get_by_role("link", name="Your e-mail addresses").click()
    page.get_by_role("link", name="Send letters here").click()
    arrive(page, "Send letters there?")
    if script:
        look(page, "email-primary", few=True)
    page.get_by_role("button", name="Send letters there").click()
    told = await_letter(demo, address_of(name), "go elsewhere now")

    owner = person(java_script_enabled=script)
    owner.goto(told.link)
    if script:
        look(owner, "undo-address")
    take_back(owner, told, "Undo the change")
    expect(owner.get_by_role("heading", name="The change is undone")).to_be_visible()
    if script:
        look(owner, "address-restored", few=True)
    becomes_out(page, demo.wikis[0])
    await_letter(demo, second, "was taken from your account")
    owner.goto(f"{demo.issuer}/login?page=email")
    owner.get_by_label("User name").fill(name)
    owner.get_by_label("Password", exact=True).fill(PASSWORD)
    owner.get_by_role("button", name="Sign in", exact=True).click()
    expect(owner.get_by_text("Letters go here")).to_be_visible()
    expect(owner.get_by_text("Add another address")).to_be_visible()
    expect(owner.get_by_text(second)).to_have_count(0)


@SCRIPT
def test_sign_in_from_a_new_device_is_told_and_can_be_disowned(
    demo: Demo, person: Person, name: str, script: bool, look: Callable[..., None]
) -> None:
    """The letter names the browser; its link ends that sign-in and grants nothing."""
    wiki = demo.wikis[0]
    owner = person()
    sign_up(owner, wiki, name, confirmed_by=demo)
    thief = person(user_agent="Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0")
    for _ in range(2):  # the second time it is known
        thief.goto(wiki)
        thief.locator("#sign-in").click()
        thief.get_by_label("User name").fill(name)
        thief.get_by_label("Password", exact=True).fill(PASSWORD)
        thief.get_by_role("button", name="Sign in", exact=True).click()
        expect(thief.locator("#account-name")).to_have_text(name)
        thief.locator("#sign-out").click()
        expect(thief.locator("#logged-out")).to_be_visible()
        thief.goto(wiki)
    letter = await_letter(demo, address_of(name), "A new device signed in")
    assert "Firefox on Windows" in letter.text

    page = person(java_script_enabled=script)
    page.goto(letter.link)
    if script:
        look(page, "not-me")
    take_back(page, letter, "End that sign-in")
    expect(page.get_by_role("heading", name="That sign-in has ended")).to_be_visible()
    if script:
        look(page, "session-disowned", few=True)
    page.goto(f"{demo.issuer}/account/")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    subjects = [one.subject for one in letters_to(demo, address_of(name))]
    assert sum("A new device" in subject for subject in subjects) == 1
    owner.goto(f"{demo.issuer}/account/activity")
    expect(owner.get_by_text("You said that a sign-in was not you")).to_be_visible()
    if script:
        look(owner, "activity")


def test_person_reads_what_happened_and_which_letters_came(
    demo: Demo, person: Person, name: str
) -> None:
    """The account page leads to the trail in words, and to the letters with their references."""
    page = person()
    sign_up(page, demo.wikis[0], name, confirmed_by=demo)
    page.goto(f"{demo.issuer}/account/")
    page.get_by_role("link", name="See what happened to your account").click()
    for words in ("The account was created", "Signed in", "An e-mail address was confirmed"):
        expect(page.get_by_text(words).first).to_be_visible()
    page.goto(f"{demo.issuer}/account/password")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    letter = await_letter(demo, address_of(name), "Your password was changed")
    page.goto(f"{demo.issuer}/account/activity")
    reference = letter.text.rpartition("Reference: ")[2].split()[0]
    expect(page.get_by_text(reference)).to_be_visible()
