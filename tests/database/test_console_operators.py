"""The owner's commands for operators and wikis: links to enrol by, and measures without a page."""

import json

import psycopg
import pytest

from accounts.services.sessions import decoded
from tests.database.asking import a_wiki, ask, sha256, value
from tests.database.console import Console, Playing

PAGE = "https://operator.example.org/admin/enrol/#"


@pytest.fixture
def console(vault: None, playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's shell."""
    return Console(playing, capsys)


def test_createaccount_operator_prints_a_link_once(
    console: Console, admin: psycopg.Connection
) -> None:
    """In JSON, in words, and in the answer to a list; for nobody who is no operator."""
    made = console.answer("createaccount", "Ada", "--operator", "locker")
    status, out, err = console.run("createaccount", "Grace", "--operator")
    assert (status, err) == (0, "")
    entries = json.dumps([{"username": "Margaret", "operator": True}, {"username": "Bob"}])
    listed = console.answer("createaccount", "--from", "-", stdin=entries)
    links = [
        made["operator_enrolment_url"],
        next(line for line in out.splitlines() if line.startswith(PAGE)),
        listed[0]["operator_enrolment_url"],
    ]
    assert all(link.startswith(PAGE) for link in links)
    assert "operator_enrolment_url" not in listed[1]
    tokens = [decoded(link.removeprefix(PAGE)) for link in links]
    kept = {row["token_hash"] for row in ask(admin, "SELECT * FROM vault.operator_invites")}
    assert {sha256(token) for token in tokens if token is not None} == kept
    assert len(kept) == 3


def test_link_is_in_no_line_that_is_not_the_answer(
    console: Console, caplog: pytest.LogCaptureFixture, admin: psycopg.Connection
) -> None:
    """Neither standard error, nor a log, nor the trail, nor a statement's text."""
    console.answer("createaccount", "Ada", "--operator")
    caplog.set_level("DEBUG")
    status, out, err = console.run("inviteoperator", "Ada")
    token = next(line for line in out.splitlines() if PAGE in line).removeprefix(PAGE)
    assert (status, err) == (0, "")
    assert token not in caplog.text
    raw = decoded(token)
    assert raw is not None
    for table in ("events", "operator_invites", "outbox"):
        dump = str(ask(admin, f"SELECT t::text AS row FROM vault.{table} t"))
        assert token not in dump
        assert raw.hex() not in dump


def test_inviteoperator_leaves_a_line_in_the_trail(
    console: Console, admin: psycopg.Connection
) -> None:
    """Who may come in is written down when it is said, not only when they come."""
    made = console.answer("createaccount", "Ada", "--operator")
    console.answer("inviteoperator", "ada")
    rows = ask(admin, "SELECT account_id FROM vault.events WHERE tag = 'operator:invite:console'")
    assert [str(row["account_id"]) for row in rows] == [made["id"]] * 2
    assert value(admin, "SELECT count(*) FROM vault.operator_invites WHERE spent_at IS NULL") == 1


def test_suspendwiki_and_resumewiki_do_what_the_pages_do(
    console: Console, admin: psycopg.Connection
) -> None:
    """Out of service and back in, by the console, with both in the trail."""
    a_wiki(admin, "en")
    answer = console.answer("suspendwiki", "en", "--reason", "taken over")
    assert answer == {"client_id": "en", "status": "suspended"}
    assert value(admin, "SELECT state_reason FROM vault.wikis") == "taken over"
    assert "suspended already" in console.complaint("suspendwiki", "en", "--reason", "x")
    status, out, _ = console.run("resumewiki", "en", "--reason", "clean")
    assert (status, out) == (0, "en is back in service.\n")
    assert "not suspended" in console.complaint("resumewiki", "en", "--reason", "x")
    rows = ask(
        admin, "SELECT tag, actor_id FROM vault.events WHERE tag LIKE 'lockout:%%' ORDER BY id"
    )
    assert [(row["tag"], row["actor_id"]) for row in rows] == [
        ("lockout:wiki:suspended", None),
        ("lockout:wiki:resumed", None),
    ]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["suspendwiki", "nothing", "--reason", "x"], "no such thing"),
        (["suspendwiki", "en"], "--reason"),
        (["suspendwiki", "en", "--reason", " "], "Say why"),
        (["resumewiki", "nothing", "--reason", "x"], "no such thing"),
        (["inviteoperator"], "name"),
        (["inviteoperator", "#"], "character"),
    ],
)
def test_command_that_cannot_be_done_is_one_line(
    console: Console, admin: psycopg.Connection, argv: list[str], said: str
) -> None:
    """Status 1, and why."""
    a_wiki(admin, "en")
    assert said in console.complaint(*argv)
