"""That was not me: the letter that told of a sign-in ends that session, and gives nothing."""

import time
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.database.asking import (
    AGENT,
    NETWORK,
    Login,
    a_wiki,
    ask,
    call,
    random_32,
    reported,
    value,
)
from tests.database.factors import enrol_app, with_code
from tests.database.mail import (
    ADDRESS,
    HERE,
    Playing,
    a_member,
    a_reset_token,
    disown,
    letters,
    mailed,
    redeem,
    reset,
    restore,
    tokens,
)
from tests.database.people import Member, attempt_of, prove, sign_in
from vault import sessions, trusted_browsers
from vault.attempts import Attempt
from vault.mailed_tokens import MailedToken, find
from vault.sessions import Session

MINE, STRANGE = replace(HERE, device=b"m" * 32), replace(HERE, device=b"s" * 32)


@pytest.fixture
def ada(vault: None, playing: Playing) -> Member:
    """Somebody with an account and a confirmed address."""
    return a_member(playing)


@pytest.fixture
def both(ada: Member) -> tuple[Session, Session]:
    """Ada's own session, and one of somebody who knows her password."""
    return sign_in(ada, origin=MINE), sign_in(ada, origin=STRANGE)


def test_disowned_session_ends_with_those_since_and_no_other(
    admin: psycopg.Connection, playing: Playing, both: tuple[Session, Session]
) -> None:
    """That one and those since, at once, and its wikis hear of it; the trail says which."""
    mine, strange = both
    third = sign_in(Member(mine.account_id, "Ada", "correct horse battery staple"), origin=MINE)
    for session in (mine, strange):
        admin.execute(
            "INSERT INTO vault.session_wikis (sid, client_id) VALUES (%s, %s)",
            [session.sid, a_wiki(admin, f"wiki-{session.sid}")],
        )
    found = disown(mailed(playing, admin, purpose="disown"))
    assert isinstance(found, MailedToken)
    assert (found.sid, found.username, found.address) == (strange.sid, "Ada", ADDRESS)
    assert sessions.resume(strange.secret) is None
    assert sessions.resume(mine.secret) is not None
    assert sessions.resume(third.secret) is None
    told = ask(admin, "SELECT payload FROM vault.outbox WHERE kind = 'backchannel_logout'")
    assert [row["payload"]["sid"] for row in told] == [str(strange.sid)]
    [event] = ask(
        admin, "SELECT sid, account_id FROM vault.events WHERE tag = 'account:session:disowned'"
    )
    assert event == {"sid": strange.sid, "account_id": mine.account_id}


def test_disowning_makes_every_browser_a_stranger_again(
    admin: psycopg.Connection, playing: Playing, ada: Member, both: tuple[Session, Session]
) -> None:
    """So that each next sign-in is told of anew, the intruder's as well as the owner's."""
    assert len(letters(admin, "new_sign_in")) == 1
    assert isinstance(disown(mailed(playing, admin, purpose="disown")), MailedToken)
    for table in ("device_credentials", "known_networks"):
        assert value(admin, f"SELECT count(*) FROM vault.{table}") == 0
    admin.execute("UPDATE vault.accounts SET created_at = created_at - interval '1 year'")
    for number, origin in enumerate((STRANGE, MINE, STRANGE), 2):
        sign_in(ada, origin=origin)
        assert len(letters(admin, "new_sign_in")) == min(number, 3)


