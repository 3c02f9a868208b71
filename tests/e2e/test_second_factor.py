"""The second step of a sign-in, as people with an app or a sheet of codes go through it."""

import base64
from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.holders import Holder
from tests.e2e.people import (
    PASSWORD,
    Person,
    arrive,
    has_error,
    is_at,
    keep_codes,
    sign_in,
    sign_up,
)
from vault.totp_codes import code_of, step_at

Look = Callable[..., None]
_numbers = count(1)


def _to_second_step(page: Page, demo: Demo, holder: Holder) -> None:
    sign_in(page, demo.wikis[0], holder.username, PASSWORD)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()


def _is_in(page: Page, demo: Demo, holder: Holder) -> None:
    expect(page.locator("#account-name")).to_have_text(holder.username)
    is_at(page, demo.wikis[0])


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_code_of_the_app_leads_back_to_the_wiki(
    demo: Demo, person: Person, holder: Holder, script: bool
) -> None:
    """Password, code, and one is where one was going; a slip on the way costs nothing else."""
    page = person(java_script_enabled=script, viewport={"width": 390, "height": 844})
    _to_second_step(page, demo, holder)
    expect(page.get_by_text("to continue to English wiki")).to_be_visible()
    page.get_by_label("Code", exact=True).fill("000 000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name="This code is not right")).to_be_visible()
    has_error(page)
    code = holder.code()
    page.get_by_label("Code", exact=True).fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name="Sign in", exact=True).click()
    _is_in(page, demo, holder)


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_recovery_code_stands_in_for_a_lost_app(
    demo: Demo, person: Person, holder: Holder, script: bool
) -> None:
    """The other way is one button away, both ways; a code is taken as it was copied by hand."""
    page = person(java_script_enabled=script)
    _to_second_step(page, demo, holder)
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_role("button", name="Use a code from your authenticator app").click()
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(holder.codes[0].lower().replace("-", " "))
    page.get_by_role("button", name="Sign in", exact=True).click()
    _is_in(page, demo, holder)


def test_second_step_by_keyboard_alone_works(demo: Demo, person: Person, holder: Holder) -> None:
    """The field has the focus; Enter signs in."""
    page = person()
    _to_second_step(page, demo, holder)
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.keyboard.type(holder.code())
    page.keyboard.press("Enter")
    _is_in(page, demo, holder)


def test_signing_in_as_somebody_else_keeps_where_one_was_going(
    demo: Demo, person: Person, holder: Holder
) -> None:
    """Back at the password: the code alone is worth nothing, and the wiki is still the end."""
    account = demo.account(operator=False)
    page = person()
    _to_second_step(page, demo, holder)
    page.get_by_role("button", name="Sign in as somebody else").click()
    page.get_by_label("User name").fill(account["username"])
    page.get_by_label("Password", exact=True).fill(account["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#account-name")).to_have_text(account["username"])


def test_second_step_is_fit_to_be_seen(
    demo: Demo, person: Person, holder: Holder, look: Look
) -> None:
    """Either way, and what is said of a wrong code."""
    page = person()
    _to_second_step(page, demo, holder)
    look(page, "second-factor")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    has_error(page)
    look(page, "second-factor-error")
    page.get_by_role("button", name="Use a recovery code").click()
    expect(page.get_by_label("Recovery code")).to_be_visible()
    look(page, "second-factor-recovery-code")


