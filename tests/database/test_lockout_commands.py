"""Each lockout at the console: dry run with the count first, effect, undo; refusals in one line."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.database import people
from tests.database.asking import a_wiki, ask, value
from tests.database.console import Console, Playing
from tests.database.rotating import kept_keys
from vault import sessions


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


def trail(admin: psycopg.Connection) -> list[str]:
    """What lockouts have written."""
    return [
        row["tag"]
        for row in ask(
            admin, "SELECT tag FROM vault.events WHERE tag LIKE 'lockout:%%' ORDER BY id"
        )
    ]


def test_lockaccount_counts_then_locks_until_an_end_and_says_how_to_undo(
    console: Console, admin: psycopg.Connection
) -> None:
    """The dry run names the browser; nothing is written before."""
    ada = people.sign_up("Ada")
    session = people.sign_in(ada)
    status, out, err = console.run("lockaccount", "Ada", "--dry-run")
    assert (status, err) == (0, "")
    assert "1 account is locked: Ada" in out
    assert "1 live session is shut: Firefox" in out
    assert out.rstrip().endswith("Nothing was done: this was a dry run.")
    assert trail(admin) == []
    status, out, err = console.run(
        "lockaccount", "Ada", "--reason", "taken over", "--until", "2h", "--tell", "Write to us."
    )
    assert (status, err) == (0, "")
    assert "Ada is locked. 1 session ended. It ends by itself at " in out
    assert "Undo: manage.py unlockaccount Ada --reason" in out
    assert sessions.resume(session.secret) is None
    [lock] = ask(admin, "SELECT told, ends_at > now() AS ahead FROM vault.account_locks")
    assert lock == {"told": "Write to us.", "ahead": True}
    status, out, _ = console.run("unlockaccount", "Ada", "--dry-run")
    assert "Ada is locked, and would be unlocked." in out
    assert people.prove(ada).status == "locked"
    assert console.answer("unlockaccount", "Ada", "--reason", "theirs")["status"] == "unlocked"
    assert people.prove(ada).status == "right"


def test_lockaccount_with_rest_brings_the_sessions_back(console: Console) -> None:
    """For a false alarm."""
    session = people.sign_in(people.sign_up("Ada"))
    status, out, _ = console.run("lockaccount", "Ada", "--reason", "x", "--rest")
    assert (status, "Its sessions rest." in out) == (0, True)
    assert sessions.resume(session.secret) is None
    console.answer("unlockaccount", "Ada", "--reason", "x")
    assert sessions.resume(session.secret) == session


def test_lockaccounts_reads_a_file_or_standard_input_and_is_undone_as_one(
    console: Console, admin: psycopg.Connection, tmp_path: Path
) -> None:
    """What means no account is said, and stops nothing else."""
    for name in ("Ada", "Bob", "Carl"):
        people.sign_up(name)
    listed = tmp_path / "list.txt"
    listed.write_text("# of the night\nada\nBob\nnobody here\n", encoding="utf-8")
    status, out, err = console.run("lockaccounts", str(listed), "--dry-run")
    assert status == 0
    assert "2 accounts are locked: Ada, Bob" in out
    assert "no account: nobody here" in err
    assert trail(admin) == []
    status, out, err = console.run(
        "lockaccounts",
        "-",
        "--reason",
        "a wave",
        "--json",
        stdin=listed.read_text(encoding="utf-8"),
    )
    done = json.loads(out)
    assert (status, done["locked"], done["unknown"]) == (0, 2, ["nobody here"])
    locked = "SELECT count(*) FROM vault.accounts WHERE state = 'locked'"
    assert value(admin, locked) == 2
    [live] = console.answer("lockouts")
    assert (live["kind"], live["accounts"]) == ("accounts", 2)
    assert live["undo"] == f"unlockaccounts {done['list']}"
    assert console.answer("unlockaccounts", str(done["list"]), "--reason", "over")["unlocked"] == 2
    assert value(admin, locked) == 0
    assert console.answer("lockouts") == []
    assert "undone already" in console.complaint(
        "unlockaccounts", str(done["list"]), "--reason", "again"
    )


@pytest.mark.parametrize(
    ("door", "words"),
    [
        ("sign-up", "1 account was made in the last hour: Ada"),
        ("sign-in", "1 sign-in in the last hour: Ada"),
        ("unknown-devices", "1 sign-in in the last hour: Ada"),
    ],
)
def test_door_is_counted_closed_listed_and_opened(
    console: Console, admin: psycopg.Connection, door: str, words: str
) -> None:
    """The same three steps for each."""
    people.sign_in(people.sign_up("Ada"))
    status, out, _ = console.run("closedoor", door, "--dry-run")
    assert (status, words in out) == (0, True)
    assert trail(admin) == []
    status, out, _ = console.run("closedoor", door, "--reason", "an attack", "--until", "90m")
    assert status == 0
    assert f"Undo: manage.py opendoor {door}" in out
    status, out, _ = console.run("lockouts")
    assert "by console, until " in out
    assert f"undo: manage.py opendoor {door} --reason ..." in out
    assert "closed already" in console.complaint(
        "closedoor", door, "--reason", "again", "--until", "30m"
    )
    assert console.answer("opendoor", door, "--reason", "over") == {
        "door": door,
        "status": "opened",
    }
    assert "not closed" in console.complaint("opendoor", door, "--reason", "again")
    assert trail(admin) == ["lockout:site:closed", "lockout:site:opened"]


def test_wiki_is_counted_suspended_listed_and_put_back(
    console: Console, admin: psycopg.Connection
) -> None:
    """Who is signed in to it comes first."""
    a_wiki(admin)
    session = people.sign_in(people.sign_up("Ada"))
    admin.execute(
        "INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, 'wiki-a')", [session.sid]
    )
    status, out, _ = console.run("suspendwiki", "wiki-a", "--dry-run")
    assert (status, "1 person is signed in to it: Ada" in out) == (0, True)
    assert trail(admin) == []
    console.answer("suspendwiki", "wiki-a", "--reason", "taken over", "--until", "1d")
    [live] = console.answer("lockouts")
    assert (live["kind"], live["subject"], live["undo"]) == ("wiki", "wiki-a", "resumewiki wiki-a")
    console.answer("resumewiki", "wiki-a", "--reason", "cleaned")
    assert console.answer("lockouts") == []
    assert value(admin, "SELECT state FROM vault.wikis") == "active"


def test_signing_keys_are_counted_withdrawn_listed_and_put_back(
    console: Console, admin: psycopg.Connection
) -> None:
    """By their ids, which say nothing."""
    with kept_keys(admin):
        status, out, _ = console.run("withdrawkeys", "--dry-run")
        assert (status, "published key" in out) == (0, True)
        assert trail(admin) == []
        status, out, _ = console.run("withdrawkeys", "--reason", "seen in a log")
        assert status == 0
        assert "rotatekeys --signing --compromised" in out
        [live] = console.answer("lockouts")
        assert (live["kind"], live["undo"]) == ("signing_keys", "restorekeys")
        console.answer("restorekeys", "--reason", "a false alarm")
        assert console.answer("lockouts") == []
        assert trail(admin) == ["lockout:signing_keys:withdrawn", "lockout:signing_keys:restored"]


def test_endsessions_counts_then_ends(console: Console, admin: psycopg.Connection) -> None:
    """The account itself is not said to be locked."""
    session = people.sign_in(people.sign_up("Ada"))
    status, out, _ = console.run("endsessions", "Ada", "--dry-run")
    assert status == 0
    assert "1 live session is shut: Firefox" in out
    assert "locked" not in out
    assert sessions.resume(session.secret) == session
    assert console.answer("endsessions", "Ada", "--reason", "lost phone")["sessions_ended"] == 1
    assert sessions.resume(session.secret) is None


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["lockaccount", "Ada", "--reason", "x", "--until", "soon"], "--until soon"),
        (["lockaccount", "Ada", "--reason", "x", "--until", "2020-01-01"], "within a year"),
        (["lockaccount", "Ada", "--reason", "x", "--tell", "x" * 301], "--tell"),
        (["lockaccounts", "/nowhere", "--reason", "x"], "/nowhere"),
        (["lockaccounts", "-", "--reason", "x"], "No line of this list"),
        (["unlockaccounts", "7", "--reason", "x"], "no such list"),
        (["closedoor", "window", "--reason", "x"], "window"),
        (["closedoor", "sign-up"], "--reason"),
        (["closedoor", "sign-up", "--reason", "x", "--until", "-1h"], "--until"),
        (["withdrawkeys"], "--reason"),
        (["restorekeys", "--reason", "x"], "No lockout holds"),
        (["suspendwiki", "nothing", "--reason", "x"], "no such thing"),
    ],
)
def test_command_that_cannot_be_done_is_one_line_and_does_nothing(
    console: Console, admin: psycopg.Connection, argv: list[str], said: str
) -> None:
    """Status 1, one line on stderr, no trace."""
    people.sign_up("Ada")
    assert said in console.complaint(*argv)
    assert trail(admin) == []
    assert console.answer("lockouts") == []
