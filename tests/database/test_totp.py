"""TOTP apps: a code works once, within an attempt, for its own account (V-replay, V-secretread).

The budget of guesses is in test_factor_budgets.py, what a transaction can undo in
test_factor_proposals.py, many at once in test_factor_races.py.
"""

import json
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.database.asking import Login, value
from tests.database.factors import (
    WRONG,
    code_at,
    enrol_app,
    fresh_attempt,
    later,
    with_code,
)
from tests.database.people import Member, attempt_of, sign_in, sign_up
from vault import sessions, totp
from vault.attempts import Attempt, new_secret
from vault.events import NOWHERE
from vault.factors import Verdict
from vault.totp_codes import MEDIAWIKI_WINDOW, code_of, secret_from_base32, step_at

Playing = Callable[[str], AbstractContextManager[None]]
SEQUENCES = json.loads(
    (Path(__file__).parents[1] / "data" / "mediawiki_totp.json").read_text(encoding="utf-8")
)


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


# --- A right code ------------------------------------------------------------------------------


def test_code_that_is_right_finishes_the_attempt(ada: Member) -> None:
    """Password and code are two factors, and open a session that says so."""
    secret = enrol_app(ada)
    attempt = attempt_of(ada)
    assert attempt.factors == ("totp",)
    verdict = with_code(attempt, secret, now=later(0))
    assert verdict.status == "right"
    assert verdict.proofs == ("password", "totp")
    assert verdict.attempt is not None
    assert verdict.attempt.amr == ("pwd", "otp", "mfa")
    session = sessions.open_session(verdict.attempt, kept=False, agent_label="", origin=NOWHERE)
    assert session is not None
    resumed = sessions.resume(session.secret)
    assert resumed is not None
    assert resumed.amr == ("pwd", "otp", "mfa")


def test_code_a_second_time_is_wrong_in_every_tab(ada: Member) -> None:
    """V-replay: not in the same attempt, not in another, not to prove again in a session."""
    secret = enrol_app(ada, session := sign_in(ada))
    now = later(0)
    first, second = attempt_of(ada), attempt_of(ada)
    again = attempt_of(ada, purpose="reauthenticate", session_secret=session.secret)
    assert with_code(first, secret, now=now).status == "right"
    for attempt in (first, second, again):
        assert with_code(attempt, secret, now=now).status == "wrong"
    assert with_code(second, secret, now=later(1)).status == "right"


def test_code_older_than_one_that_was_used_is_wrong(ada: Member) -> None:
    """Steps go forward only: what somebody saw over a shoulder is worth nothing afterwards."""
    secret = enrol_app(ada)
    now = later(0)
    assert with_code(attempt_of(ada), secret, now=now).status == "right"
    attempt = attempt_of(ada)
    assert totp.prove(attempt, code_at(secret, now - 30), origin=NOWHERE, now=now).status == "wrong"


def test_code_works_once_an_account_whatever_app_it_is_of(ada: Member) -> None:
    """A step that one app has used is used for the other, and the next is good for either."""
    session = sign_in(ada)
    first = enrol_app(ada, session)
    second = secrets.token_bytes(20)
    now = later(-1)
    proof = fresh_attempt(ada, session, first, now=now)
    more = {"language": "en", "origin": NOWHERE}
    step = step_at(now) - 5
    assert totp.add(session, proof, name="2", secret=second, step=step, **more) == "added"
    assert with_code(attempt_of(ada), second, now=now).status == "wrong"
    assert with_code(attempt_of(ada), second, now=later(0)).status == "right"
    assert with_code(attempt_of(ada), first, now=later(0)).status == "wrong"
    assert with_code(attempt_of(ada), first, now=later(1)).status == "right"


def test_code_that_was_seen_when_the_app_was_added_is_spent(ada: Member) -> None:
    """The code that proved the app is no second proof."""
    now = later(0)
    secret = enrol_app(ada, step=step_at(now))
    assert with_code(attempt_of(ada), secret, now=now).status == "wrong"
    assert with_code(attempt_of(ada), secret, now=now + 30).status == "right"


def _imported(member: Member, playing: Playing) -> bytes:
    """The secret of an app that came with its owner."""
    secret = secrets.token_bytes(20)
    with playing("owner"):
        added = totp.import_device(member.account_id, "Phone", secret, window=MEDIAWIKI_WINDOW)
    assert added == "added"
    return secret


