"""App passwords that are refused: odd arguments, rows that a writer changed, verdicts too soon."""

import time
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import Login, ask, call, random_32, reported, value
from tests.database.mail import Playing, a_member, fresh
from tests.database.people import sign_in
from tests.database.programs import ORIGIN, SOMEWHERE, made_by, use
from vault import app_passwords
from vault.app_passwords import NewAppPassword, Verdict


@pytest.mark.parametrize(
    "change",
    [
        "scopes = '{edit,upload,admin}'",
        "scopes = '{editupload}'",
        "networks = '{}'",
        "networks = '{0.0.0.0/0}'",
        "name = 'Another'",
        "expires_at = expires_at + interval '1 day'",
        "expires_at = NULL",
        "created_at = created_at + interval '1 second'",
        "id = gen_random_uuid()",
        "mac = sha256('mac')",
        "mac = ''",
        "mac_key = 'another'",
    ],
)
def test_app_password_that_a_writer_changed_is_refused_and_reported(
    admin: psycopg.Connection, playing: Playing, change: str
) -> None:
    """Wider, longer or another: the row's MAC covers all that it is trusted for."""
    _, typed, _ = made_by(playing, networks=[ip_network("192.0.2.0/24")], lives_seconds=3600)
    assert use("Ada", typed).status == "right"
    admin.execute(f"UPDATE vault.app_passwords SET {change}")
    assert use("Ada", typed) == Verdict("wrong")
    assert reported(admin) == {
        ("app_password", str(value(admin, "SELECT id FROM vault.app_passwords")))
    }


def test_app_password_that_a_writer_moved_or_copied_opens_nobody_else(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A writer's own secret on a victim's row is refused; so is the victim's name on its own."""
    session, typed, made = made_by(playing, "Eve")
    victim = a_member(playing, "Victim", None)
    admin.execute("UPDATE vault.app_passwords SET account_id = %s", [victim.account_id])
    assert use("Victim", typed) == Verdict("wrong")
    assert reported(admin) == {("app_password", str(made))}
    admin.execute("UPDATE vault.app_passwords SET account_id = %s", [session.account_id])
    admin.execute("UPDATE vault.accounts SET username = 'Gone' WHERE id = %s", [victim.account_id])
    admin.execute(
        "UPDATE vault.accounts SET username = 'Victim' WHERE id = %s", [session.account_id]
    )
    assert use("Eve", typed) == Verdict("wrong")
    assert ("account", str(session.account_id)) in reported(admin)


def test_app_password_is_kept_as_a_digest_alone(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Who reads the table cannot present what stands there, nor judge without a proposal."""
    _, typed, _ = made_by(playing)
    secret = app_passwords.decode(typed)
    assert secret is not None
    dump = "".join(
        str(ask(admin, f"SELECT t::text AS row FROM vault.{table} t"))
        for table in ("app_passwords", "factor_proposals", "events", "outbox")
    )
    assert typed not in dump
    assert secret.hex() not in dump
    stored = value(admin, "SELECT secret_hash FROM vault.app_passwords")
    with login("web") as web:
        for presented in (stored, stored[:20]):
            answer = call(web, "api.propose_app_password_v1", "Ada", presented, *ORIGIN)
            if answer["proposal"] is not None:
                verdict = call(web, "api.judge_app_password_v1", answer["proposal"], SOMEWHERE)
                assert verdict["status"] == "wrong"
    assert repr(secret)[2:-1] not in repr(NewAppPassword(uuid4(), typed))
    assert typed not in repr(NewAppPassword(uuid4(), typed))


def test_app_password_proposed_in_the_same_transaction_is_not_judged(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """What could still be undone gets no verdict, and what was judged no second one."""
    _, typed, _ = made_by(playing)
    secret = app_passwords.decode(typed)
    with login("web") as web:

        def propose() -> Any:
            return call(web, "api.propose_app_password_v1", "Ada", secret, *ORIGIN)["proposal"]

        def judge(proposal: Any) -> str:
            row = call(web, "api.judge_app_password_v1", proposal, SOMEWHERE)
            status: str = row["status"]
            return status

        web.execute("BEGIN")
        assert judge(propose()) == "early"
        web.execute("ROLLBACK")
        proposal = propose()
        assert judge(proposal) == "right"
        assert judge(proposal) == "unknown"
        late = propose()
        admin.execute(
            "UPDATE vault.factor_proposals SET proposed_at = proposed_at - interval '2 minutes'"
        )
        assert judge(late) == "late"
        for nobodys in (None, uuid4()):
            assert judge(nobodys) == "unknown"


def test_app_password_with_arguments_missing_or_odd_is_a_bad_request(
    vault: None, login: Login, playing: Playing
) -> None:
    """Each argument alone: a status of its own, never an internal message."""
    ada = a_member(playing)
    session = sign_in(ada)
    proof = fresh(ada, session)
    now = int(time.time())
    good: list[Any] = [session.secret, proof.secret, uuid4(), random_32(), "Bot", ["edit"], []]
    good += [now, now + 60, random_32(), "t1", "en"]
    odd: dict[int, list[Any]] = {
        2: [None],
        3: [None, b"", b"x" * 20],
        4: [None, "", "x" * 101],
        5: [None, [], [None], ["x"] * 21, ["x" * 1001], [["x"], ["y"]]],
        6: [None, [None], ["nowhere"], ["192.0.2.1/24"], [""], ["::/0"] * 21, [["::/0"], ["::/0"]]],
        7: [None, now - 200, now + 200, 0, 2**62],
        8: [now, now - 1, 0, now + 315360001, 2**62],
        9: [None, b"", b"m" * 33],
        10: [None, "", "k" * 41],
        11: [None, "", "en;"],
    }
    with login("web") as web:
        for position in (0, 1):
            for wrong in (None, b"", random_32()):
                arguments = [*good[:position], wrong, *good[position + 1 :]]
                answer = call(web, "api.add_app_password_v1", *arguments, *ORIGIN)
                assert answer["status"] == "gone", (position, wrong)
        for position, values in odd.items():
            for wrong in values:
                arguments = [*good[:position], wrong, *good[position + 1 :]]
                answer = call(web, "api.add_app_password_v1", *arguments, *ORIGIN)
                assert answer["status"] == "bad_request", (position, wrong)
        assert call(web, "api.add_app_password_v1", *good, *ORIGIN)["status"] == "added"
        for taken in (good, [*good[:2], uuid4(), *good[3:]], [*good[:3], random_32(), *good[4:]]):
            answer = call(web, "api.add_app_password_v1", *taken, *ORIGIN)
            assert answer["status"] == "exists"
        answer = call(web, "api.revoke_app_password_v1", session.secret, None, *ORIGIN)
        assert answer["status"] == "bad_request"
        for name, secret in (
            *((None, b"x" * 20), ("", b"x" * 20), ("x" * 256, b"x" * 20)),
            *(("Ada", None), ("Ada", b""), ("Ada", b"x" * 19), ("Ada", b"x" * 21)),
        ):
            answer = call(web, "api.propose_app_password_v1", name, secret, *ORIGIN)
            assert answer["status"] == "bad_request"
