"""Letters from the vault's outbox to a mail server: at least once, the same bytes, never lost."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.test import override_settings

from demo.databases import VAULT_DATABASE
from demo.postgres import Server
from outbox import alerts as operator_alerts
from outbox.messages import TRIES_WHEN_REFUSED
from outbox.worker import Worker
from tests.database.asking import Login, ask, call, value
from tests.database.operating import an_operator, freshly
from tests.database.outbox_jobs import (
    add_job,
    add_letter,
    make_due,
    state,
    until,
    worker_role,
)
from tests.database.watching import alerts, fail, happened, watch
from tests.environment import subprocess_environment
from tests.unit.outbox.test_mail import mail_server

__all__ = ["worker_role"]
pytestmark = pytest.mark.usefixtures("worker_role")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def nobody_listens() -> Iterator[int]:
    """A port where connections are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def mailing_to(port: int) -> override_settings:
    """The mail server is here."""
    return override_settings(MAIL_URL=f"smtp://127.0.0.1:{port}")


def test_letter_is_written_to_its_sealed_address_once(
    admin: psycopg.Connection, tmp_path: Path
) -> None:
    """A letter's address is opened only here; done twice it is still one letter."""
    add_letter(admin)
    assert Worker().drain() == 1
    admin.execute("UPDATE vault.outbox SET done_at = NULL")
    make_due(admin)
    assert Worker().drain() == 1
    [letter] = (tmp_path / "mail").iterdir()
    assert b"To: anna@example.org" in letter.read_bytes()


def test_letter_while_the_mail_server_is_down_waits_longer_each_time_and_arrives(
    admin: psycopg.Connection, nobody_listens: int
) -> None:
    """Nothing is lost: each try is later than the one before, and the first that can, delivers."""
    job_id = add_letter(admin)
    waits = []
    with mailing_to(nobody_listens):
        for tries in range(1, 5):
            assert Worker().drain() == 1
            found = state(admin, job_id)
            assert (found["tries"], found["done"], found["buried"]) == (tries, False, False)
            assert found["error"] == "mail_server_unreachable"
            waits.append(found["due_in"])
            assert Worker().drain() == 0  # not before its time
            make_due(admin)
    assert waits == sorted(waits)
    assert waits[-1] > 60
    letters: list[str] = []
    with mail_server({}, letters) as server, mailing_to(server.port):
        assert Worker().drain() == 1
    assert len(letters) == 1
    assert state(admin, job_id)["done"]
    assert state(admin, job_id)["error"] is None


class LockingMailbox(list[str]):
    """Takes letters, and locks the job's row before the mail server has said that it took one."""

    def __init__(self, holder: psycopg.Connection) -> None:
        super().__init__()
        self._holder = holder

    def append(self, letter: str) -> None:
        """Take a letter; from now on nobody can note that it was sent."""
        self._holder.execute("SELECT FROM vault.outbox FOR UPDATE")
        super().append(letter)


def test_letter_of_a_worker_killed_between_sending_and_noting_it_is_sent_again_the_same(
    admin: psycopg.Connection, server: Server
) -> None:
    """Kill -9 at the worst moment: the letter comes a second time, and not one byte differs."""
    job_id = add_letter(admin)
    ours = [
        row["pid"]
        for row in ask(admin, "SELECT pid FROM pg_stat_activity WHERE usename = 'authsite_worker'")
    ]
    with psycopg.connect(server.dsn(VAULT_DATABASE)) as holder:
        first = LockingMailbox(holder)
        with mail_server({}, first) as mail:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "runworker"],
                cwd=ROOT,
                env={
                    **subprocess_environment("worker"),
                    "AUTHSITE_MAIL_URL": f"smtp://127.0.0.1:{mail.port}",
                },
                stdout=subprocess.DEVNULL,
            )
            try:
                until(lambda: len(first) == 1, seconds=30)
            finally:
                process.kill()
                process.wait()
        # What it had asked the vault for dies with it, as when its machine goes.
        killed = "FROM pg_stat_activity WHERE usename = 'authsite_worker' AND pid <> ALL (%s)"
        admin.execute(f"SELECT pg_terminate_backend(pid) {killed}", [ours])
        until(lambda: value(admin, f"SELECT count(*) {killed}", ours) == 0)
        holder.rollback()
    assert state(admin, job_id)["tries"] == 1
    assert not state(admin, job_id)["done"]
    make_due(admin)  # as if its lease had run out
    second: list[str] = []
    with mail_server({}, second) as mail, mailing_to(mail.port):
        assert Worker().drain() == 1
    assert list(first) == second
    assert "Message-ID: <" in second[0]
    assert state(admin, job_id)["done"]


def test_letter_refused_for_good_becomes_a_dead_letter_that_operators_see(
    admin: psycopg.Connection, login: Login
) -> None:
    """After a few tries it is given up, kept, and shown: why, and nothing of whom or what."""
    job_id = add_letter(admin)
    with mail_server({"RCPT": "550 nobody here"}, []) as server, mailing_to(server.port):
        for _ in range(TRIES_WHEN_REFUSED):
            assert Worker().drain() == 1
            make_due(admin)
        assert Worker().drain() == 0
    with login("operator") as operator:
        [row] = ask(operator, "SELECT * FROM views.outbox")
    assert (row["id"], row["state"], row["tries"]) == (job_id, "dead", TRIES_WHEN_REFUSED)
    assert row["last_error"] == "recipient_refused"
    assert set(row) == {
        "id",
        "kind",
        "state",
        "tries",
        "created_at",
        "not_before",
        "done_at",
        "buried_at",
        "last_error",
    }


