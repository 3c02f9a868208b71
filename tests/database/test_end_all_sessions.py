"""``endallsessions``: one number ends every session, code and token of the site."""

import psycopg
import pytest

from tests.database import people
from tests.database.asking import ask, value
from tests.database.console import Console, Playing
from vault import sessions


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


def test_endallsessions_ends_everybody_s_and_says_so_in_the_trail(
    console: Console, admin: psycopg.Connection
) -> None:
    """Sessions and pending sign-ins of all accounts; everybody may sign in again."""
    ada, bob = people.sign_up("Ada"), people.sign_up("Bob")
    open_ones = [people.sign_in(ada), people.sign_in(ada), people.sign_in(bob)]
    pending = people.attempt_of(bob)
    answer = console.answer("endallsessions", "--reason", "web was broken into")
    assert answer == {"status": "ended"}
    assert [sessions.resume(one.secret) for one in open_ones] == [None, None, None]
    assert value(admin, "SELECT sum(live_sessions) FROM views.accounts") == 0
    late = sessions.open_session(pending, kept=False, agent_label="", origin=people.NOWHERE)
    assert late is None
    assert sessions.resume(people.sign_in(ada).secret) is not None
    [event] = ask(
        admin, "SELECT detail FROM vault.events WHERE tag = 'lockout:site:sessions_ended'"
    )
    assert event["detail"] == {"reason": "web was broken into"}


def test_endallsessions_writes_no_row_of_a_session(
    console: Console, admin: psycopg.Connection
) -> None:
    """One number is raised: so a million sessions end as soon as one (bench/everybody_out.py)."""
    ada = people.sign_up("Ada")
    for _ in range(3):
        people.sign_in(ada)
    rows = "SELECT sid, ctid::text, xmin::text FROM vault.sessions ORDER BY sid"
    before = ask(admin, rows)
    console.answer("endallsessions", "--reason", "web was broken into")
    assert ask(admin, rows) == before
    assert len(before) == 3


def test_endallsessions_dry_run_counts_and_ends_nothing(
    console: Console, admin: psycopg.Connection
) -> None:
    """It needs no reason, and leaves no trace."""
    session = people.sign_in(people.sign_up("Ada"))
    answer = console.answer("endallsessions", "--dry-run")
    assert answer == {
        "dry_run": True,
        "hits": [
            {"what": "sessions", "total": 1, "sample": ["Ada"]},
            {"what": "operator_sessions", "total": 0, "sample": []},
        ],
    }
    assert sessions.resume(session.secret) is not None
    assert value(admin, "SELECT epoch FROM vault.site") == 1
    assert not ask(admin, "SELECT FROM vault.events WHERE tag = 'lockout:site:sessions_ended'")


@pytest.mark.parametrize("reason", [[], ["--reason", "  "], ["--reason", "x" * 1001]])
def test_endallsessions_without_a_reason_ends_nothing(console: Console, reason: list[str]) -> None:
    """Whoever ends everything says why."""
    session = people.sign_in(people.sign_up("Ada"))
    assert "Say why" in console.complaint("endallsessions", *reason)
    assert sessions.resume(session.secret) is not None