def test_disowning_takes_the_trust_from_every_browser(
    admin: psycopg.Connection, playing: Playing, ada: Member
) -> None:
    """A second factor is asked for wherever one is held, also in the intruder's browser."""
    secret = enrol_app(ada, sign_in(ada, origin=MINE))
    proven = with_code(
        attempt_of(ada, origin=STRANGE), secret, now=time.time() + 30, origin=STRANGE
    ).attempt
    assert proven is not None
    strange = sessions.open_session(proven, kept=False, agent_label="", origin=STRANGE)
    assert strange is not None
    assert trusted_browsers.trust(strange, days=30, label="Firefox", origin=STRANGE) == "trusted"
    spared = trusted_browsers.spare_code(attempt_of(ada, origin=STRANGE), STRANGE)
    assert isinstance(spared, Attempt)
    assert isinstance(disown(mailed(playing, admin, purpose="disown")), MailedToken)
    asked = trusted_browsers.spare_code(attempt_of(ada, origin=STRANGE), STRANGE)
    assert asked is None


def test_disowning_grants_nothing(
    admin: psycopg.Connection, playing: Playing, ada: Member, both: tuple[Session, Session]
) -> None:
    """No attempt, no session, no new password: whoever reads the letter is as far as before."""
    secret = mailed(playing, admin, purpose="disown")
    before = value(admin, "SELECT count(*) FROM vault.attempts")
    assert redeem(secret, username="Ada") == "unknown"
    assert restore(secret) == "unknown"
    assert isinstance(disown(secret), MailedToken)
    assert disown(secret) == "spent"
    assert value(admin, "SELECT count(*) FROM vault.attempts") == before
    assert value(admin, "SELECT epoch FROM vault.accounts") == 1
    assert prove(ada).status == "right"


def test_session_that_has_ended_is_disowned_all_the_same(
    admin: psycopg.Connection, playing: Playing, both: tuple[Session, Session]
) -> None:
    """Who signed out behind themselves is nobody's friend: the browsers are forgotten."""
    _, strange = both
    sessions.end(strange, STRANGE)
    assert isinstance(disown(mailed(playing, admin, purpose="disown")), MailedToken)
    reason = "SELECT end_reason FROM vault.sessions WHERE sid = %s"
    assert value(admin, reason, strange.sid) == "signed_out"
    assert value(admin, "SELECT count(*) FROM vault.device_credentials") == 0


def test_disowning_survives_a_new_password(
    admin: psycopg.Connection, playing: Playing, ada: Member, both: tuple[Session, Session]
) -> None:
    """The letter is good for a week, whatever ends sessions meanwhile."""
    secret = mailed(playing, admin, purpose="disown")
    admin.execute("UPDATE vault.accounts SET epoch = epoch + 1")
    admin.execute("UPDATE vault.site SET epoch = epoch + 1")
    assert isinstance(disown(secret), MailedToken)


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("UPDATE vault.mailed_tokens SET spent_at = clock_timestamp()", "spent"),
        ("UPDATE vault.mailed_tokens SET expires_at = expires_at - interval '7 days'", "expired"),
        ("UPDATE vault.accounts SET state = 'locked'", "dead"),
        ("DELETE FROM vault.email_addresses", "dead"),
        ("DELETE FROM vault.mailed_tokens", "unknown"),
    ],
)
@pytest.mark.usefixtures("both")
def test_disowning_after_its_time_is_refused(
    admin: psycopg.Connection,
    login: Login,
    playing: Playing,
    meanwhile: str,
    status: str,
) -> None:
    """A word for each reason, in Python and in the vault itself, and no session ends."""
    secret = mailed(playing, admin, purpose="disown")
    [token] = tokens(admin, "disown")
    admin.execute(meanwhile)
    assert disown(secret) == status
    with login("web") as web:
        given = (token, secret, NETWORK, AGENT)
        assert call(web, "api.disown_session_v1", *given)["status"] == status
    assert value(admin, "SELECT count(*) FROM vault.sessions WHERE ended_at IS NOT NULL") == 0