@pytest.mark.parametrize(("is_imported", "reach"), [(False, 1), (True, 4)])
def test_code_within_the_window_is_right_and_beyond_it_wrong(
    ada: Member, playing: Playing, is_imported: bool, reach: int
) -> None:
    """One step either way; four for an app that came with its owner from MediaWiki."""
    secret = _imported(ada, playing) if is_imported else enrol_app(ada)
    now = later(0)
    for distance, expected in (
        (-reach - 1, "wrong"),
        (reach + 1, "wrong"),
        (-reach, "right"),
        (reach, "right"),
    ):
        code = code_at(secret, now + 30 * distance)
        assert totp.prove(attempt_of(ada), code, origin=NOWHERE, now=now).status == expected


def test_database_writer_makes_no_window_wider(
    ada: Member, playing: Playing, admin: psycopg.Connection
) -> None:
    """A row that asks for more than people bring along is read as if it did not."""
    secret = _imported(ada, playing)
    admin.execute("UPDATE vault.totp_devices SET clock_window = 100")
    now = later(0)
    code = code_at(secret, now + 30 * (MEDIAWIKI_WINDOW + 1))
    assert totp.prove(attempt_of(ada), code, origin=NOWHERE, now=now).status == "wrong"


def test_code_far_from_now_is_taken_by_no_word_of_a_web_process(
    ada: Member, login: Login, admin: psycopg.Connection
) -> None:
    """Nobody can spend the years to come, nor bring back what was long ago."""
    enrol_app(ada)
    attempt = attempt_of(ada)
    opening = totp.open_secrets(attempt, NOWHERE)
    assert isinstance(opening, totp.Opening)
    [(app, *_)] = opening.secrets
    before = value(admin, "SELECT last_step FROM vault.totp_devices")
    with login("web") as web:
        for step in (step_at() + 13, step_at() - 13, 0, -1, 2**63 - 1, -(2**63), None):
            status = value(
                web,
                "SELECT status FROM api.accept_totp_v1(%s, %s, %s, %s)",
                *(attempt.secret, opening.id, app, step),
            )
            assert status == "bad_request"
    assert value(admin, "SELECT last_step FROM vault.totp_devices") == before


def _as_now(sequence: list[dict[str, Any]], key: str, secret: bytes) -> list[dict[str, Any]]:
    """The same checks at the present time: right codes are those of today's steps."""
    base = int(time.time()) // 30 * 30 - sequence[0]["now"] // 30 * 30
    checks = []
    for check in sequence:
        now, token = check["now"] + base, check["token"]
        offset = check["token_counter_offset"]
        if offset is not None:
            digits = iter(code_of(secret, step_at(now) + offset))
            token = "".join(next(digits) if c in "0123456789" else c for c in token)
        checks.append({"now": now, "token": token, "accept": check["accept"], "key": key})
    return checks


@pytest.mark.parametrize("vector", SEQUENCES["totp"][:2], ids=lambda v: v["secret_base32"][:6])
def test_sequence_of_codes_is_answered_as_mediawiki_does(
    vault: None, vector: dict[str, Any], playing: Playing
) -> None:
    """Each of its sequences for a new account, in order, within its window of four steps."""
    secret = secret_from_base32(vector["secret_base32"])
    for number, sequence in enumerate(vector["sequences"]):
        member = sign_up(f"Ada {number}")
        with playing("owner"):
            added = totp.import_device(member.account_id, "Phone", secret, window=MEDIAWIKI_WINDOW)
        assert added == "added"
        for check in _as_now(sequence, "only", secret):
            verdict = totp.prove(
                attempt_of(member), check["token"], origin=NOWHERE, now=check["now"]
            )
            assert (verdict.status == "right") == check["accept"], check


def test_two_apps_are_answered_as_mediawiki_does(ada: Member, playing: Playing) -> None:
    """The memory of used steps is the account's."""
    [vector] = SEQUENCES["totp_two_devices"]
    keys = [secret_from_base32(text) for text in vector["secrets_base32"]]
    with playing("owner"):
        for key in keys:
            assert totp.import_device(ada.account_id, "Phone", key) == "added"
    base = int(time.time()) // 30 * 30 - vector["steps"][0]["now"] // 30 * 30
    for check in vector["steps"]:
        now = check["now"] + base
        verdict = with_code(attempt_of(ada), keys[check["device"]], now=now)
        assert (verdict.status == "right") == check["accept"], check


