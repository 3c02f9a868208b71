"""A change of what protects an account ends its sessions elsewhere (V7.4.3), and tells wikis."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest

from tests.database import people
from tests.database.asking import a_wiki, ask, value
from tests.database.factors import (
    cheaply,
    enrol_passkey,
    new_passkey,
    presented,
    sign_in_with,
)
from vault import passkeys, passwords, recovery_codes, sessions, totp
from vault.attempts import Attempt
from vault.events import NOWHERE
from vault.passkeys import Passkey
from vault.sessions import Session
from vault.totp_codes import NEW_SECRET_BYTES, step_at


@dataclass
class Holder:
    """Somebody with a passkey, who is signed in here."""

    passkey: Passkey
    here: Session

    def proof(self) -> Attempt:
        """The passkey, shown within the session here."""
        return presented(self.passkey, purpose="reauthenticate", session_secret=self.here.secret)

    def add_passkey(self, *, ends_others: bool = True) -> None:
        """Another one, which knows its user."""
        new = new_passkey(knows_user=True)
        added = passkeys.add(
            self.here,
            self.proof(),
            new,
            name="Key",
            language="en",
            origin=NOWHERE,
            ends_others=ends_others,
        )
        assert added == "added"

    def remove_passkey(self) -> None:
        """That other one."""
        [other] = [
            one.credential_id
            for one in passkeys.own_passkeys(self.here)
            if one.credential_id != self.passkey.credential_id
        ]
        done = passkeys.remove(self.here, self.proof(), other, language="en", origin=NOWHERE)
        assert done == "removed"

    def add_app(self) -> None:
        """An app."""
        added = totp.add(
            self.here,
            self.proof(),
            name="Phone",
            secret=secrets.token_bytes(NEW_SECRET_BYTES),
            step=step_at() - 5,
            language="en",
            origin=NOWHERE,
        )
        assert added == "added"

    def remove_app(self) -> None:
        """That app."""
        [app] = totp.own_apps(self.here)
        done = totp.remove(self.here, self.proof(), app.id, language="en", origin=NOWHERE)
        assert done == "removed"

    def replace_codes(self) -> None:
        """New recovery codes."""
        with cheaply():
            done = recovery_codes.replace(self.here, self.proof(), language="en", origin=NOWHERE)
        assert done.status == "replaced"

    def remove_password(self) -> None:
        """The password: two passkeys and codes are there."""
        done = passwords.remove(self.here, self.proof(), language="en", origin=NOWHERE)
        assert done == "removed"


Do = Callable[[Holder], None]
# What was there before, and the change.
CHANGES: dict[str, tuple[tuple[Do, ...], Do]] = {
    "app added": ((), Holder.add_app),
    "app removed": ((Holder.add_app,), Holder.remove_app),
    "passkey added": ((), Holder.add_passkey),
    "passkey removed": ((Holder.add_passkey,), Holder.remove_passkey),
    "recovery codes replaced": ((), Holder.replace_codes),
    "password removed": ((Holder.add_passkey, Holder.replace_codes), Holder.remove_password),
}


@pytest.fixture
def holder(vault: None) -> Holder:
    """Somebody, signed in by their passkey."""
    passkey = enrol_passkey(people.sign_up("Ada"))
    return Holder(passkey, sign_in_with(passkey))


def elsewhere(admin: psycopg.Connection, holder: Holder) -> Session:
    """A session of the same person in another browser, at a wiki that wants to be told."""
    a_wiki(admin)
    admin.execute("UPDATE vault.wikis SET backchannel_logout_uri = 'https://wiki.example/out'")
    other = sign_in_with(holder.passkey)
    admin.execute(
        "INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, 'wiki-a')", [other.sid]
    )
    return other


@pytest.mark.parametrize("name", CHANGES)
def test_change_of_a_factor_ends_the_sessions_elsewhere_and_no_other(
    holder: Holder, admin: psycopg.Connection, name: str
) -> None:
    """This browser goes on; the wiki of the other one is told."""
    before, change = CHANGES[name]
    for do in before:
        do(holder)
    other = elsewhere(admin, holder)
    change(holder)
    assert sessions.resume(holder.here.secret) is not None
    assert sessions.resume(other.secret) is None
    [told] = ask(admin, "SELECT payload FROM vault.outbox WHERE kind = 'backchannel_logout'")
    assert told["payload"]["sid"] == str(other.sid)
    ended = "SELECT end_reason FROM vault.sessions WHERE sid = %s"
    assert value(admin, ended, other.sid) == "factor_changed"


@pytest.mark.parametrize("name", CHANGES)
def test_change_voids_what_was_proven_elsewhere_and_not_what_was_proven_here(
    holder: Holder, admin: psycopg.Connection, name: str
) -> None:
    """A sign-in that waits on its last page, by a factor that is none any more, opens nothing."""
    before, change = CHANGES[name]
    for do in before:
        do(holder)
    pending, mine = presented(holder.passkey), holder.proof()
    change(holder)
    late = sessions.open_session(pending, kept=True, agent_label="", origin=NOWHERE)
    assert late is None
    again = passkeys.add(
        holder.here, mine, new_passkey(), name="Key", language="en", origin=NOWHERE
    )
    assert again == "added"


def test_change_that_is_refused_ends_nothing(holder: Holder, admin: psycopg.Connection) -> None:
    """Without a fresh proof nothing happens, here or elsewhere."""
    other, proof = elsewhere(admin, holder), holder.proof()
    admin.execute("UPDATE vault.attempts SET expires_at = now() - interval '1 second'")
    status = passkeys.add(
        holder.here, proof, new_passkey(), name="Key", language="en", origin=NOWHERE
    )
    assert status == "gone"
    assert sessions.resume(other.secret) is not None
    assert sessions.resume(holder.here.secret) is not None


def test_passkey_that_was_offered_at_the_sign_in_ends_nobody_s_session(
    holder: Holder, admin: psycopg.Connection
) -> None:
    """A new phone is no reason to be signed out at one's desk."""
    other = elsewhere(admin, holder)
    holder.add_passkey(ends_others=False)
    assert sessions.resume(other.secret) is not None
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE kind = 'backchannel_logout'") == 0