@pytest.mark.parametrize(("position", "odd"), [(0, None), (1, None), (1, b""), (1, b"x" * 33)])
@pytest.mark.usefixtures("both")
def test_disowning_with_arguments_missing_or_odd_is_a_bad_request(
    admin: psycopg.Connection,
    login: Login,
    playing: Playing,
    position: int,
    odd: Any,
) -> None:
    """Each argument alone, and nothing is spent by it."""
    good = [tokens(admin, "disown")[0], mailed(playing, admin, purpose="disown")]
    with login("web") as web:
        arguments = [*good[:position], odd, *good[position + 1 :], NETWORK, AGENT]
        assert call(web, "api.disown_session_v1", *arguments)["status"] == "bad_request"
        given = (good[0], random_32(), NETWORK, AGENT)
        assert call(web, "api.disown_session_v1", *given)["status"] == "unknown"
    assert isinstance(disown(good[1]), MailedToken)


@pytest.mark.parametrize(
    "victim",
    [
        "SELECT sid FROM vault.sessions WHERE account_id <> %s",  # somebody else's
        # Another one of her own.
        (
            "SELECT s.sid FROM vault.sessions s, vault.mailed_tokens t"
            " WHERE s.account_id = %s AND s.sid <> t.sid AND t.purpose = 'disown'"
        ),
        "SELECT NULL::uuid WHERE %s IS NOT NULL",
    ],
)
def test_session_that_a_writer_put_into_a_letters_row_is_not_ended_and_is_reported(
    admin: psycopg.Connection,
    playing: Playing,
    both: tuple[Session, Session],
    victim: str,
) -> None:
    """Which session a letter is about is under the worker's MAC (V-reset)."""
    mine, _ = both
    sign_in(a_member(playing, "Grace", "grace@example.org"))
    secret = mailed(playing, admin, purpose="disown")
    [token] = tokens(admin, "disown")
    admin.execute(
        "UPDATE vault.mailed_tokens SET sid = %s",
        [value(admin, victim, mine.account_id)],
    )
    assert disown(secret) == find(secret, "disown", browser=None) == "unknown"
    assert reported(admin) == {("mailed_token", str(token))}
    assert value(admin, "SELECT count(*) FROM vault.sessions WHERE ended_at IS NOT NULL") == 0


def test_session_of_another_account_is_not_ended_whatever_the_row_says(
    admin: psycopg.Connection, login: Login, playing: Playing, both: tuple[Session, Session]
) -> None:
    """In the vault itself as well, for a web process that checks no MAC."""
    grace = sign_in(a_member(playing, "Grace", "grace@example.org"), origin=MINE)
    secret = mailed(playing, admin, purpose="disown")
    [token] = tokens(admin, "disown")
    admin.execute("UPDATE vault.mailed_tokens SET sid = %s", [grace.sid])
    with login("web") as web:
        given = (token, secret, NETWORK, AGENT)
        assert call(web, "api.disown_session_v1", *given)["status"] == "ended"
    assert sessions.resume(grace.secret) is not None
    assert value(admin, "SELECT count(*) FROM vault.device_credentials") == 1


def test_letter_whose_session_a_writer_changed_before_it_was_written_disowns_what_it_says(
    admin: psycopg.Connection,
    playing: Playing,
    both: tuple[Session, Session],
) -> None:
    """A row that is not armed yet is under no MAC: it ends a session of its own account at most."""
    mine, strange = both
    admin.execute("UPDATE vault.mailed_tokens SET sid = %s", [mine.sid])
    assert isinstance(disown(mailed(playing, admin, purpose="disown")), MailedToken)
    assert sessions.resume(mine.secret) is None
    assert sessions.resume(strange.secret) is None  # opened since the letter was asked for


def test_new_password_after_disowning_shuts_the_intruder_out(
    admin: psycopg.Connection, playing: Playing, ada: Member, both: tuple[Session, Session]
) -> None:
    """What the letter recommends: and then the password is worth nothing to them."""
    assert isinstance(disown(mailed(playing, admin, purpose="disown")), MailedToken)
    attempt = redeem(a_reset_token(playing, admin))
    assert isinstance(attempt, Attempt)
    assert reset(attempt) == "reset"
    assert prove(ada).status == "wrong"