# --- Whose, and when ---------------------------------------------------------------------------


def test_code_of_somebody_else_is_wrong(ada: Member) -> None:
    """An attempt opens its own account's secrets and no other's."""
    enrol_app(ada)
    hers = enrol_app(sign_up("Grace"))
    assert with_code(attempt_of(ada), hers, now=later(0)).status == "wrong"


def test_code_for_an_account_without_apps_is_none_and_costs_nothing(
    ada: Member, admin: psycopg.Connection
) -> None:
    """Nothing is opened, charged or written."""
    assert totp.prove(attempt_of(ada), "123456", origin=NOWHERE) == Verdict("none")
    assert value(admin, "SELECT count(*) FROM vault.factor_proposals") == 0
    assert value(admin, "SELECT sum(wrong_factors) FROM vault.attempts") == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault.attempts SET expires_at = clock_timestamp()",
        "UPDATE vault.attempts SET consumed_at = clock_timestamp()",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
        "DELETE FROM vault.attempts",
    ],
)
def test_code_within_an_attempt_that_is_over_is_gone(
    ada: Member, admin: psycopg.Connection, change: str
) -> None:
    """V-disabled: expired, used, locked or ended: neither opened nor accepted any more."""
    secret = enrol_app(ada)
    attempt = attempt_of(ada)
    now = later(0)
    opening = totp.open_secrets(attempt, NOWHERE)
    assert isinstance(opening, totp.Opening)
    admin.execute(change)
    assert with_code(attempt, secret, now=now) == Verdict("gone")
    [(app, *_)] = opening.secrets
    assert totp.accept(attempt, opening, app, step_at(now)) == Verdict("gone")
    newest = value(admin, "SELECT last_step FROM vault.totp_devices")
    assert newest < step_at(now), "the code is not spent"


def test_code_within_what_is_no_attempt_is_gone(ada: Member) -> None:
    """Neither a session's secret nor a made-up one opens a secret."""
    enrol_app(ada, session := sign_in(ada))
    attempt = attempt_of(ada)
    for secret in (session.secret, new_secret(), b"", bytes(32), b"x" * 20_000):
        fields = {**vars(attempt), "secret": secret}
        assert totp.open_secrets(Attempt(**fields), NOWHERE) == Verdict("gone")


def test_opening_is_accepted_for_its_own_attempt_and_app_alone(ada: Member) -> None:
    """Another attempt's, another account's or a removed app's is refused; and once is all."""
    enrol_app(ada)
    enrol_app(grace := sign_up("Grace"))
    attempt, other, hers = attempt_of(ada), attempt_of(ada), attempt_of(grace)
    step = step_at(later(0))
    opening, her_opening = totp.open_secrets(attempt, NOWHERE), totp.open_secrets(hers, NOWHERE)
    assert isinstance(opening, totp.Opening)
    assert isinstance(her_opening, totp.Opening)
    [(app, *_)], [(her_app, *_)] = opening.secrets, her_opening.secrets
    for stranger in (other, hers):
        with pytest.raises(Exception, match="accept_totp: unknown"):
            totp.accept(stranger, opening, app, step)
        with pytest.raises(Exception, match="refuse_totp: unknown"):
            totp.refuse(stranger, opening)
    assert totp.accept(attempt, opening, her_app, step) == Verdict("wrong")
    with pytest.raises(Exception, match="accept_totp: unknown"):
        totp.accept(attempt, opening, app, step)
    assert totp.accept(hers, her_opening, her_app, step).status == "right"


def test_opening_that_waited_too_long_is_late(ada: Member, admin: psycopg.Connection) -> None:
    """A minute, as for every guess."""
    enrol_app(ada)
    attempt = attempt_of(ada)
    opening = totp.open_secrets(attempt, NOWHERE)
    assert isinstance(opening, totp.Opening)
    admin.execute("UPDATE vault.factor_proposals SET proposed_at = proposed_at - interval '61 s'")
    [(app, *_)] = opening.secrets
    with pytest.raises(Exception, match="late"):
        totp.accept(attempt, opening, app, step_at())


def test_right_code_after_a_wrong_one_is_right(ada: Member) -> None:
    """A slip costs a guess and nothing else."""
    secret = enrol_app(ada)
    attempt = attempt_of(ada)
    assert totp.prove(attempt, WRONG, origin=NOWHERE) == Verdict("wrong")
    assert with_code(attempt, secret, now=later(0)).status == "right"
