"""The flow, exhaustively: no order of requests reaches a session without a proof (V-step-skip).

Every order of up to three requests is walked, each from the very cookies and page that the ones
before left; and on from there, to any length, until no new kind of place is found: the site keeps
nothing of a flow, so that what a browser holds is all there is. Whether a session came of it is
read from the vault, not from what the site answers.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
import pytest

from tests.properties.walking import Place, Walker
from tests.web.people import PASSWORD, Browser, WikiClient, hidden_fields

LENGTH: Final = 3
NAME: Final = "Grace"


class FlowWalker(Walker):
    """Somebody at a wiki, with a flow of another browser's, and names to sign up by."""

    def __init__(self, wiki: WikiClient, foreign_flow: str, names: Iterator[str]) -> None:
        super().__init__()
        self.wiki = wiki
        self.foreign_flow = foreign_flow
        self.names = names


Step = Callable[[FlowWalker], Any]

# What proves nothing, in whatever order it comes.
EMPTY: Final[dict[str, Step]] = {
    "wiki asks": lambda w: w.get("/oauth/authorize", **w.wiki.request()),
    "wiki asks anew": lambda w: w.get("/oauth/authorize", **w.wiki.request(prompt="login")),
    "wiki asks to sign up": lambda w: w.get("/oauth/authorize", **w.wiki.request(prompt="create")),
    "empty sign-in": lambda w: w.send("/login"),
    "empty sign-up": lambda w: w.send("/signup"),
    "account": lambda w: w.get("/account/"),
}
# The same, by people who try.
REFUSED: Final[dict[str, Step]] = {
    "blank password": lambda w: w.send(
        "/login", username=NAME, password="", amr="pwd", step="finish", attempt="x"
    ),
    "wrong password": lambda w: w.send("/login", username=NAME, password="wrong password"),
    "name that is taken": lambda w: w.send("/signup", username=NAME, password=PASSWORD),
    "flow of another browser": lambda w: w.send(
        "/login", username=NAME, password=PASSWORD, flow=w.foreign_flow
    ),
    "no flow": lambda w: w.send_without_flow("/login", username=NAME, password=PASSWORD),
    "password of nobody": lambda w: w.send(
        "/account/password", current_password=PASSWORD, new_password="another good password"
    ),
    "sign-out of nobody": lambda w: w.send("/oauth/logout/confirm"),
}
# What proves who one is, if a page of this browser's own is sent with it.
PROOFS: Final[dict[str, Step]] = {
    "right password": lambda w: w.send("/login", username=NAME, password=PASSWORD),
    "new account": lambda w: w.send("/signup", username=next(w.names), password=PASSWORD),
}


def short_names() -> Iterator[str]:
    """Names that look like no other."""
    return ("".join(letters) for letters in itertools.product("abdefghkst", repeat=5))


@dataclass(frozen=True)
class Walk:
    """The walk itself, and what it found wrong."""

    walker: FlowWalker
    admin: psycopg.Connection
    wrong: list[tuple[str, ...]] = field(default_factory=list)
    taken: list[tuple[str, ...]] = field(default_factory=list)
    seen: set[tuple[str, ...]] = field(default_factory=set)

    def sessions(self) -> int:
        """How many sessions were ever opened."""
        ((count,),) = self.admin.execute("SELECT count(*) FROM vault.sessions")
        return int(count)

    def on(self, place: Place, before: tuple[str, ...]) -> None:
        """Tries every next step from a place that was reached by the steps before."""
        for name, step in PROOFS.items():
            self.prove(place, (*before, name), step)
        for name, step in {**EMPTY, **REFUSED}.items():
            after = self.refuse(place, (*before, name), step)
            new = (name, *after.kind()) not in self.seen
            self.seen.add((name, *after.kind()))
            if new or len(before) + 1 < LENGTH:
                self.on(after, (*before, name))

    def refuse(self, place: Place, steps: tuple[str, ...], step: Step) -> Place:
        """Takes a step that may open no session; gives where it led."""
        had = self.sessions()
        self.walker.go_to(place)
        step(self.walker)
        self.taken.append(steps)
        after = self.walker.place()
        if self.sessions() != had or "__Host-session" in after.cookies:
            self.wrong.append(steps)
        if steps[-1] == "wrong password":
            self.admin.execute("UPDATE vault.guess_budgets SET in_a_row = 0, day_count = 0")
        return after

    def prove(self, place: Place, steps: tuple[str, ...], step: Step) -> None:
        """Takes a step that opens one session if its page was this browser's, and none else."""
        had = self.sessions()
        self.walker.go_to(place)
        has_flow = "flow" in place.page
        answer = step(self.walker)
        self.taken.append(steps)
        if self.sessions() - had != int(has_flow) or (answer.status_code == 303) != has_flow:
            self.wrong.append(steps)


@pytest.mark.usefixtures("unlimited")
def test_flow_in_every_order_of_requests_opens_a_session_only_by_a_proof(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection, settings: Any
) -> None:
    """No sequence of requests signs anybody in without a right password or a new account."""
    # Thousands of hashes: as cheap as they can be, and otherwise the real ones.
    settings.ARGON2_MEMORY_KIB, settings.ARGON2_TIME_COST = 8, 1
    browser.sign_up(NAME)
    foreign = hidden_fields(Browser().get("/login"))["flow"]
    walk = Walk(FlowWalker(wiki, foreign, short_names()), admin)
    walk.on(Place(), ())
    assert walk.wrong == []
    assert len(walk.taken) > (len(EMPTY) + len(REFUSED)) ** LENGTH
    assert {"Sign in", "Create account"} <= {kind[1] for kind in walk.seen}
