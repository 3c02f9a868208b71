"""An operator on duty, to whom leaked tokens are brought."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from emergency.actions.leaked_tokens import Examination, Examined, examine, revoke
from emergency.actions.operators import Operator
from tests.database import mail
from tests.database.asking import value
from tests.database.operating import enrolled, shows, signed_in
from vault.operators import Level
from vault.passkeys import Passkey

Playing = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Duty:
    """An operator on duty, who may show their passkey."""

    operator: Operator
    passkey: Passkey
    playing: Any

    def examine(self, text: str) -> Examination:
        """Pastes something, in the operator's process."""
        with self.playing("operator"):
            return examine(text, by=self.operator)

    def only(self, text: str) -> Examined:
        """The one token that was found in it."""
        examined = self.examine(text)
        assert examined.odd == ()
        [found] = examined.found
        return found

    def revoke(self, found: Examined, reason: str = "found in a paste") -> str:
        """Ends it, by a passkey shown for that."""
        with self.playing("operator"):
            shows(self.operator, self.passkey)
            return revoke(ref(found), reason, by=self.operator).status


def ref(found: Examined) -> tuple[str, Any, Any]:
    """How the thing is named."""
    return found.thing.kind, found.thing.account_id, found.thing.ref


def on_duty(playing: Playing, name: str, level: Level) -> Duty:
    """An operator of that level, signed in."""
    account = mail.a_member(playing, name, f"{name.lower()}@example.net").account_id
    passkey = enrolled(playing, account, level)
    return Duty(signed_in(playing, passkey), passkey, playing)


@pytest.fixture
def locker(vault: None, playing: Playing) -> Duty:
    """An operator who may lock."""
    return on_duty(playing, "Lena", "locker")


def told(admin: psycopg.Connection) -> int:
    """How many wikis are being told of a session's end."""
    total: int = value(admin, "SELECT count(*) FROM vault.outbox WHERE kind = 'backchannel_logout'")
    return total
