"""The site's doors: what closing each keeps out, and what goes on; by the vault's own word."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from secrets import token_bytes

import psycopg
import pytest

from emergency.actions.doors import Door, close_door, open_door
from emergency.errors import AlreadyClosed, NotClosed, ReasonMissing
from tests.database import people
from tests.database.asking import ask, value
from vault import accounts, doors, sessions
from vault.errors import SignInShut
from vault.events import NOWHERE, Origin

Playing = Callable[[str], AbstractContextManager[None]]
DOORS: tuple[Door, ...] = ("sign_up", "sign_in", "unknown_devices")


def shut(playing: Playing, door: Door) -> None:
    """Closes a door at the console."""
    with playing("owner"):
        close_door(door, "an attack", by=None)


def reopen(playing: Playing, door: Door) -> None:
    """Opens it there."""
    with playing("owner"):
        open_door(door, "over", by=None)


def at(device: bytes | None) -> Origin:
    """A sign-in from the browser that carries this credential."""
    return Origin(network="192.0.2.0/24", agent="Firefox", device=device)


def flags(admin: psycopg.Connection) -> dict[str, bool]:
    """How the site stands."""
    [row] = ask(admin, "SELECT sign_up_open, sign_in_open, sign_in_known_only FROM vault.site")
    return row


def test_closed_sign_up_makes_no_account_and_keeps_nobody_else_out(
    vault: None, playing: Playing
) -> None:
    """Whoever has an account signs in as before."""
    ada = people.sign_up("Ada")
    shut(playing, "sign_up")
    assert not accounts.prepare().sign_up_open
    with pytest.raises(AssertionError):
        people.sign_up("Bob")
    assert sessions.resume(people.sign_in(ada).secret) is not None
    reopen(playing, "sign_up")
    people.sign_up("Bob")


def test_closed_sign_in_lets_nobody_in_anew_and_ends_nobody_s_session(
    vault: None, playing: Playing
) -> None:
    """Neither by a password nor by what was proven before it closed."""
    ada, device = people.sign_up("Ada"), token_bytes(32)
    session = people.sign_in(ada, origin=at(device))
    pending = people.attempt_of(ada, origin=at(device))
    shut(playing, "sign_in")
    assert people.prove(ada, origin=at(device)).status == "closed"
    with pytest.raises(SignInShut):
        sessions.open_session(pending, kept=False, agent_label="", origin=at(device))
    assert sessions.resume(session.secret) is not None
    reauthenticating = people.prove(ada, purpose="reauthenticate", session_secret=session.secret)
    assert reauthenticating.status == "right"
    reopen(playing, "sign_in")
    # What was proven is still good: nothing of it was used up.
    assert sessions.open_session(pending, kept=False, agent_label="", origin=at(device))


def test_closed_to_unknown_browsers_lets_the_known_ones_in(vault: None, playing: Playing) -> None:
    """The right password opens nothing elsewhere, also if it was shown before the door closed."""
    ada, bob, device = people.sign_up("Ada"), people.sign_up("Bob"), token_bytes(32)
    people.sign_in(ada, origin=at(device))
    pending = people.attempt_of(ada, origin=at(None))
    shut(playing, "unknown_devices")
    assert people.prove(ada, origin=at(token_bytes(32))).status == "closed"
    assert people.prove(ada, origin=at(None)).status == "closed"
    # Known to one account is not known to another.
    assert people.prove(bob, origin=at(device)).status == "closed"
    for origin in (at(None), at(token_bytes(32))):
        with pytest.raises(SignInShut):
            sessions.open_session(pending, kept=False, agent_label="", origin=origin)
    assert sessions.resume(people.sign_in(ada, origin=at(device)).secret) is not None
    reopen(playing, "unknown_devices")
    assert sessions.resume(people.sign_in(ada, origin=at(None)).secret) is not None


def test_closed_to_unknown_browsers_answers_unknown_names_alike(
    vault: None, playing: Playing
) -> None:
    """The door says nothing about who has an account."""
    ada = people.sign_up("Ada")
    shut(playing, "unknown_devices")
    nobody = people.Member(ada.account_id, "Nobody", people.PASSWORD)
    assert people.prove(nobody, origin=at(None)).status == "closed"
    assert people.prove(ada, origin=at(None)).status == "closed"


def test_account_made_while_unknown_browsers_are_shut_out_can_be_used(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """Signing up has a door of its own; a new account is known in no browser yet."""
    shut(playing, "unknown_devices")
    ada = people.sign_up("Ada")
    attempt_secret = token_bytes(32)
    admin.execute(
        "INSERT INTO vault.attempts (secret_hash, account_id, account_epoch, site_epoch, purpose,"
        " proofs, amr, authenticated_at, expires_at) VALUES (sha256(%s), %s, 1, 1, 'sign_in',"
        " '{password}', '{pwd}', now(), now() + '10 minutes')",
        [attempt_secret, ada.account_id],
    )
    assert not value(admin, "SELECT vault.is_closed_to(%s, NULL)", attempt_secret)
    admin.execute("UPDATE vault.accounts SET created_at = now() - interval '11 minutes'")
    assert value(admin, "SELECT vault.is_closed_to(%s, NULL)", attempt_secret)


@pytest.mark.parametrize("door", DOORS)
def test_each_door_opens_alone_and_says_so_in_the_trail(
    vault: None, playing: Playing, admin: psycopg.Connection, door: Door
) -> None:
    """With all three closed, opening one leaves the two others as they were."""
    for one in DOORS:
        shut(playing, one)
    closed = flags(admin)
    assert closed == {"sign_up_open": False, "sign_in_open": False, "sign_in_known_only": True}
    assert {one.name for one in doors.closed()} == set(DOORS)
    with playing("owner"), pytest.raises(AlreadyClosed):
        close_door(door, "again", by=None)
    reopen(playing, door)
    changed = {name for name, was in closed.items() if flags(admin)[name] != was}
    assert len(changed) == 1
    assert {one.name for one in doors.closed()} == set(DOORS) - {door}
    with playing("owner"), pytest.raises(NotClosed):
        open_door(door, "again", by=None)
    details = [
        row["detail"]
        for row in ask(
            admin, "SELECT detail FROM vault.events WHERE tag LIKE 'lockout:site:%%' ORDER BY id"
        )
    ]
    assert details[-1] == {"door": door, "reason": "over"}
    assert [one["door"] for one in details[:-1]] == list(DOORS)


def test_door_without_a_reason_stays_as_it_is(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """Closing and opening both say why."""
    with playing("owner"):
        with pytest.raises(ReasonMissing):
            close_door("sign_up", "  ", by=None)
        close_door("sign_in", "an attack", by=None)
        with pytest.raises(ReasonMissing):
            open_door("sign_in", "", by=None)
    assert flags(admin)["sign_up_open"]
    assert not flags(admin)["sign_in_open"]


def test_sign_in_under_way_keeps_what_it_proved(vault: None, playing: Playing) -> None:
    """A door that is shut for a moment costs nobody the proof that they gave."""
    ada = people.sign_up("Ada")
    attempt = people.attempt_of(ada)
    shut(playing, "sign_in")
    with pytest.raises(SignInShut):
        sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    reopen(playing, "sign_in")
    assert sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE) is not None
