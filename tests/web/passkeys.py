"""People with passkeys: a software authenticator in their hand, and the pages that ask for one."""

import html
import json
import re
from typing import Any

from tests.authenticator import Authenticator
from tests.environment import ISSUER
from tests.web.holders import words
from tests.web.people import PASSWORD, Answer, Browser

SIGN_IN = "/login/passkey"
CHALLENGE = "/login/second-factor"
SIGN_UP = "/signup/passkey"
OFFER = "/login/passkey-offer"
RECOVER = "/login/recover"
NEW = "/account/two-factor/passkey"
CODES = "/account/two-factor/codes"
OVERVIEW = "/account/two-factor"
PROVE = "/account/prove"
PROVE_PASSKEY = "/account/prove/passkey"


def a_device(**kind: Any) -> Authenticator:
    """A device that asks for a fingerprint and keeps what it makes to itself."""
    return Authenticator(origin=ISSUER, **kind)


def options_of(page: Answer) -> dict[str, Any]:
    """What the page's script would ask the browser for."""
    found = re.search(r'data-options="([^"]+)"', words(page))
    assert found is not None, words(page)[:2000]
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


def codes_of(page: Answer) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r'<li><span class="code">([^<]+)</span></li>', words(page))


def send(browser: Browser, page: Answer, path: str, **fields: str) -> Answer:
    """Sends a page's form with whatever it carries."""
    found = re.search(r'name="pending" value="([^"]+)"', words(page))
    carried = {"pending": found[1]} if found else {}
    return browser.submit(page, path, **{**carried, **fields})


def show(
    browser: Browser,
    page: Answer,
    device: Authenticator,
    path: str = SIGN_IN,
    *,
    fields: dict[str, str] | None = None,
    **changes: Any,
) -> Answer:
    """Shows a passkey to a page that asks for one."""
    text = device.get(options_of(page), **changes)
    return send(browser, page, path, credential=text, **(fields or {}))


def make(
    browser: Browser, page: Answer, device: Authenticator, path: str, **changes: Any
) -> Answer:
    """Makes a passkey for a page that asks for a new one."""
    return send(browser, page, path, credential=device.create(options_of(page), **changes))


def sign_in(browser: Browser, device: Authenticator, **changes: Any) -> Answer:
    """From the front door, by a passkey alone."""
    return show(browser, browser.get("/login"), device, **changes)


def begin_sign_up(browser: Browser, name: str, **fields: str) -> Answer:
    """The page that asks for the passkey of a new account."""
    return browser.submit(browser.get("/signup"), SIGN_UP, username=name, email="", **fields)


def sign_up(browser: Browser, device: Authenticator, name: str) -> list[str]:
    """A new account without a password; gives its recovery codes."""
    page = make(browser, begin_sign_up(browser, name), device, SIGN_UP)
    codes = codes_of(page)
    done = send(browser, page, SIGN_UP, code=codes[0])
    assert done.status_code == 303, words(done)
    return codes


def prove_password(browser: Browser, page: str = "two-factor-passkey") -> Answer:
    """The password once more, on the page that asks for it."""
    return browser.submit(browser.get(PROVE, {"page": page}), PROVE, password=PASSWORD)


def prove_passkey(browser: Browser, device: Authenticator, page: str = "two-factor") -> Answer:
    """A passkey once more, on the page that asks for it."""
    return show(browser, browser.get(PROVE, {"page": page}), device, PROVE_PASSKEY)


def add_passkey(browser: Browser, device: Authenticator, **changes: Any) -> Answer:
    """Adds a passkey by the fresh proof that the browser has; types a code back where asked."""
    done = make(browser, browser.get(NEW), device, NEW, **changes)
    if done.status_code == 200 and codes_of(done):
        return send(browser, done, CODES, code=codes_of(done)[0])
    return done


def signed_up_with_both(browser: Browser, device: Authenticator, name: str) -> None:
    """An account with a password and a passkey, signed in, its proof used up."""
    browser.sign_up(name)
    prove_password(browser)
    done = add_passkey(browser, device)
    assert (done.status_code, done["Location"]) == (303, OVERVIEW), words(done)


def is_in(browser: Browser) -> bool:
    """Whether somebody is signed in there."""
    return bool(browser.get("/account/").status_code == 200)
