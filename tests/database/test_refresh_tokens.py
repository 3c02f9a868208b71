"""Refresh tokens: rotated at each use; a second use of one ends all that came from its grant."""

import base64
from collections import Counter
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import (
    CHALLENGE,
    REDIRECT,
    Login,
    call,
    random_32,
    value,
)
from tests.database.mail import HERE, Playing, a_reset_token, redeem, reset
from tests.database.people import PASSWORD, Member, sign_in
from tests.database.racing import raced
from tests.database.refreshing import (
    ALIVE,
    SCOPES,
    a_grant,
    a_token,
    find_wiki,
    rotated,
    session,
    successor,
    wiki,
)
from vault import grants, refresh_tokens, sessions
from vault.attempts import Attempt
from vault.refresh_tokens import Rotated
from vault.sessions import Session
from vault.wikis import Wiki

__all__ = ["session", "wiki"]


def test_refresh_token_is_swapped_for_the_next_and_names_its_person(
    admin: psycopg.Connection, wiki: Wiki, session: Session
) -> None:
    """What new tokens say comes from session, grant and account as they are now."""
    grant = a_grant(session, wiki)
    first = a_token(grant)
    assert first.startswith(f"{grant.hex}.")
    swapped = rotated(first, wiki)
    said = swapped.redeemed
    assert (said.grant_id, said.sid, said.nonce) == (grant, session.sid, None)
    assert (said.amr, said.auth_time) == (("pwd",), session.auth_time)
    assert said.session_expires_at == session.expires_at
    assert said.claims.account_id == session.account_id
    assert (said.claims.username, said.claims.scopes) == ("Ada", SCOPES)
    assert (said.claims.email, said.claims.email_verified) == ("ada@example.org", True)
    text = swapped.token.text
    for _ in range(5):
        text = successor(text, wiki)
    assert value(admin, ALIVE) == 1
    lives = "SELECT bool_and(r.expires_at = s.expires_at) FROM vault.refresh_tokens r"
    assert value(admin, f"{lives}, vault.sessions s")


def test_refresh_token_used_again_while_its_successor_is_unused_gives_that_again(
    admin: psycopg.Connection, wiki: Wiki, session: Session
) -> None:
    """A lost answer costs nothing: within a minute the same successor comes, and is one token."""
    grant = a_grant(session, wiki)
    first = a_token(grant)
    second = successor(first, wiki)
    assert [successor(first, wiki) for _ in range(3)] == [second] * 3
    assert value(admin, "SELECT count(*) FROM vault.refresh_tokens") == 2
    assert value(admin, ALIVE) == 1
    assert isinstance(refresh_tokens.rotate(second, wiki), Rotated)


@pytest.mark.parametrize("meanwhile", ["used", "a minute later", "deleted"])
def test_refresh_token_used_again_later_ends_all_that_came_from_its_grant(
    admin: psycopg.Connection, wiki: Wiki, session: Session, meanwhile: str
) -> None:
    """A replay is refused, and so are the successors, their access tokens, and it (V-replay)."""
    grant, other = a_grant(session, wiki), a_token(a_grant(session, wiki))
    first = a_token(grant)
    second = last = successor(first, wiki)
    if meanwhile == "used":
        last = successor(second, wiki)
    elif meanwhile == "a minute later":
        admin.execute("UPDATE vault.refresh_tokens SET spent_at = spent_at - interval '1 minute'")
    else:
        admin.execute("DELETE FROM vault.refresh_tokens WHERE spent_at IS NULL")
        other = a_token(a_grant(session, wiki))
    assert refresh_tokens.rotate(first, wiki) == "replayed"
    assert grants.describe(grant) is None
    assert refresh_tokens.rotate(last, wiki) == ("unknown" if meanwhile == "deleted" else "dead")
    assert isinstance(refresh_tokens.rotate(other, wiki), Rotated)  # another grant's


def test_refresh_token_used_again_after_its_session_ended_is_dead(
    wiki: Wiki, session: Session
) -> None:
    """The minute is for lost answers alone: nothing is given again that is over."""
    first = a_token(a_grant(session, wiki))
    successor(first, wiki)
    sessions.end(session, HERE)
    assert refresh_tokens.rotate(first, wiki) == "dead"


