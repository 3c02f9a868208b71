"""Signing keys that change while wikis and people go on: nobody notices, and nothing old counts."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from tests.database.console import Console
from tests.database.rotating import kept_keys
from tests.web.people import Browser, WikiClient, ask, tokens_for
from tests.web.test_logout import bye, is_signed_in, leave
from tests.web.test_userinfo import userinfo
from vault import signing_keys
from vault.signing_keys import SigningKey

Wikis = Callable[..., WikiClient]
Playing = Callable[[str], AbstractContextManager[None]]


class Clock:
    """The keys' times, moved instead of waited for."""

    def __init__(self, admin: psycopg.Connection, playing: Playing) -> None:
        self._admin = admin
        self._playing = playing

    def pass_by(self, interval: str) -> None:
        """Everything about keys was so much earlier."""
        self._admin.execute(
            "UPDATE vault.signing_keys SET created_at = created_at - %(by)s::interval,"
            " retired_at = retired_at - %(by)s::interval",
            {"by": interval},
        )
        signing_keys.forget()

    def rotate(self) -> None:
        """The keys are old, and the worker comes by."""
        self.pass_by("91 days")
        with self._playing("worker"):
            assert set(signing_keys.create_due()) == set(signing_keys.ALGORITHMS)


@pytest.fixture
def clock(vault: None, admin: psycopg.Connection, playing: Playing) -> Iterator[Clock]:
    """Time for keys; the keys of all tests are put back at the end."""
    with kept_keys(admin):
        yield Clock(admin, playing)
    signing_keys.forget()


@pytest.fixture
def console(playing: Playing, capsys: pytest.CaptureFixture[str]) -> Console:
    """The owner's console."""
    return Console(playing, capsys)


def fetched() -> KeySet:
    """What a wiki gets at the JWK Set's address now."""
    return KeySet.import_key_set(Browser().get("/.well-known/jwks.json").json())


def verified(token: str, keys: KeySet) -> dict[str, Any]:
    """The claims, by a copy of the published set."""
    return dict(jwt.decode(token, keys, algorithms=["RS256", "ES256"]).claims)


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_wiki_with_an_old_copy_of_the_keys_goes_on_and_then_finds_the_new_one_by_its_id(
    grace: Browser, add_wiki: Wikis, clock: Clock, alg: str
) -> None:
    """A copy serves for an hour after a rotation; then an unknown ``kid`` says to fetch again."""
    wiki = add_wiki("English wiki", id_token_signed_response_alg=alg)
    copy = fetched()
    clock.rotate()
    first = tokens_for(grace, wiki)["id_token"]
    assert verified(first, copy)["aud"] == wiki.client_id
    clock.pass_by("59 minutes")
    assert verified(tokens_for(grace, wiki)["id_token"], copy)
    clock.pass_by("2 minutes")
    later = tokens_for(grace, wiki)["id_token"]
    with pytest.raises(InvalidKeyIdError):
        verified(later, copy)
    again = fetched()
    assert verified(later, again)
    assert verified(first, again)
    clock.pass_by("1 day")
    with pytest.raises(InvalidKeyIdError):
        verified(first, fetched())


def test_access_token_outlives_the_hour_of_its_key_and_not_its_publishing(
    grace: Browser, wiki: WikiClient, clock: Clock
) -> None:
    """What was given before a rotation is good to its end; a key that is published no more lets in
    nobody, whatever end its token names."""
    token = tokens_for(grace, wiki)["access_token"]
    clock.rotate()
    assert userinfo(token).status_code == 200
    clock.pass_by("61 minutes")
    assert userinfo(token).status_code == 200
    clock.pass_by("1 day")
    assert userinfo(token).status_code == 401
    assert wiki.introspect(token).json() == {"active": False}


