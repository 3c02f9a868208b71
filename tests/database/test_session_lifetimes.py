"""How long sessions live, by the numbers of the design; and nothing keeps one for longer."""

import time

import psycopg
import pytest

from tests.database.asking import (
    CHALLENGE,
    Login,
    a_person,
    a_wiki,
    call,
    is_live,
    issue,
    open_session,
    prove,
    random_32,
    redeem,
    sha256,
    value,
)
from tests.database.clocks import advance
from tests.database.people import sign_in, sign_up
from tests.database.rotating import kept_keys
from vault import sessions

HOUR, DAY = 3600, 86400
SCOPES = ["openid", "offline_access"]
LIVES = {False: (12 * HOUR, 24 * HOUR), True: (30 * DAY, 365 * DAY)}


@pytest.mark.parametrize("kept", [False, True], ids=["not-kept", "kept"])
def test_session_idles_out_after_what_the_design_says(
    admin: psycopg.Connection, kept: bool
) -> None:
    """12 hours, or 30 days where one asked to stay signed in; a minute before it goes on."""
    session = sign_in(sign_up("Ada"), kept=kept)
    idle, absolute = LIVES[kept]
    assert (session.idle_seconds, session.expires_at - session.created_at) == (idle, absolute)
    unseen = "UPDATE vault.sessions SET last_seen_at = last_seen_at - make_interval(secs => %s)"
    admin.execute(unseen, [idle - 60])
    assert sessions.resume(session.secret) == session
    admin.execute(unseen, [idle])
    assert sessions.resume(session.secret) is None


@pytest.mark.parametrize("kept", [False, True], ids=["not-kept", "kept"])
def test_session_that_is_used_for_ever_ends_at_its_absolute_limit(
    admin: psycopg.Connection, login: Login, kept: bool
) -> None:
    """A page that is asked for, a wiki that asks silently and one that refreshes: none moves it."""
    a_wiki(admin, scopes=SCOPES)
    idle, absolute = LIVES[kept]
    # The keys stay when the rest is emptied, and their times are moved as well.
    with kept_keys(admin), login("web") as web:
        secret, now = random_32(), int(time.time())
        limits = {"kept": kept, "idle_seconds": idle, "expires_at": now + absolute}
        proof = prove(web, a_person(web))
        given = {"secret_hash": sha256(secret), "created_at": now, **limits}
        assert open_session(web, proof, **given) == "opened"
        issued = issue(web, secret, scopes=SCOPES)
        assert redeem(web, issued["code"], challenge=CHALLENGE)["status"] == "redeemed"
        token = random_32()
        stored = (sha256(token), random_32(), "t1")
        answer = call(web, "api.issue_refresh_token_v1", issued["grant"], *stored)
        assert answer["status"] == "issued"

        def used() -> tuple[bool, str, str]:
            nonlocal token
            following = random_32()
            swap = (token, issued["grant"], "wiki-a", sha256(following), random_32(), "t1")
            rotated = call(web, "api.rotate_refresh_token_v1", *swap)["status"]
            token = following
            return is_live(web, secret), issue(web, secret)["status"], rotated

        passed, step = 0, idle // 2
        while passed + step < absolute:
            advance(admin, step)
            passed += step
            assert used() == (True, "issued", "rotated"), passed
        assert passed > idle
        left = "SELECT expires_at - clock_timestamp() FROM vault.sessions"
        assert abs(value(admin, left).total_seconds() - (absolute - passed)) < 120
        advance(admin, absolute - passed + 1)
        assert used() == (False, "no_session", "expired")
