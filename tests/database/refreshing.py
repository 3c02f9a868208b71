"""A wiki with refresh tokens, and somebody who is signed in to it."""

from uuid import UUID

import psycopg
import pytest

from tests.database.asking import CHALLENGE, REDIRECT, a_wiki
from tests.database.mail import Playing, a_member
from tests.database.people import sign_in
from vault import grants, refresh_tokens, wikis
from vault.refresh_tokens import RefreshToken, Rotated
from vault.sessions import Session
from vault.wikis import Wiki

SCOPES = ("openid", "profile", "email", "offline_access")
ALIVE = "SELECT count(*) FROM vault.refresh_tokens WHERE spent_at IS NULL"


@pytest.fixture
def wiki(admin: psycopg.Connection) -> Wiki:
    """A wiki that may have refresh tokens."""
    a_wiki(admin, scopes=list(SCOPES))
    a_wiki(admin, "wiki-b", scopes=list(SCOPES))
    return find_wiki("wiki-a")


def find_wiki(client_id: str) -> Wiki:
    """A wiki as web finds it."""
    wikis.forget()
    found = wikis.find(client_id)
    assert found is not None
    return found


def a_grant(session: Session, wiki: Wiki, scopes: tuple[str, ...] = SCOPES) -> UUID:
    """A grant whose code was just redeemed."""
    answer = grants.issue(
        session,
        wiki,
        response_type="code",
        redirect_uri=REDIRECT,
        code_challenge=CHALLENGE,
        nonce=None,
        scopes=scopes,
    )
    assert isinstance(answer, grants.AuthorizationAnswer)
    assert answer.code is not None
    redeemed = grants.redeem(answer.code, wiki, redirect_uri=REDIRECT, code_challenge=CHALLENGE)
    assert isinstance(redeemed, grants.Redeemed)
    return redeemed.grant_id


def a_token(grant_id: UUID) -> str:
    """The first refresh token of a grant."""
    issued = refresh_tokens.issue(grant_id)
    assert isinstance(issued, RefreshToken)
    return issued.text


@pytest.fixture
def session(wiki: Wiki, playing: Playing) -> Session:
    """Somebody who is signed in, with a confirmed address."""
    return sign_in(a_member(playing))


def rotated(text: str, wiki: Wiki) -> Rotated:
    """What a refresh token is swapped for."""
    answer = refresh_tokens.rotate(text, wiki)
    assert isinstance(answer, Rotated), answer
    return answer


def successor(text: str, wiki: Wiki) -> str:
    """The refresh token that comes next."""
    return rotated(text, wiki).token.text