def test_refresh_token_is_found_by_its_wiki_while_it_is_alive_and_not_spent_by_it(
    wiki: Wiki, session: Session
) -> None:
    """Introspection reads; of a spent token, another wiki's or an ended one there is nothing."""
    first = a_token(a_grant(session, wiki))
    found = refresh_tokens.find(first, wiki)
    assert found is not None
    claims, expires_at = found
    assert (claims.account_id, expires_at) == (session.account_id, session.expires_at)
    assert refresh_tokens.find(first, find_wiki("wiki-b")) is None
    second = successor(first, wiki)
    assert refresh_tokens.find(first, wiki) is None
    assert refresh_tokens.find(second, wiki) is not None
    assert refresh_tokens.find("x", wiki) is None
    sessions.end(session, HERE)
    assert refresh_tokens.find(second, wiki) is None


def test_grant_is_revoked_by_its_wiki_alone_and_by_a_token_of_its_own(
    wiki: Wiki, session: Session
) -> None:
    """RFC 7009: spent tokens name their family too; a secret of another grant names none."""
    grant, other = a_grant(session, wiki), a_grant(session, wiki)
    first, strange = a_token(grant), refresh_tokens.decode(a_token(other))
    second = successor(first, wiki)
    spent = refresh_tokens.decode(first)
    assert spent is not None
    assert strange is not None
    assert not refresh_tokens.revoke(grant, find_wiki("wiki-b"))
    assert not refresh_tokens.revoke(grant, wiki, token=strange[1])
    assert not refresh_tokens.revoke(uuid4(), wiki)
    assert grants.describe(grant) is not None
    assert refresh_tokens.revoke(grant, wiki, token=spent[1])
    assert refresh_tokens.revoke(grant, wiki)
    assert refresh_tokens.rotate(second, wiki) == "dead"
    assert grants.describe(other) is not None


def test_refresh_token_raced_by_a_hundred_is_rotated_once_and_its_family_ends(
    admin: psycopg.Connection, login: Login, wiki: Wiki, session: Session
) -> None:
    """Exactly one success; the other ninety-nine are replays, which revoke it (V-race)."""
    grant = a_grant(session, wiki)
    decoded = refresh_tokens.decode(a_token(grant))
    assert decoded is not None

    def rotate(web: psycopg.Connection) -> str:
        arguments = (decoded[1], grant, wiki.client_id, random_32(), random_32(), "t1")
        status: str = call(web, "api.rotate_refresh_token_v1", *arguments)["status"]
        return status

    assert Counter(raced(100, login, rotate)) == {"rotated": 1, "replayed": 99}
    assert value(admin, "SELECT count(*) FROM vault.refresh_tokens") == 2
    assert grants.describe(grant) is None
    events = "SELECT count(*) FROM vault.events WHERE tag = 'wiki:refresh:rotated'"
    assert value(admin, events) == 1


def test_code_and_its_first_refresh_token_raced_by_a_hundred_are_given_once(
    admin: psycopg.Connection, login: Login, wiki: Wiki, session: Session
) -> None:
    """One redemption of a code, and one refresh token of it at the most (V-race)."""
    answer = grants.issue(
        session,
        wiki,
        response_type="code",
        redirect_uri=REDIRECT,
        code_challenge=CHALLENGE,
        nonce=None,
        scopes=SCOPES,
    )
    assert isinstance(answer, grants.AuthorizationAnswer)
    assert answer.code is not None
    code = base64.urlsafe_b64decode(answer.code + "=")

    def exchange(web: psycopg.Connection) -> str:
        arguments = (code, wiki.client_id, REDIRECT, CHALLENGE)
        status: str = call(web, "api.redeem_code_v1", *arguments)["status"]
        return status

    assert Counter(raced(100, login, exchange)) == {"redeemed": 1, "replayed": 99}
    assert refresh_tokens.issue(answer.grant_id) == "dead"
    grant = a_grant(session, wiki)

    def issue(web: psycopg.Connection) -> str:
        arguments = (grant, random_32(), random_32(), "t1")
        status: str = call(web, "api.issue_refresh_token_v1", *arguments)["status"]
        return status

    assert Counter(raced(100, login, issue)) == {"issued": 1, "exists": 99}


