"""No operator acts alone: every lockout writes to the others, by the worker, in our own words."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from email import message_from_bytes
from typing import Any

import psycopg
import pytest
from django.test import override_settings

from emergency.actions.doors import close_door
from emergency.actions.end_all_sessions import end_all_sessions
from emergency.actions.lock_account import lock_account
from outbox import measures
from outbox.errors import NotOurs
from outbox.measure_words import WORDS
from outbox.measures import _read, send_measure, write_measure
from tests.database import people
from tests.database.asking import ask, value
from tests.database.mail import a_member
from tests.database.operating import enrolled, shows, signed_in
from tests.mail_reader import received, text_of
from tests.unit.outbox.jobs import WRITTEN, job
from vault import outbox
from vault.outbox import Job

Playing = Callable[[str], AbstractContextManager[None]]


def told(admin: psycopg.Connection) -> list[dict[str, Any]]:
    """What waits for operators: whom it goes to (None: the common address), and what it says."""
    return ask(
        admin,
        "SELECT a.username, o.payload FROM vault.outbox o"
        " LEFT JOIN vault.accounts a ON a.id = o.account_id"
        " WHERE o.kind = 'measure' ORDER BY a.username NULLS LAST",
    )


def test_lockout_tells_every_other_operator_that_has_an_address(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """Neither the one who did it, nor whoever is none any more; by name, without the reason."""
    acting, other, gone, silent = (
        a_member(playing, "Olga", "olga@example.org"),
        a_member(playing, "Oskar", "oskar@example.org"),
        a_member(playing, "Otto", "otto@example.org"),
        people.sign_up("Odile"),
    )
    passkey = enrolled(playing, acting.account_id, "chief")
    for one in (other, gone, silent):
        enrolled(playing, one.account_id, "locker")
    admin.execute(
        "UPDATE vault.operators SET revoked_at = now() WHERE account_id = %s", [gone.account_id]
    )
    ada = people.sign_up("Ada")
    operator = signed_in(playing, passkey)
    with playing("operator"):
        lock_account(ada.account_id, "a secret reason", by=shows(operator, passkey))
    said = told(admin)
    assert [row["username"] for row in said] == ["Oskar", None]
    for row in said:
        assert {**row["payload"], "at": 0} == {
            "tag": "lockout:account:locked",
            "by": "Olga",
            "count": 1,
            "at": 0,
        }
    assert "secret" not in str(said)


def test_letters_reach_the_others_and_the_common_address_once_each(
    vault: None, playing: Playing, admin: psycopg.Connection, tmp_path: Any
) -> None:
    """By the worker's own hand, to real files; whoever reads the common address gets one."""
    for name in ("Oskar", "Duty"):
        enrolled(playing, a_member(playing, name, f"{name.lower()}@example.org").account_id)
    with playing("owner"):
        close_door("sign_in", "an attack", by=None)
    with (
        playing("worker"),
        override_settings(MAIL_URL=f"file://{tmp_path}", ALERT_MAIL=["duty@example.org"]),
    ):
        for one in outbox.claim(10, 60):
            if one.kind == measures.KIND:
                send_measure(one)
    letters = [message_from_bytes(file.read_bytes()) for file in tmp_path.iterdir()]
    assert sorted(str(letter["To"]) for letter in letters) == [
        "duty@example.org",
        "oskar@example.org",
    ]
    assert all("A door of the site was closed" in str(one["Subject"]) for one in letters)


def test_ending_every_session_tells_them_too(
    vault: None, playing: Playing, admin: psycopg.Connection
) -> None:
    """At the console nobody is named."""
    with playing("owner"):
        end_all_sessions("web was broken into", by=None)
    [row] = told(admin)
    assert row["payload"].keys() == {"tag", "at"}


AT = int(WRITTEN.timestamp())


def measure_job(**changes: Any) -> Job:
    """Something that an operator did."""
    payload = {"tag": "lockout:accounts:locked", "by": "Olga", "count": 12, "at": AT, **changes}
    return Job(**{**vars(job(3, kind="measure")), "payload": payload})


def test_letter_says_what_and_who_and_where_to_look() -> None:
    """In plain words, the same bytes each time."""
    with override_settings(OPERATOR_URL="https://operator.example.org"):
        first, second = (
            write_measure(measure_job(), _read(measure_job()), ["o@example.org"])
            .message()
            .as_bytes()
            for _ in range(2)
        )
    assert first == second
    body = " ".join(text_of(first).split())
    assert received(first)["To"] == "o@example.org"
    for expected in (
        "A list of accounts was locked: 12 accounts. Olga did it on the operator's site.",
        "https://operator.example.org/admin/",
        "no operator acts alone",
    ):
        assert expected in body


@pytest.mark.parametrize("tag", WORDS)
@pytest.mark.parametrize("by", [None, "", "Olga"])
def test_every_measure_has_words(tag: str, by: str | None) -> None:
    """No place stays unfilled, by whomever it was done."""
    changes = {"tag": tag, "by": "Name@odd" if by == "" else by}
    queued = measure_job(**{k: v for k, v in changes.items() if v is not None})
    if by is None:
        queued.payload.pop("by")
    letter = write_measure(queued, _read(queued), ["o@example.org"])
    assert "%(" not in letter.body
    assert "Name@odd" not in letter.body


@pytest.mark.parametrize(
    "changes",
    [
        {"tag": "lockout:nothing"},
        {"tag": 7},
        {"count": -1},
        {"count": "12"},
        {"count": True},
        {"by": "<script>"},
        {"by": 7},
        {"at": AT - 3600},
        {"reason": "words of somebody's"},
    ],
)
def test_payload_that_the_vault_does_not_write_is_not_ours(changes: dict[str, Any]) -> None:
    """Whoever writes into the outbox puts no words into our letters."""
    with pytest.raises(NotOurs):
        _read(measure_job(**changes))


def test_every_lockout_that_writes_an_event_tells_the_operators(admin: psycopg.Connection) -> None:
    """Each function of the lockouts that records one has word for the others beside it."""
    silent = {
        row["name"]
        for row in ask(
            admin,
            "SELECT p.proname AS name FROM pg_proc p"
            " WHERE p.pronamespace IN ('vault'::regnamespace, 'api'::regnamespace)"
            " AND p.prosrc LIKE '%%''lockout:%%' AND p.prosrc LIKE '%%record_event(%%'"
            " AND p.prosrc NOT LIKE '%%tell_operators(%%'",
        )
    }
    # A single account is told of by whoever calls: a list tells once. The others harm nobody.
    assert silent == {
        "acknowledge_alert_v1",
        "reapply_event_v1",
        "send_reset",
        "unlock_account",
    }
    assert value(admin, "SELECT count(*) FROM vault.event_tags") > 0
