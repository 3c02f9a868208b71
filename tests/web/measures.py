"""Emergency measures as the console takes them, and what is alive in the vault after one.

A table of steps is walked with each measure taken right before the step: see ``Scene.prove``.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final, Literal

import psycopg
from django.core.management import call_command

from tests.authenticator import Authenticator
from tests.database.living import alive
from tests.web.holders import Ada
from tests.web.letters import Mail, Playing
from tests.web.passkeys import a_device
from tests.web.people import Answer, Browser, WikiClient

Measure = Literal["none", "locked", "lifted", "ended", "site ended", "suspended", "closed"]
# After each of these whatever was under way is over; only the first keeps people out as well.
ON_ACCOUNT: Final[tuple[Measure, ...]] = ("none", "locked", "lifted", "ended", "site ended")
ON_WIKI: Final[tuple[Measure, ...]] = (*ON_ACCOUNT, "suspended")
# For a step with which people begin: after an end to their sessions they may.
AT_THE_DOOR: Final[tuple[Measure, ...]] = ("none", "locked")

# What a lock must not take away either: it would be a change of credentials by whoever goes on.
_LASTING: Final = ("account", "password", "passkey", "app", "address", "trusted browser")


def given(answer: Answer) -> set[str]:
    """What an answer itself hands out: a code, tokens, somebody's claims, a cookie that is good."""
    got = set()
    if re.search(r"[?&](code|id_token)=", answer.headers.get("Location", "")):
        got.add("a code")
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        said = answer.json()
        if said.get("active") or {"access_token", "id_token", "refresh_token", "sub"} & set(said):
            got.add("an answer for the wiki")
    if 'name="id_token"' in answer.content.decode():
        got.add("an ID token")
    if "__Host-session" in answer.cookies and answer.cookies["__Host-session"].value:
        other = Browser()
        other.cookies["__Host-session"] = answer.cookies["__Host-session"].value
        if other.get("/account/").status_code == 200:
            got.add("a session")
    return got


Step = Callable[[], Answer]


@dataclass
class Scene:
    """A person, a wiki and a browser in which something is under way."""

    admin: psycopg.Connection
    playing: Playing
    mail: Mail
    wiki: WikiClient
    browser: Browser = field(default_factory=Browser)
    device: Authenticator = field(default_factory=a_device)
    person: str = "Grace"
    ada: Ada | None = None

    def take(self, measure: Measure) -> None:
        """Takes a measure on the person, the wiki or the site, as the console does."""
        steps: dict[Measure, list[tuple[Any, ...]]] = {
            "none": [],
            "locked": [("lockaccount", self.person)],
            "lifted": [("lockaccount", self.person), ("unlockaccount", self.person)],
            "ended": [("endsessions", self.person)],
            "site ended": [("endallsessions",)],
            "suspended": [("suspendwiki", self.wiki.client_id)],
            "closed": [],
        }
        if measure == "closed":
            self.admin.execute("UPDATE vault.site SET sign_in_open = false")
        for command, *about in steps[measure]:
            with self.playing("owner"):
                # Loaded by its path: the web process has no such command.
                module = import_module(f"emergency.management.commands.{command}")
                call_command(module.Command(), *about, "--reason", "drill", stdout=io.StringIO())

    def prove(self, step: Step, measure: Measure) -> Answer:
        """Takes the measure, then the step: only without a measure may anything come of it.

        Twice, since whoever is refused tries again.
        """
        self.take(measure)
        before = alive(self.admin)
        answer = step()
        after = alive(self.admin)
        got = given(answer) | {f"new: {one}" for one in after - before}
        lost = {one for one in before - after if one.startswith(_LASTING)}
        if measure == "none":
            assert got | lost, "the step does nothing, so this says nothing of a lock"
            return answer
        assert not got, (measure, got)
        assert not lost, (measure, lost)
        assert answer.status_code < 500 or answer.status_code == 503
        again = step()
        assert not given(again)
        assert alive(self.admin) <= before
        return answer
