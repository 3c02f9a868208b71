"""A lock that lets sessions rest: nothing works while it holds, and the undo is exact."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from secrets import token_bytes

import psycopg

from emergency.actions.lock_account import Lock, lock_account
from emergency.actions.unlock_account import unlock_account
from tests.database import people
from tests.database.asking import Login, ask, value
from tests.database.mail import a_member, answer_requests, request_reset
from tests.database.refreshing import a_grant, a_token, session, wiki
from vault import lock_notices, refresh_tokens, sessions
from vault.events import NOWHERE, Origin
from vault.sessions import Session
from vault.wikis import Wiki

Playing = Callable[[str], AbstractContextManager[None]]
REST = Lock(keeps_sessions=True, told="Write to us: we saw tries to get into it.")

__all__ = ["session", "wiki"]


def lock(playing: Playing, member: people.Member, how: Lock = REST) -> None:
    """Locks an account at the console."""
    with playing("owner"):
        lock_account(member.account_id, "tries from everywhere", by=None, how=how)


def unlock(playing: Playing, member: people.Member) -> None:
    """Unlocks it there."""
    with playing("owner"):
        unlock_account(member.account_id, "it was nothing", by=None)


def test_resting_session_opens_nothing_and_goes_on_when_unlocked(
    vault: None, playing: Playing
) -> None:
    """With the same secret and the same limits, in a browser that is known still."""
    device = Origin(network="", agent="", device=token_bytes(32))
    ada = people.sign_up("Ada")
    session = people.sign_in(ada, origin=device)
    lock(playing, ada)
    assert sessions.resume(session.secret) is None
    assert people.prove(ada, origin=device).status == "locked"
    unlock(playing, ada)
    assert sessions.resume(session.secret) == session
    assert people.sign_in(ada, origin=device).sid != session.sid


def test_lock_that_ends_sessions_leaves_nothing_to_come_back(vault: None, playing: Playing) -> None:
    """The other kind, beside it."""
    ada = people.sign_up("Ada")
    session = people.sign_in(ada)
    lock(playing, ada, Lock())
    unlock(playing, ada)
    assert sessions.resume(session.secret) is None


def test_what_was_under_way_does_not_come_back(vault: None, playing: Playing) -> None:
    """A proof that somebody gave just before the lock opens no session after it."""
    ada = people.sign_up("Ada")
    pending = people.attempt_of(ada)
    lock(playing, ada)
    unlock(playing, ada)
    late = sessions.open_session(pending, kept=False, agent_label="", origin=NOWHERE)
    assert late is None


def test_sign_in_and_wiki_under_way_stop_no_lock(
    session: Session, wiki: Wiki, playing: Playing, admin: psycopg.Connection, login: Login
) -> None:
    """What is being used that moment is left, and finds itself void: nobody waits in a circle."""
    grant = a_grant(session, wiki)
    member = people.Member(session.account_id, session.username, people.PASSWORD)
    with admin.transaction(), login("web") as other:
        # As redeem_code_v1 holds them before it asks for the account.
        admin.execute("SELECT FROM vault.grants WHERE id = %s FOR UPDATE", [grant])
        lock(playing, member)
        assert other is not None
    assert value(admin, "SELECT state FROM vault.accounts WHERE id = %s", member.account_id) == (
        "locked"
    )
    assert value(admin, "SELECT count(*) FROM vault.grants WHERE vault.is_grant_alive(grants)") == 0


def test_letters_that_let_somebody_in_are_void_after_a_rest(
    playing: Playing, admin: psycopg.Connection, vault: None
) -> None:
    """A link for a new password that went out before the lock opens nothing after it."""
    member = a_member(playing)
    request_reset()
    answer_requests(playing, admin)
    lock(playing, member)
    unlock(playing, member)
    alive = "SELECT count(*) FROM vault.mailed_tokens t WHERE vault.token_status(t) = 'live'"
    assert value(admin, alive + " AND purpose = 'reset'") == 0
    assert value(admin, "SELECT count(*) FROM vault.mailed_tokens WHERE purpose = 'reset'") == 1


def test_wikis_of_a_resting_session_are_told_and_keep_no_token(
    session: Session, wiki: Wiki, playing: Playing, admin: psycopg.Connection
) -> None:
    """They sign the person in anew, silently, once the account is unlocked."""
    admin.execute("UPDATE vault.wikis SET backchannel_logout_uri = 'https://wiki.example/logout'")
    grant = a_grant(session, wiki)
    token = a_token(grant)
    member = people.Member(session.account_id, session.username, people.PASSWORD)
    lock(playing, member)
    told = ask(
        admin, "SELECT payload ->> 'sid' AS sid FROM vault.outbox WHERE kind = 'backchannel_logout'"
    )
    assert [row["sid"] for row in told] == [str(session.sid)]
    unlock(playing, member)
    assert refresh_tokens.rotate(token, wiki) == "dead"
    assert value(admin, "SELECT bool_and(revoked_at IS NOT NULL) FROM vault.grants")
    assert sessions.resume(session.secret) is not None


def test_owner_of_a_locked_account_may_read_what_an_operator_says(
    vault: None, playing: Playing
) -> None:
    """By name; nothing of the reason that operators write, and nothing once unlocked."""
    ada = people.sign_up("Ada")
    assert lock_notices.of_name("Ada") is None
    lock(playing, ada)
    notice = lock_notices.of_name("Ada")
    assert notice is not None
    assert (notice.told, notice.ends_at) == (REST.told, None)
    assert lock_notices.of_name("Bob") is None
    unlock(playing, ada)
    assert lock_notices.of_name("Ada") is None
