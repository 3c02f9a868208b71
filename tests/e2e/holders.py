"""People with an app and a sheet of recovery codes, in the browser."""

import base64
import json
import secrets
from dataclasses import dataclass, field

from tests.e2e.demo import Demo
from tests.e2e.people import PASSWORD
from vault.totp_codes import code_of, step_at


@dataclass(frozen=True)
class Holder:
    """Somebody whom the owner's console gave an app and recovery codes."""

    username: str
    secret: bytes = field(repr=False)
    codes: tuple[str, ...] = field(repr=False)

    def code(self, steps: int = 0) -> str:
        """What their app shows now, or so many steps later."""
        return code_of(self.secret, step_at(None) + steps)

    @classmethod
    def make(cls, demo: Demo, username: str) -> "Holder":
        """A new account, made as an administrator makes one: a list on standard input."""
        secret = secrets.token_bytes(20)
        wanted = {
            "username": username,
            "password": PASSWORD,
            "totp_secret": base64.b32encode(secret).decode(),
        }
        done = demo.manage("createaccount", "--from", "-", given=json.dumps([wanted]))
        assert done.returncode == 0, done.stderr
        [made] = json.loads(done.stdout)
        return cls(made["username"], secret, tuple(made["recovery_codes"]))
