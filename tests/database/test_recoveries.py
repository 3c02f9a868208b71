"""Setting a new password by an attempt to recover, which ends all that was open (V-reset)."""

from collections import Counter
from dataclasses import replace
from ipaddress import ip_address

import psycopg
import pytest

from tests.database.asking import AGENT, NETWORK, Login, ask, call, random_32, value
from tests.database.factors import enrol_app, later, with_code
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    HERE,
    Playing,
    a_member,
    a_reset_token,
    add,
    fresh,
    letters,
    mailed,
    redeem,
    reset,
)
from tests.database.people import attempt_of, prove, sign_in
from tests.database.racing import raced
from vault import app_passwords, mailed_tokens, passwords, sessions
from vault.attempts import Attempt
from vault.events import NOWHERE

NEW = "a new and longer password"
ORIGIN = (NETWORK, AGENT)


def _attempt(playing: Playing, admin: psycopg.Connection) -> Attempt:
    attempt = redeem(a_reset_token(playing, admin))
    assert isinstance(attempt, Attempt)
    return attempt


def test_reset_by_letter_sets_a_password_and_opens_no_session(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """The way from the letter to a new password; its owner then signs in with it like anybody."""
    ada = a_member(playing)
    secret = a_reset_token(playing, admin)
    found = mailed_tokens.find(secret, "reset", browser=BROWSER)
    assert isinstance(found, mailed_tokens.MailedToken)
    assert (found.username, found.address, found.same_browser) == ("Ada", ADDRESS, True)
    attempt = redeem(secret)
    assert isinstance(attempt, Attempt)
    assert (attempt.purpose, attempt.amr, attempt.account_id) == ("recover", (), ada.account_id)
    assert sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE) is None
    assert reset(attempt, NEW) == "reset"
    assert reset(attempt, NEW) == "gone"
    assert prove(ada).status == "wrong"
    assert prove(replace(ada, password=NEW)).status == "right"
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 0
    assert [one["template"] for one in letters(admin)][-1] == "password_reset"
    tags = {row["tag"] for row in ask(admin, "SELECT tag FROM vault.events")}
    assert {"account:token:requested", "account:token:redeemed", "account:password:reset"} <= tags


def test_reset_of_an_account_without_a_password_gives_it_one(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Somebody who never had a password gets one that works: bound to them, not to a decoy."""
    ada = a_member(playing, password=False)
    assert prove(ada).status == "wrong"
    assert reset(_attempt(playing, admin), NEW) == "reset"
    assert prove(replace(ada, password=NEW)).status == "right"


def test_new_password_raced_by_a_hundred_is_set_once(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """One attempt to recover sets one password, however often it is sent at once (V-race)."""
    a_member(playing)
    attempt = _attempt(playing, admin)

    def send(web: psycopg.Connection) -> str:
        password = (random_32()[:16], 19457, 2, 1, "t1", random_32(), random_32(), "en")
        arguments = (attempt.secret, *password, *ORIGIN)
        status: str = call(web, "api.reset_password_v1", *arguments)["status"]
        return status

    assert Counter(raced(100, login, send)) == {"reset": 1, "gone": 99}
    assert value(admin, "SELECT epoch FROM vault.accounts") == 2
    assert len(letters(admin, "password_reset")) == 1


def test_reset_never_steps_round_the_second_factor(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Where a second factor is held, the letter alone sets no password (V-reset)."""
    ada = a_member(playing)
    app = enrol_app(ada)
    attempt = _attempt(playing, admin)
    assert "totp" in attempt.factors
    for _ in range(2):
        assert reset(attempt, NEW) == "weak"
    verdict = with_code(attempt, app, now=later(0))
    assert verdict.attempt is not None
    assert reset(verdict.attempt, NEW) == "reset"
    assert prove(replace(ada, password=NEW)).status == "right"


def test_attempt_of_another_purpose_resets_nothing(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Proofs to sign in or to prove again are none to recover, nor the other way (V-reset)."""
    ada = a_member(playing)
    session = sign_in(ada)
    for attempt in (attempt_of(ada), fresh(ada, session)):
        assert reset(attempt, NEW) == "gone"
        assert reset(replace(attempt, purpose="recover"), NEW) == "gone"
    recovering = _attempt(playing, admin)
    change = passwords.change(session, recovering, NEW, language="en", origin=HERE)
    assert change is None
    assert add(session, recovering, "eve@example.org") == "gone"


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.attempts SET expires_at = clock_timestamp()",
        "UPDATE vault.attempts SET consumed_at = clock_timestamp()",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
    ],
)
def test_attempt_to_recover_after_its_time_resets_nothing(
    admin: psycopg.Connection, playing: Playing, meanwhile: str
) -> None:
    """Ten minutes, and not past a lock or anything that ended all."""
    a_member(playing)
    attempt = _attempt(playing, admin)
    admin.execute(meanwhile)
    assert reset(attempt, NEW) == "gone"


def test_reset_ends_everything_that_was_open(admin: psycopg.Connection, playing: Playing) -> None:
    """Sessions, attempts, other letters' tokens, known browsers and app passwords (V-reset)."""
    ada, eve = a_member(playing), a_member(playing, "Eve", "eve@example.org")
    session, hers = sign_in(ada), sign_in(eve)
    made, kept = (
        app_passwords.add(
            one,
            fresh(member, one),
            name="Bot",
            scopes=("edit",),
            networks=(),
            lives_seconds=None,
            language="en",
            origin=NOWHERE,
        )
        for member, one in ((ada, session), (eve, hers))
    )
    add(session, fresh(ada, session), "ada@example.net")
    confirming = mailed(playing, admin, address="ada@example.net")
    other = a_reset_token(playing, admin)
    other_attempt = attempt_of(ada)
    attempt = _attempt(playing, admin)
    admin.execute("INSERT INTO vault.device_credentials SELECT sha256('d'), id FROM vault.accounts")
    assert reset(attempt, NEW) == "reset"
    assert sessions.resume(session.secret) is None
    assert sessions.open_session(other_attempt, kept=False, agent_label="", origin=NOWHERE) is None
    assert redeem(other) == "dead"
    assert mailed_tokens.find(confirming, "confirm", browser=BROWSER) == "dead"
    assert value(admin, "SELECT count(*) FROM vault.device_credentials") == 1
    assert isinstance(made, app_passwords.NewAppPassword)
    assert isinstance(kept, app_passwords.NewAppPassword)
    assert _program(made, "Ada") == "wrong"
    assert _program(kept, "Eve") == "right"
    assert sessions.resume(hers.secret) is not None


def _program(made: app_passwords.NewAppPassword, username: str) -> str:
    address = ip_address("192.0.2.1")
    return app_passwords.prove(username, made.typed, address=address, origin=NOWHERE).status


def test_reset_letter_opens_a_password_again_that_strangers_had_used_up(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """After a hundred wrong guesses in a row the letter helps, as known browsers do."""
    ada = a_member(playing)
    prove(replace(ada, password="not it"))
    admin.execute("UPDATE vault.guess_budgets SET in_a_row = 100")
    assert prove(ada).status == "known_only"
    assert reset(_attempt(playing, admin), NEW) == "reset"
    assert prove(replace(ada, password=NEW)).status == "right"
