"""The mail of the web tests: the worker does its jobs in this process, letters become real files.

And people with an address, who ask for a letter, read it, and come back by it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.test import override_settings

from accounts.services.email_addresses import parse_address
from accounts.services.registration import CreatedAccount, create_account
from outbox.worker import Worker
from tests.mail_reader import Letter, letter_of
from tests.web.people import PASSWORD, Answer, Browser
from vault import signing_keys

RESET: Final = "/reset"
CODE: Final = "/reset/code"
NEW_PASSWORD_PAGE: Final = "/reset/password"
EMAIL: Final = "/account/email"
ADD: Final = "/account/email/add"
PRIMARY: Final = "/account/email/primary"
REMOVE: Final = "/account/email/remove"
CONFIRM: Final = "/account/email/confirm"
UNDO: Final = "/account/email/undo"
NOT_ME: Final = "/account/sessions/not-me"
# What their subjects say.
TO_RESET: Final = "A new password for your account"
TO_CONFIRM: Final = "Is this your address?"
TO_UNDO: Final = "go elsewhere now"
TO_DISOWN: Final = "signed in to your account"
WAS_RESET: Final = "A new password was set"
GRACE: Final = "grace@example.org"

Playing = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Mail:
    """What leaves the site, and what came of it: one folder for everybody's letters."""

    playing: Playing
    folder: Path
    mail_url: str = ""

    def deliver(self) -> int:
        """Lets the worker do what is due, and tells how many jobs that was."""
        url = self.mail_url or f"file://{self.folder}"
        sender = "no-reply@example.org"
        with self.playing("worker"), override_settings(MAIL_URL=url, DEFAULT_FROM_EMAIL=sender):
            signing_keys.forget()
            try:
                return Worker(threads=2).drain()
            finally:
                signing_keys.forget()

    def files(self) -> list[bytes]:
        """All letters as they were sent, the oldest first."""
        files = sorted(self.folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes() for file in files]

    def letters(self, to: str = "", subject: str = "") -> list[Letter]:
        """The letters to an address whose subject says this, the oldest first."""
        self.deliver()
        letters = [letter_of(file) for file in self.files()]
        return [one for one in letters if to in one.to and subject in one.subject]

    def letter(self, to: str = "", subject: str = "") -> Letter:
        """The only one of them."""
        [letter] = self.letters(to, subject)
        return letter

    def a_member(
        self,
        username: str = "Grace",
        address: str | None = GRACE,
        *,
        password: str | None = PASSWORD,
        totp_secret: bytes | None = None,
    ) -> CreatedAccount:
        """Somebody whom the owner made, with a confirmed address."""
        with self.playing("owner"):
            return create_account(
                username,
                password,
                parse_address(address) if address is not None else None,
                operator=None,
                totp_secret=totp_secret,
            )


def ask_for_reset(browser: Browser, account: str = "Grace", page: Answer = None) -> Answer:
    """Asks for a letter, from the front door or from a page of a flow."""
    page = browser.get(RESET) if page is None else page
    return browser.submit(page, RESET, account=account)


def come_back(browser: Browser, letter: Letter, path: str = CODE, **fields: str) -> Answer:
    """Opens the page of a letter's link, and sends the form with what the link carries."""
    return browser.submit(browser.get(path), path, **{"code": letter.token, **fields})


def way_back(browser: Browser, mail: Mail, account: str = "Grace", to: str = GRACE) -> Answer:
    """From the front door to what comes after the letter."""
    ask_for_reset(browser, account)
    return come_back(browser, mail.letters(to, TO_RESET)[-1])


def set_password(browser: Browser, page: Answer, password: str) -> Answer:
    """Sends the last page of the way back."""
    return browser.submit(page, NEW_PASSWORD_PAGE, new_password=password)


def sign_up_with(browser: Browser, name: str, address: str) -> Answer:
    """A new account, with an address that nobody has confirmed."""
    done = browser.sign_up(name, email=address)
    assert done.status_code == 303, done.content.decode()
    return done


def confirmed(browser: Browser, mail: Mail, name: str = "Grace", address: str = GRACE) -> None:
    """A new account whose owner has confirmed its address, signed in."""
    sign_up_with(browser, name, address)
    done = come_back(browser, mail.letter(address, TO_CONFIRM), CONFIRM)
    assert "Your address is confirmed" in done.content.decode()


def is_password(password: str, name: str = "Grace") -> bool:
    """Whether somebody can sign in by it."""
    return bool(Browser().sign_in(name, password).status_code == 303)