@pytest.mark.parametrize("since", ["2 days", "364 days"])
def test_hint_of_a_key_that_is_published_no_more_signs_out_without_a_question(
    grace: Browser, wiki: WikiClient, clock: Clock, since: str
) -> None:
    """RP-Initiated Logout section 2: a wiki keeps its ID token as long as the session lives."""
    hint = tokens_for(grace, wiki)["id_token"]
    clock.rotate()
    clock.pass_by(since)
    assert jwt_kid(hint) not in {key.kid for key in fetched()}
    done = leave(grace, id_token_hint=hint, post_logout_redirect_uri=bye(wiki))
    assert done.status_code == 303
    assert not is_signed_in(grace)


def test_hint_of_a_key_that_is_published_no_more_counts_at_sign_in_too(
    grace: Browser, wiki: WikiClient, clock: Clock
) -> None:
    """A silent sign-in with the ID token of then: still the same person."""
    hint = tokens_for(grace, wiki)["id_token"]
    clock.rotate()
    clock.pass_by("2 days")
    answer = ask(grace, wiki, prompt="none", id_token_hint=hint).headers["Location"]
    assert "code=" in answer


def test_hint_of_a_key_older_than_any_session_asks_first(
    grace: Browser, wiki: WikiClient, clock: Clock
) -> None:
    """No session is that old, so that nobody needs such a key any more."""
    hint = tokens_for(grace, wiki)["id_token"]
    clock.rotate()
    clock.pass_by("366 days 1 minute")
    assert "Stay signed in" in leave(grace, id_token_hint=hint).content.decode()
    assert is_signed_in(grace)


@pytest.mark.parametrize("way", ["for good", "by a lockout"])
def test_hint_of_a_key_that_was_withdrawn_asks_first(
    grace: Browser,
    wiki: WikiClient,
    clock: Clock,
    console: Console,
    way: str,
) -> None:
    """Who holds a key that leaked signs nobody out, also not by one that was published once."""
    from emergency.actions.signing_key_lockout import restore_keys, withdraw_keys

    hint = tokens_for(grace, wiki)["id_token"]
    clock.rotate()
    clock.pass_by("2 days")
    if way == "for good":
        console.answer("rotatekeys", "--signing", "--compromised", "--reason", "broken into")
    else:
        with console.playing("owner"):
            withdraw_keys("seen in a log", by=None)
    signing_keys.forget()
    assert "Stay signed in" in leave(grace, id_token_hint=hint).content.decode()
    assert is_signed_in(grace)
    if way == "by a lockout":
        with console.playing("owner"):
            restore_keys("a false alarm", by=None)
        signing_keys.forget()
        leave(grace, id_token_hint=hint)
        assert not is_signed_in(grace)


def test_access_token_made_with_a_past_key_lets_in_nobody(
    grace: Browser, wiki: WikiClient, clock: Clock
) -> None:
    """Past keys verify hints alone: even one whose private half leaked reads nobody's name."""
    past: SigningKey = signing_keys.signing_key("ES256")
    live = tokens_for(grace, wiki)["access_token"]
    claims = verified(live, fetched())
    forged = jwt.encode(
        {"alg": "ES256", "kid": past.kid, "typ": "at+jwt"},
        {**claims, "exp": int(time.time()) + 3600},
        past.key,
    )
    assert userinfo(forged).status_code == 200
    clock.rotate()
    clock.pass_by("2 days")
    assert userinfo(forged).status_code == 401


def test_past_keys_are_read_at_most_once_a_minute_however_many_hints_name_unknown_ones(
    grace: Browser, wiki: WikiClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V-dos: made-up ids cost no statements."""
    from vault import connection

    asked: list[str] = []
    rows = connection.rows

    def counted(statement: str, parameters: Any) -> Any:
        asked.append(statement)
        return rows(statement, parameters)

    monkeypatch.setattr(connection, "rows", counted)
    for number in range(5):
        forged = jwt.encode(
            {"alg": "ES256", "kid": f"made-up-{number}"},
            {"sub": "x"},
            signing_keys.ECKey.generate_key("P-256"),
        )
        leave(grace, id_token_hint=forged)
    assert sum("past_signing_keys" in statement for statement in asked) == 1


def jwt_kid(token: str) -> str:
    """The id of the key that a token names."""
    return str(extract_compact(token.encode()).headers()["kid"])
