"""Every page of the auth site that somebody can come to, looked at: see gallery.py."""

import json
from collections.abc import Callable
from pathlib import Path

from django.test import override_settings
from playwright.sync_api import Page, expect

from accounts.flow.seal import Flow, seal
from tests.e2e.conftest import Demo
from tests.e2e.people import PASSWORD, Person, arrive, has_error, next_page, sign_in, sign_up
from vault.keys import KeyRing

Look = Callable[..., None]
SET_FLOW = "value => { for (const one of document.getElementsByName('flow')) one.value = value }"


def _to_sign_in(page: Page, wiki: str) -> None:
    page.goto(wiki)
    page.locator("#sign-in").click()
    expect(page.get_by_label("User name")).to_be_visible()


def _submit(page: Page) -> None:
    with next_page(page):
        page.locator("main form button:not([type=button])").first.click()


def _cookie(page: Page, name: str) -> str:
    return next(one["value"] for one in page.context.cookies() if one["name"] == name)


def test_pages_before_signing_in_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """Start, privacy, sign-in and sign-up with their errors, from here and from a wiki."""
    page = person()
    page.goto(demo.issuer)
    look(page, "home")
    page.goto(f"{demo.issuer}/privacy")
    look(page, "privacy")
    page.goto(f"{demo.issuer}/login")
    look(page, "sign-in")
    _to_sign_in(page, demo.wikis[0])
    look(page, "sign-in-from-wiki")
    page.get_by_label("User name").fill("Ada")
    page.get_by_label("Password", exact=True).fill("something else altogether")
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_role("button", name="Hide password")).to_be_visible()
    look(page, "sign-in-password-shown")
    _submit(page)
    has_error(page)
    look(page, "sign-in-error")
    page.goto(demo.wikis[1])
    page.locator("#create-account").click()
    expect(page.get_by_role("heading", name="Create account")).to_be_visible()
    look(page, "sign-up-from-wiki")
    page.get_by_label("User name").fill("Ada")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("E-mail").fill("not an address")
    _submit(page)
    has_error(page)
    look(page, "sign-up-error")
    page.goto(f"{demo.issuer}/nowhere")
    look(page, "not-found")


def test_pages_of_an_account_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """Account, password with its error and success, both questions before signing out, goodbye."""
    phone = person(user_agent="Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0")
    sign_up(phone, demo.wikis[0], "Sigrid of the long northern winter nights")
    page = person()
    sign_in(page, demo.wikis[1], "Sigrid of the long northern winter nights", PASSWORD)
    expect(page.locator("#account-name")).to_be_visible()
    page.goto(f"{demo.issuer}/account/")
    look(page, "account")
    page.goto(f"{demo.issuer}/account/password")
    look(page, "change-password")
    page.get_by_label("Current password").fill("not the current one")
    page.get_by_label("New password").fill("password")
    _submit(page)
    has_error(page)
    look(page, "change-password-error")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill("a quite different sentence")
    _submit(page)
    arrive(page, "Your password is changed")
    look(page, "password-changed")
    page.goto(f"{demo.issuer}/oauth/logout")
    look(page, "sign-out-asked-by-wiki")
    page.goto(f"{demo.issuer}/logout")
    look(page, "sign-out")
    _submit(page)
    arrive(page, "You are signed out")
    look(page, "signed-out")


def test_pages_that_interrupt_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """Expired, unreadable, another browser's, without a token: a way on from each of them."""
    page = person()
    _to_sign_in(page, demo.wikis[0])
    secrets = json.loads((Path(demo.description["mail_dir"]).parent / "secrets.json").read_text())
    ring = KeyRing.parse("AUTHSITE_FLOW_KEYS", secrets["rings"]["AUTHSITE_FLOW_KEYS"])
    with override_settings(ISSUER=demo.issuer, FLOW_KEYS=ring, FLOW_SECONDS=-60):
        old = Flow(destination="own", request={"page": "account"}, username="Ada")
        sealed = seal(old, _cookie(page, "__Host-browser"))
    page.evaluate(SET_FLOW, sealed)
    _submit(page)
    expect(page.get_by_text("That page had been open for too long")).to_be_visible()
    look(page, "expired")
    page.evaluate(SET_FLOW, "never sealed here")
    _submit(page)
    look(page, "unreadable")
    _to_sign_in(page, demo.wikis[0])
    page.context.clear_cookies(name="__Host-browser")
    _submit(page)
    arrive(page, "This page belongs to another browser")
    look(page, "other-browser")
    _to_sign_in(page, demo.wikis[0])
    page.context.clear_cookies()
    _submit(page)
    arrive(page, "Please send that again")
    look(page, "no-token")


def test_pages_that_refuse_are_fit_to_be_seen(demo: Demo, person: Person, look: Look) -> None:
    """Throttled, locked, a wiki's bad request: what is so, what to do, and when."""
    page = person()
    sign_up(page, demo.wikis[0], "Ines")
    page.context.clear_cookies()
    for _ in range(11):
        sign_in(page, demo.wikis[0], "Ines", "one guess after another")
        has_error(page, word="(Error:|Please wait)")
    arrive(page, "Please wait a little")
    look(page, "throttled")
    sign_up(person(), demo.wikis[0], "Theodora")
    done = demo.manage("lockaccount", "Theodora", "--reason", "somebody else got in")
    assert done.returncode == 0, done.stderr
    sign_in(page, demo.wikis[0], "Theodora", PASSWORD)
    expect(page.get_by_role("heading", name="This account is locked")).to_be_visible()
    look(page, "locked")
    page.goto(f"{demo.issuer}/oauth/authorize?client_id=nobody")
    look(page, "wiki-unknown")
    page.goto(f"{demo.issuer}/oauth/logout?post_logout_redirect_uri=https://elsewhere.example/")
    look(page, "wiki-bad-request")
