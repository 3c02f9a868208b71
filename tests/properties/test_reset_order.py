"""Getting back in by letter, exhaustively: no order of requests changes an account without it.

As ``test_flow.py``, from the page that says to look into one's mail, for somebody of each kind;
with flows that have proven a password, a recovery code, or everything in another browser. Whatever
a walk does, the vault says whether a password, a passkey or a session came of it: only the letter,
and after it the second factor where one is held, ever leads to either of the first two, and nothing
here to the third but a sign-in (V-reset, V-step-skip).
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
import pytest

from tests.authenticator import Authenticator
from tests.mail_reader import Letter
from tests.properties.walking import Place, Walker
from tests.web.holders import CHALLENGE, Ada, step, words
from tests.web.letters import CODE, TO_RESET, Mail, ask_for_reset, come_back
from tests.web.passkeys import RECOVER, SIGN_UP, a_device, codes_of, make, send
from tests.web.people import NEW_PASSWORD, PASSWORD, Browser, hidden_fields

LENGTH: Final = 3
ADDRESS: Final = "ada@example.org"
# Whose letter it is: what they hold besides the address.
KINDS: Final = ("nothing more", "an app", "a passkey alone")


class Returner(Walker):
    """Ada at the page that asks for a letter's code, the letter in her hand."""

    def __init__(self, letter: Letter, ada: Ada, foreign_flow: str) -> None:
        super().__init__()
        self.letter, self.ada, self.foreign_flow = letter, ada, foreign_flow
        self.device = Authenticator(origin="https://auth.example.org")

    def make(self, **fields: str) -> Any:
        """Sends a passkey made for whatever page this is; where none asks, something else."""
        asked = json.loads(self.options) if self.options else {}
        text = self.device.create(asked) if "user" in asked else "{}"
        return self.send(RECOVER, credential=text, **fields)


Step = Callable[[Returner], Any]

STEPS: Final[dict[str, Step]] = {
    "asks": lambda w: w.send("/reset", account="Ada"),
    "letter": lambda w: w.send(CODE, code=w.letter.token),
    "wrong letter": lambda w: w.send(CODE, code="0000-0000-0000-0000"),
    "password": lambda w: w.send("/login", username="Ada", password=PASSWORD),
    "code": lambda w: w.send(CHALLENGE, method="totp", code=w.ada.code()),
    "recovery code": lambda w: w.send(CHALLENGE, method="recovery_code", code=w.ada.codes[0]),
    "recovers": lambda w: w.send(RECOVER, username="Ada", code=w.ada.codes[1]),
    "asks for a passkey": lambda w: w.send(RECOVER, make="passkey"),
    "makes the passkey": lambda w: w.make(),
    "sneaks a handle in": lambda w: w.send(SIGN_UP, username="Sneaky", email=""),
    "proves": lambda w: w.send("/account/prove", password=PASSWORD),
    "sets": lambda w: w.send("/reset/password", new_password=NEW_PASSWORD),
    "sets by another's flow": lambda w: w.send(
        "/reset/password", new_password=NEW_PASSWORD, flow=w.foreign_flow
    ),
    "makes by another's flow": lambda w: w.make(flow=w.foreign_flow),
}
FACTORS: Final = {"code", "recovery code"}


def has_in_order(steps: tuple[str, ...], *wanted: set[str]) -> bool:
    """Whether these were taken in this order, whatever else came in between."""
    left = iter(steps)
    return all(any(one in some for one in left) for some in wanted)


def may_set(kind: str, steps: tuple[str, ...]) -> bool:
    """Whether these steps could have earned a new password."""
    factor = [] if kind == "nothing more" else [FACTORS]
    return has_in_order(steps, {"letter"}, *factor, {"sets"})


def may_make(kind: str, steps: tuple[str, ...]) -> bool:
    """Whether these steps could have earned a new passkey."""
    by_code = kind == "a passkey alone" and has_in_order(steps, {"recovers"}, {"makes the passkey"})
    by_letter = kind != "nothing more" and has_in_order(
        steps, {"letter"}, FACTORS, {"makes the passkey"}
    )
    return by_code or by_letter


def may_sign_in(kind: str, steps: tuple[str, ...]) -> bool:
    """Whether these steps could have earned a session."""
    factor = [] if kind == "nothing more" else [FACTORS]
    return has_in_order(steps, {"password"}, *factor)