def test_outbox_as_web_can_be_neither_read_nor_claimed(
    admin: psycopg.Connection, login: Login
) -> None:
    """Letters and the tokens in them are the worker's: no statement of web's reaches one."""
    add_letter(admin)
    with login("web") as web:
        for statement in (
            "SELECT * FROM vault.outbox",
            "SELECT * FROM views.outbox",
            "SELECT * FROM views.alerts",
            "SELECT * FROM vault.mailed_tokens",
            "SELECT * FROM api.claim_outbox_v1(10, 60)",
            "SELECT api.finish_outbox_v1(1)",
            "SELECT api.bury_outbox_v1(1, 'x')",
            "SELECT api.revive_outbox_v1('x', 1, 'x')",
            "SELECT api.watch_v1('{}')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(statement)
    assert state(admin, 1)["tries"] == 0


def test_letter_that_a_table_writer_made_up_is_buried_reported_and_an_alert(
    admin: psycopg.Connection, login: Login, tmp_path: Path
) -> None:
    """Words of somebody's own go out in no letter, and operators learn that somebody tried."""
    forged = add_letter(admin, username="Anna, call 0900 / now")
    moved = add_letter(admin)
    admin.execute("UPDATE vault.outbox SET account_id = gen_random_uuid() WHERE id = %s", [moved])
    bare = add_job(admin, "letter", {"template": "password_changed"})
    alert = add_job(admin, "alert", {"kind": "Call 0900", "at": 0})
    assert Worker().drain() == 4
    errors = {state(admin, job)["error"] for job in (forged, moved, bare, alert)}
    assert errors == {
        "not_ours:username",
        "not_ours:address_seal",
        "not_ours:address_missing",
        "not_ours:kind",
    }
    assert all(state(admin, job)["buried"] for job in (forged, moved, bare, alert))
    assert not (tmp_path / "mail").exists()
    reported = ask(admin, "SELECT detail FROM vault.events WHERE tag = 'site:row:refused'")
    assert {row["detail"]["subject"] for row in reported} == {
        str(job) for job in (forged, moved, bare, alert)
    }
    with login("worker") as worker:
        watch(worker)
    assert [found["subject"] for found in alerts(admin, "rows_refused")] == ["letter"]


def test_one_network_failing_over_many_accounts_is_one_letter_to_operators(
    admin: psycopg.Connection, login: Login, tmp_path: Path
) -> None:
    """From the failures to the mailbox, as the worker does it every few seconds: one letter."""
    with login("web") as web:
        for n in range(60):
            fail(web, f"Nobody {n}", "203.0.113.7/32")
    with override_settings(ALERT_MAIL=["ops@example.org"]):
        for _ in range(3):
            operator_alerts.watch()
            Worker().drain()
    [letter] = (tmp_path / "mail").iterdir()
    text = letter.read_text()
    assert "To: ops@example.org" in text
    assert "60 passwords failed at" in text
    for secret in ("Nobody", "203.0.113", value(admin, "SELECT subject FROM vault.alerts")):
        assert secret not in text


def test_watch_takes_the_thresholds_of_the_settings(
    admin: psycopg.Connection, playing: object
) -> None:
    """What an operator set is what counts."""
    happened(admin, "account:token:requested", times=12)
    with override_settings(ALERT_THRESHOLDS={"token_requests": 13}):
        operator_alerts.watch()
    assert alerts(admin) == []
    with override_settings(ALERT_THRESHOLDS={"token_requests": 12}):
        operator_alerts.watch()
    assert len(alerts(admin)) == 1


def test_dead_letter_is_tried_again_or_dropped_by_an_operator(
    admin: psycopg.Connection, login: Login, tmp_path: Path
) -> None:
    """Again from the start, or gone for good; both say who did it; neither for a live job."""
    again, gone, live = (add_letter(admin) for _ in range(3))
    admin.execute(
        "UPDATE vault.outbox SET buried_at = now(), tries = 10, last_error = 'recipient_refused',"
        " created_at = created_at - interval '40 seconds' WHERE id <> %s",
        [live],
    )
    with login("web") as web, login("operator") as operator:
        looker = an_operator(admin, web, operator, username="Lotte", level="looker")
        locker = an_operator(admin, web, operator, username="Olga", level="locker")
        for name in ("api.revive_outbox_v1", "api.drop_outbox_v1"):

            def tried(session: bytes, job: int, reason: str | None, name: str = name) -> str:
                freshly(operator, session)
                return str(call(operator, name, session, job, reason)["status"])

            assert tried(looker, again, None) == "forbidden"
            assert tried(locker, live, None) == "already"
            assert tried(locker, 10**12, None) == "unknown"
            assert tried(locker, again, "x" * 1001) == "bad_request"
        assert call(operator, "api.revive_outbox_v1", locker, again, " fixed ")["status"] == (
            "revived"
        )
        assert call(operator, "api.drop_outbox_v1", locker, gone, "")["status"] == "unproven"
        for expected in ("dropped", "unknown"):
            freshly(operator, locker)
            assert call(operator, "api.drop_outbox_v1", locker, gone, "")["status"] == expected
    assert state(admin, again)["tries"] == 0
    assert Worker().drain() == 2
    assert len(list((tmp_path / "mail").iterdir())) == 2
    trail = ask(
        admin, "SELECT tag, detail FROM vault.events WHERE tag LIKE 'lockout:outbox:%%' ORDER BY id"
    )
    assert trail == [
        {
            "tag": "lockout:outbox:revived",
            "detail": {
                "job": again,
                "kind": "letter",
                "why": "recipient_refused",
                "reason": "fixed",
            },
        },
        {
            "tag": "lockout:outbox:dropped",
            "detail": {"job": gone, "kind": "letter", "why": "recipient_refused"},
        },
    ]