def test_refresh_token_presented_by_another_wiki_is_refused_and_left_alone(
    wiki: Wiki, session: Session
) -> None:
    """Another wiki neither rotates a token nor ends it for its owner."""
    token = a_token(a_grant(session, wiki))
    other = find_wiki("wiki-b")
    assert refresh_tokens.rotate(token, other) == "other_wiki"
    following = successor(token, wiki)
    assert refresh_tokens.rotate(token, other) == "other_wiki"
    assert isinstance(refresh_tokens.rotate(following, wiki), Rotated)


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("UPDATE vault.refresh_tokens SET expires_at = clock_timestamp()", "expired"),
        ("UPDATE vault.sessions SET ended_at = clock_timestamp()", "dead"),
        ("UPDATE vault.sessions SET expires_at = clock_timestamp()", "dead"),
        ("UPDATE vault.sessions SET last_seen_at = clock_timestamp() - interval '1 day'", "dead"),
        ("UPDATE vault.accounts SET state = 'locked'", "dead"),
        ("UPDATE vault.accounts SET epoch = epoch + 1", "dead"),
        ("UPDATE vault.site SET epoch = epoch + 1", "dead"),
        ("UPDATE vault.wikis SET state = 'suspended'", "dead"),
        ("UPDATE vault.grants SET revoked_at = clock_timestamp()", "dead"),
        ("DELETE FROM vault.refresh_tokens", "unknown"),
        ("DELETE FROM vault.grants", "unknown"),
    ],
)
def test_refresh_token_dies_with_session_account_epoch_wiki_and_grant(
    admin: psycopg.Connection, wiki: Wiki, session: Session, meanwhile: str, status: str
) -> None:
    """Nothing is refreshed beyond what ended it: lock, sign-out, emergency (V-revoke)."""
    token = a_token(a_grant(session, wiki))
    admin.execute(meanwhile)
    assert refresh_tokens.rotate(token, wiki) == status
    assert value(admin, ALIVE) == 0


def test_refresh_token_and_code_die_with_a_sign_out_and_a_reset(
    admin: psycopg.Connection, wiki: Wiki, session: Session, playing: Playing
) -> None:
    """The person's own ways to end it all end the tokens that wikis hold (V-revoke, V-reset)."""
    first = a_token(a_grant(session, wiki))
    sessions.end(session, HERE)
    assert refresh_tokens.rotate(first, wiki) == "dead"
    again = sign_in(Member(session.account_id, session.username, PASSWORD))
    second = a_token(a_grant(again, wiki))
    waiting = grants.issue(
        again,
        wiki,
        response_type="code",
        redirect_uri=REDIRECT,
        code_challenge=CHALLENGE,
        nonce=None,
        scopes=SCOPES,
    )
    assert isinstance(waiting, grants.AuthorizationAnswer)
    assert waiting.code is not None
    attempt = redeem(a_reset_token(playing, admin))
    assert isinstance(attempt, Attempt)
    assert reset(attempt) == "reset"
    assert refresh_tokens.rotate(second, wiki) == "dead"
    late = grants.redeem(waiting.code, wiki, redirect_uri=REDIRECT, code_challenge=CHALLENGE)
    assert late == "dead"


def test_refresh_token_is_issued_once_and_only_right_after_its_code(
    admin: psycopg.Connection, wiki: Wiki, session: Session
) -> None:
    """Only where ``offline_access`` was granted, within a minute of the code, to a live grant."""
    grant = a_grant(session, wiki)
    a_token(grant)
    assert refresh_tokens.issue(grant) == "exists"
    assert refresh_tokens.issue(a_grant(session, wiki, ("openid",))) == "dead"
    assert refresh_tokens.issue(uuid4()) == "dead"
    late = a_grant(session, wiki)
    admin.execute("UPDATE vault.grants SET redeemed_at = redeemed_at - interval '1 minute'")
    assert refresh_tokens.issue(late) == "dead"
    for ended in (
        "UPDATE vault.grants SET redeemed_at = NULL",
        "UPDATE vault.grants SET revoked_at = clock_timestamp()",
        "UPDATE vault.sessions SET ended_at = clock_timestamp()",
    ):
        fresh = a_grant(session, wiki)
        admin.execute(ended)
        assert refresh_tokens.issue(fresh) == "dead"