@dataclass
class Walk:
    """The walk, and what it found wrong."""

    kind: str
    walker: Returner
    admin: psycopg.Connection
    wrong: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    taken: int = 0
    seen: set[tuple[str, ...]] = field(default_factory=set)
    rows: dict[str, set[str]] = field(default_factory=dict)
    every_row: str = ""

    def begin(self) -> None:
        """Takes what the vault has now for what each step begins with, and walks."""
        names = self.admin.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'vault'"
            " AND tablename NOT IN ('events', 'event_salts')"
        ).fetchall()
        self.every_row = " UNION ALL ".join(
            f"SELECT '{name}', t::text FROM vault.{name} t" for (name,) in names
        )
        self.rows = self._read()
        self.on(self.walker.place(), (), self.rows["attempts"])

    def on(self, place: Place, before: tuple[str, ...], attempts: set[str]) -> None:
        """Tries every next step from a place that was reached by the steps before."""
        for name in STEPS:
            steps = (*before, name)
            self.walker.go_to(place)
            STEPS[name](self.walker)
            self.taken += 1
            now = self._read()
            self._look(steps, now)
            after = self.walker.place()
            new = (name, *after.kind()) not in self.seen
            self.seen.add((name, *after.kind()))
            if new or len(steps) < LENGTH:
                self._put_back(now, now["attempts"])
                self.on(after, steps, now["attempts"])
                now = self._read()
            self._put_back(now, attempts)

    def _look(self, steps: tuple[str, ...], now: dict[str, set[str]]) -> None:
        is_set = now["password_verifiers"] != self.rows["password_verifiers"]
        is_made, is_in = (
            len(now[table]) > len(self.rows[table]) for table in ("passkeys", "sessions")
        )
        for what, is_so, may in (
            ("a password", is_set, may_set),
            ("a passkey", is_made, may_make),
            ("a session", is_in, may_sign_in),
        ):
            if is_so:
                self.done.add(what)
                if not may(self.kind, steps):
                    self.wrong.append((steps, what))

    def _read(self) -> dict[str, set[str]]:
        """All rows of every table."""
        found: dict[str, set[str]] = defaultdict(set)
        for table, row in self.admin.execute(self.every_row):
            found[table].add(row)
        return found

    def _put_back(self, now: dict[str, set[str]], attempts: set[str]) -> None:
        """What a step has changed is again as it was: from one place many steps are tried, and that
        each thing works once is shown elsewhere. What was proven stays with its place."""
        wanted = {**self.rows, "attempts": attempts}
        for table in {*now, *wanted}:
            rows = wanted.get(table, set())
            if now[table] != rows:
                self.admin.execute(f"DELETE FROM vault.{table}")
                for row in rows:
                    self.admin.execute(
                        f"INSERT INTO vault.{table} OVERRIDING SYSTEM VALUE"
                        f" SELECT (%s::vault.{table}).*",
                        [row],
                    )


def somebody(mail: Mail, kind: str) -> Ada:
    """Ada, with what she holds."""
    secret = secrets.token_bytes(20)
    if kind == "a passkey alone":
        browser = Browser()
        page = browser.submit(browser.get("/signup"), SIGN_UP, username="Ada", email=ADDRESS)
        page = make(browser, page, a_device(), SIGN_UP)
        send(browser, page, SIGN_UP, code=codes_of(page)[0])
        letter = mail.letter(ADDRESS, "Is this your address?")
        come_back(browser, letter, "/account/email/confirm")
        return Ada(secret, tuple(codes_of(page)))
    app = secret if kind == "an app" else None
    made = mail.a_member("Ada", ADDRESS, totp_secret=app)
    return Ada(secret, made.recovery_codes or ("0000-0000-0000-0000",) * 3)


def proven_elsewhere(mail: Mail, ada: Ada, kind: str) -> str:
    """The flow of another browser, to which nothing is missing."""
    browser = Browser()
    ask_for_reset(browser, "Ada")
    page = come_back(browser, mail.letters(ADDRESS, TO_RESET)[-1])
    if kind != "nothing more":
        page = step(browser, page, method="recovery_code", code=ada.codes[2])
    assert "Choose a new password" in words(page)
    return hidden_fields(page)["flow"]


@pytest.fixture
def free_hands(settings: Any, admin: psycopg.Connection) -> Iterator[None]:
    """Thousands of hashes, as cheap as they can be; rows are put back whatever refers to them."""
    settings.ARGON2_MEMORY_KIB, settings.ARGON2_TIME_COST = 8, 1
    admin.execute("SET session_replication_role = replica")
    yield
    admin.execute("SET session_replication_role = DEFAULT")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("unlimited", "free_hands")
def test_no_order_of_requests_changes_an_account_without_its_letter_and_its_factor(
    mail: Mail, admin: psycopg.Connection, kind: str
) -> None:
    """Every order of three, and on to any length until no new kind of place is found."""
    ada = somebody(mail, kind)
    foreign = proven_elsewhere(mail, ada, kind)
    browser = Browser()
    asked = ask_for_reset(browser, "Ada")
    walker = Returner(mail.letters(ADDRESS, TO_RESET)[-1], ada, foreign)
    walker.browser = browser
    walker._look(asked)
    walk = Walk(kind, walker, admin)
    walk.begin()
    assert walk.wrong == []
    assert walk.taken > len(STEPS) ** LENGTH
    can = {"a password"} | ({"a passkey"} if kind != "nothing more" else set())
    assert walk.done == can | ({"a session"} if kind != "a passkey alone" else set())