def _prove(page: Page, *, code: str | None = None) -> None:
    expect(page.get_by_role("heading", name="Show that it is you")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    if code is not None:
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Continue").click()


def _add_app(page: Page) -> bytes:
    """Types the app's code of now: the next one that is asked for is that of the next step."""
    arrive(page, "Add an authenticator app")
    key = page.locator(".key").inner_text().replace(" ", "")
    secret = base64.b32decode(key)
    page.get_by_label("Code", exact=True).fill(code_of(secret, step_at(None)))
    page.get_by_label("Name").fill("Blue phone")
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_role("heading", name="It is on")).to_be_visible()
    return secret


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_newcomer_sets_the_second_step_up_and_loses_the_app(
    demo: Demo, person: Person, script: bool
) -> None:
    """From the account page: codes, app, out, in by code; then in by a recovery code; new ones."""
    name = f"Newcomer with a phone {next(_numbers)}"
    page = person(java_script_enabled=script)
    sign_up(page, demo.wikis[0], name)
    page.goto(f"{demo.issuer}/account/")
    page.get_by_role("link", name="Set up", exact=False).click()
    page.get_by_role("link", name="Set up an app").click()
    _prove(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as a text file").click()
    codes = keep_codes(page)
    assert codes[0] in download.value.path().read_text(encoding="utf-8")
    secret = _add_app(page)

    other = person(java_script_enabled=script)
    sign_in(other, demo.wikis[0], name, PASSWORD)
    other.get_by_label("Code", exact=True).fill(code_of(secret, step_at(None) + 1))
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.locator("#account-name")).to_have_text(name)

    lost = person(java_script_enabled=script)
    sign_in(lost, demo.wikis[1], name, PASSWORD)
    lost.get_by_role("button", name="Use a recovery code").click()
    lost.get_by_label("Recovery code").fill(codes[6])
    lost.get_by_role("button", name="Sign in", exact=True).click()
    expect(lost.locator("#account-name")).to_have_text(name)
    lost.goto(f"{demo.issuer}/account/two-factor")
    expect(lost.get_by_text("9 left")).to_be_visible()
    lost.get_by_role("link", name="Replace").click()
    lost.get_by_label("Password", exact=True).fill(PASSWORD)
    lost.get_by_role("button", name="Continue").click()
    lost.get_by_role("button", name="Use a recovery code").click()
    lost.get_by_label("Recovery code").fill(codes[0])
    lost.get_by_role("button", name="Continue").click()
    assert set(keep_codes(lost)).isdisjoint(codes)
    expect(lost.get_by_text("10 left")).to_be_visible()


def test_recovery_codes_are_copied_by_one_button(demo: Demo, person: Person) -> None:
    """All ten, a line each; the button says so."""
    page = person(permissions=["clipboard-read", "clipboard-write"])
    sign_up(page, demo.wikis[0], f"Somebody who copies {next(_numbers)}")
    page.goto(f"{demo.issuer}/account/two-factor/codes")
    _prove(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    codes = page.locator(".codes .code").all_inner_texts()
    assert len(codes) == 10
    assert page.evaluate("() => navigator.clipboard.readText()") == "\n".join(codes)


def test_pages_of_the_second_step_are_fit_to_be_seen(
    demo: Demo, person: Person, look: Look
) -> None:
    """Off, proving, codes, app with an error, on, rename, remove."""
    page = person()
    sign_up(page, demo.wikis[0], f"Somebody who looks {next(_numbers)}")
    page.goto(f"{demo.issuer}/account/two-factor")
    look(page, "two-factor-off")
    page.get_by_role("link", name="Set up an app").click()
    arrive(page, "Show that it is you")
    look(page, "prove")
    _prove(page)
    arrive(page, "Keep your recovery codes")
    look(page, "recovery-codes")
    keep_codes(page)
    arrive(page, "Add an authenticator app")
    look(page, "two-factor-app")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Add the app").click()
    has_error(page)
    look(page, "two-factor-app-error")
    secret = _add_app(page)
    look(page, "two-factor-on")
    page.goto(f"{demo.issuer}/account/")
    look(page, "account-two-step")
    page.goto(f"{demo.issuer}/account/two-factor/rename")
    look(page, "two-factor-rename")
    page.goto(f"{demo.issuer}/account/password")
    _prove(page, code=code_of(secret, step_at(None) + 1))
    arrive(page, "Change password")
    look(page, "change-password-proven")
    page.goto(f"{demo.issuer}/account/two-factor/remove")
    look(page, "two-factor-remove")
