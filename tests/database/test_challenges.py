"""Challenges of ceremonies: each is presented once, whoever is faster, and forgotten in time."""

from collections import Counter

import psycopg
import pytest

from tests.database.asking import Login, call, random_32, value
from tests.database.racing import raced
from vault import challenges
from vault.attempts import new_secret, secret_hash

SPEND = "api.spend_challenge_v1"


def test_challenge_is_spent_once(vault: None) -> None:
    """V-replay: the second presentation is told apart, and another challenge is not touched."""
    challenge = new_secret()
    assert challenges.spend(challenge)
    assert not challenges.spend(challenge)
    assert challenges.spend(new_secret())


def test_challenge_that_a_hundred_present_at_once_is_spent_by_one(
    vault: None, login: Login
) -> None:
    """V-race, and whichever of the two sites they come from."""
    digest = random_32()
    heard = Counter(raced(100, login, lambda web: str(call(web, SPEND, digest)[SPEND[4:]])))
    assert heard == {"spent": 1, "replayed": 99}


def test_challenge_taken_back_by_its_caller_was_never_spent_and_proves_nothing(
    vault: None, login: Login
) -> None:
    """A caller that rolls back has no answer that it could use: the spending is gone with it."""
    digest = random_32()
    with login("web") as web:
        with web.transaction(force_rollback=True):
            assert call(web, SPEND, digest)[SPEND[4:]] == "spent"
        assert call(web, SPEND, digest)[SPEND[4:]] == "spent"
        assert call(web, SPEND, digest)[SPEND[4:]] == "replayed"


@pytest.mark.parametrize("digest", [None, b"", b"x" * 31, b"x" * 33])
def test_challenge_that_is_none_is_refused(
    admin: psycopg.Connection, login: Login, digest: bytes | None
) -> None:
    """NULL and other lengths, with a word and without an error."""
    with login("web") as web:
        assert call(web, SPEND, digest)[SPEND[4:]] == "bad_request"
    assert value(admin, "SELECT count(*) FROM vault.spent_challenges") == 0


def test_challenge_outlives_every_page_and_is_pruned_then(
    admin: psycopg.Connection, login: Login
) -> None:
    """A flow lives a day at the most; its challenge is remembered for two."""
    old, young = new_secret(), new_secret()
    challenges.spend(old)
    challenges.spend(young)
    admin.execute(
        "UPDATE vault.spent_challenges SET spent_at = spent_at - interval '49 hours'"
        " WHERE challenge_hash = %s",
        [secret_hash(old)],
    )
    with login("worker") as worker:
        worker.execute("SELECT api.prune_v1()")
    assert challenges.spend(old)
    assert not challenges.spend(young)
