"""The flow of somebody who holds everything, exhaustively: nothing reaches more than was proven.

As ``test_flow.py``, with a password, a passkey, an app and recovery codes, at three wikis that ask
for more and more. After each request the vault says which sessions and grants there are: none may
say, or be good for, more than this very walk has shown (V-step-skip, V-replay).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
import pytest

from tests.authenticator import Authenticator
from tests.properties.walking import Place, Walker
from tests.web.holders import Ada, step
from tests.web.passkeys import a_device, add_passkey, prove_password
from tests.web.people import PASSWORD, Browser, WikiClient

LENGTH: Final = 3
WIKIS: Final = ("aal1", "aal2", "phr")


class Holder(Walker):
    """Ada, who can show all that she holds, and a wiki for each level."""

    def __init__(self, ada: Ada, device: Authenticator, wikis: dict[str, WikiClient]) -> None:
        super().__init__()
        self.ada = ada
        self.device = device
        self.wikis = wikis
        self.first: dict[str, str] = {}

    def show(self, path: str, **fields: str) -> Any:
        """Shows the passkey to whatever page this is; where none asks, an old answer."""
        asked = json.loads(self.options) if self.options else None
        good = asked is not None and "user" not in asked
        text = self.device.get(asked) if good and asked is not None else "{}"
        return self.send(path, credential=text, **fields)

    def ask(self, level: str, **more: str) -> Any:
        """Comes from a wiki that asks for this level at least."""
        return self.get("/oauth/authorize", **self.wikis[level].request(**more))

    def again(self) -> Any:
        """Sends the password with the first page that this walk has seen."""
        page = self.first or self.page
        return self._post("/login", {**page, "username": "Ada", "password": PASSWORD})


Step = Callable[[Holder], Any]
CHALLENGE: Final = "/login/second-factor"

STEPS: Final[dict[str, Step]] = {
    "asks for aal1": lambda w: w.ask("aal1"),
    "asks for aal2": lambda w: w.ask("aal2"),
    "asks for phr": lambda w: w.ask("phr"),
    "asks silently for phr": lambda w: w.ask("phr", prompt="none"),
    "password": lambda w: w.send("/login", username="Ada", password=PASSWORD),
    "password on the first page": lambda w: w.again(),
    "passkey alone": lambda w: w.show("/login/passkey"),
    "passkey second": lambda w: w.show(CHALLENGE, method="passkey"),
    "code": lambda w: w.send(CHALLENGE, method="totp", code=w.ada.code()),
    "wrong code": lambda w: w.send(CHALLENGE, method="totp", code="000000"),
    "recovery code": lambda w: w.send(CHALLENGE, method="recovery_code", code=w.ada.codes[0]),
    "recovery code as the way in": lambda w: w.send(
        "/login/recover", username="Ada", code=w.ada.codes[1]
    ),
    "nothing": lambda w: w.send(CHALLENGE),
    "set-up": lambda w: w.send("/login/more", choice="set-up"),
    "offer": lambda w: w.send("/login/passkey-offer"),
    "signs out": lambda w: w.send("/logout"),
}
_NEWS: Final = (
    "SELECT id, tag, sid, client_id, detail -> 'amr' FROM vault.events WHERE id > %s"
    " AND tag IN ('account:session:opened', 'wiki:sign_in:issued') ORDER BY id"
)
# What a walk may claim once it has taken one of these.
SHOWS: Final = {
    "password": {"pwd"},
    "password on the first page": {"pwd"},
    "passkey alone": {"hwk", "user", "mfa"},
    "passkey second": {"hwk", "user"},
    "code": {"otp"},
    "recovery code": {"otp"},
}


def claimable(steps: tuple[str, ...]) -> set[str]:
    """All ``amr`` values that the steps taken could have earned."""
    earned = set[str]().union(*(SHOWS.get(step, set()) for step in steps))
    if "pwd" in earned and earned & {"otp", "hwk"}:
        earned.add("mfa")
    return earned


@dataclass
class Walk:
    """The walk, and what it found wrong."""

    walker: Holder
    admin: psycopg.Connection
    codes: list[tuple[Any, ...]]  # rows of recovery codes, all unused
    wrong: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    taken: int = 0
    ends: set[tuple[str, ...]] = field(default_factory=set)
    seen: set[tuple[str, ...]] = field(default_factory=set)
    upto: int = 0  # which line of the trail was looked at last
    amr: dict[Any, list[str]] = field(default_factory=dict)

    def on(self, place: Place, before: tuple[str, ...]) -> None:
        """Tries every next step from a place that was reached by the steps before."""
        attempts = list(self.admin.execute("SELECT * FROM vault.attempts"))
        for name in STEPS:
            self._put_back(attempts)
            steps = (*before, name)
            after = self.take(place, steps)
            new = (name, *after.kind()) not in self.seen
            self.seen.add((name, *after.kind()))
            if new or len(steps) < LENGTH:
                self.on(after, steps)

    def take(self, place: Place, steps: tuple[str, ...]) -> Place:
        """Takes one step, and asks the vault what came of it."""
        self._renew()
        self.walker.go_to(place)
        STEPS[steps[-1]](self.walker)
        self.taken += 1
        if not self.walker.first:
            self.walker.first = self.walker.page
        self._look(steps)
        return self.walker.place()

    def _look(self, steps: tuple[str, ...]) -> None:
        may = claimable(steps)
        for number, tag, sid, client, amr in self.admin.execute(_NEWS, [self.upto]):
            self.upto = number
            if tag == "account:session:opened":
                self.amr[sid] = amr
                self.ends.add(tuple(amr))
                if not set(amr) <= may or "mfa" not in amr:
                    self.wrong.append((steps, f"a session by {amr}"))
            elif client == self.walker.wikis["phr"].client_id and "hwk" not in self.amr[sid]:
                self.wrong.append((steps, f"a grant for phr by {self.amr[sid]}"))

    def _put_back(self, attempts: list[tuple[Any, ...]]) -> None:
        """What was proven by now is again what it was when the walk came to this place."""
        self.admin.execute("DELETE FROM vault.attempts")
        for row in attempts:
            values = ", ".join(["%s"] * len(row))
            self.admin.execute(f"INSERT INTO vault.attempts VALUES ({values})", row)

    def _renew(self) -> None:
        """Codes and challenges that were spent are good again: from one place many steps are tried,
        and that each works once is shown elsewhere."""
        self.admin.execute("DELETE FROM vault.spent_challenges")
        self.admin.execute("UPDATE vault.totp_devices SET last_step = -1")
        self.admin.execute("UPDATE vault.guess_budgets SET in_a_row = 0, day_count = 0")
        for row in self.codes:
            self.admin.execute(
                "INSERT INTO vault.recovery_codes VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                row,
            )


@pytest.fixture
def cheap(settings: Any) -> None:
    """Thousands of hashes: as cheap as they can be, and otherwise the real ones."""
    settings.ARGON2_MEMORY_KIB, settings.ARGON2_TIME_COST = 8, 1


@pytest.mark.usefixtures("unlimited")
def test_flow_of_who_holds_everything_reaches_no_more_than_it_has_shown(
    cheap: None, add_wiki: Callable[..., WikiClient], ada: Ada, admin: psycopg.Connection
) -> None:
    """Every order of requests, repeats, tabs and old pages, at wikis of every level."""
    device = a_device(counts=False)
    hers = Browser()
    step(hers, hers.sign_in("Ada"), code=ada.code(-1))
    step(hers, prove_password(hers), code=ada.code())
    add_passkey(hers, device)
    hers.submit(hers.get("/account/"), "/logout")
    admin.execute("DELETE FROM vault.events")
    wikis = {level: add_wiki(f"{level} wiki", least_acr=level) for level in WIKIS}
    codes = list(admin.execute("SELECT * FROM vault.recovery_codes"))
    walk = Walk(Holder(ada, device, wikis), admin, codes)
    walk.on(Place(), ())
    assert walk.wrong == []
    assert walk.taken > len(STEPS) ** LENGTH
    assert walk.ends == {
        ("hwk", "user", "mfa"),
        ("pwd", "hwk", "user", "mfa"),
        ("pwd", "otp", "mfa"),
    }
