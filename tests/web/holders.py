"""Somebody who holds a second factor, and how they show it."""

from dataclasses import dataclass, field

from tests.web.people import Answer, Browser
from vault.totp_codes import code_of, step_at

CHALLENGE = "/login/second-factor"


@dataclass(frozen=True)
class Ada:
    """Somebody whom the owner gave an app and recovery codes."""

    secret: bytes = field(repr=False)
    codes: tuple[str, ...] = field(repr=False)

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or so many steps later."""
        return code_of(self.secret, step_at(None) + steps)


def words(answer: Answer) -> str:
    """A page as text."""
    return str(answer.content.decode())


def step(browser: Browser, page: Answer, **fields: str) -> Answer:
    """Sends the form of the second step."""
    return browser.submit(page, CHALLENGE, **{"method": "totp", **fields})
