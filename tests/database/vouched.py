"""What tests of rows under a MAC share: somebody, a wiki, and codes through Python's own door."""

from typing import Any

import psycopg
import pytest

from tests.database.asking import CHALLENGE, REDIRECT, a_wiki
from tests.database.people import Member, sign_up
from vault import grants, wikis
from vault.grants import AuthorizationAnswer, Redeemed
from vault.sessions import Session
from vault.wikis import Wiki


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


@pytest.fixture
def wiki(admin: psycopg.Connection) -> Wiki:
    """A registered wiki, as web finds it."""
    found = wikis.find(a_wiki(admin, scopes=["openid", "profile", "email"]))
    assert found is not None
    return found


def answer(session: Session, wiki: Wiki, **changes: Any) -> AuthorizationAnswer:
    """Answers an authorization request."""
    asked: dict[str, Any] = {
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "code_challenge": CHALLENGE,
        "nonce": "n",
        "scopes": ("openid",),
        **changes,
    }
    given = grants.issue(session, wiki, **asked)
    assert isinstance(given, AuthorizationAnswer)
    return given


def a_code(session: Session, wiki: Wiki, **changes: Any) -> str:
    """A code for the wiki."""
    code = answer(session, wiki, **changes).code
    assert code is not None
    return code


def redeem(code: str, wiki: Wiki, **changes: Any) -> Redeemed | str:
    """Presents a code as its wiki would."""
    return grants.redeem(
        code, wiki, **{"redirect_uri": REDIRECT, "code_challenge": CHALLENGE, **changes}
    )


def redeemed(code: str, wiki: Wiki) -> Redeemed:
    """What a code gives that is in order."""
    given = redeem(code, wiki)
    assert isinstance(given, Redeemed)
    return given
