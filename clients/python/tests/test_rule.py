"""The rule, for every age of a token, whatever the store knows and the provider says."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from authsite_client import (
    AccessClaims,
    Ended,
    Epoch,
    Live,
    Marks,
    NeedsRefresh,
    SessionRecord,
    Unsure,
    judge,
    settle,
)
from authsite_client.sessions import Refreshed, Refused, Unreachable

BEGAN = 1_000_000
ENDS = BEGAN + 600
CLAIMS = AccessClaims(
    sub="sub-1",
    sid="sid-1",
    jti="grant-1",
    iat=BEGAN,
    exp=ENDS,
    auth_time=BEGAN,
    acr="aal1",
    scopes=("openid", "offline_access"),
    epoch=Epoch(3, 5),
)
RECORD = SessionRecord(key="k", claims=CLAIMS, refresh_token="r", id_token="i", confirmed_at=BEGAN)

# Times around every edge of a token's life, and far beyond.
TIMES = (
    *(BEGAN - 10**6, BEGAN - 1, BEGAN, BEGAN + 1, ENDS - 1, ENDS, ENDS + 1, ENDS + 9, ENDS + 10),
    *(ENDS + 299, ENDS + 300, ENDS + 899, ENDS + 900, ENDS + 901, ENDS + 10**6),
)
FAILURES = (None, BEGAN + 1, ENDS, ENDS + 5, ENDS + 890, ENDS + 900, ENDS + 10**6)
STALES = (0, 300, 900)
MARKS: dict[str, Marks] = {
    "nothing": Marks(),
    "the same epoch": Marks(epoch=Epoch(3, 5)),
    "a lower epoch": Marks(epoch=Epoch(2, 4)),
    "a higher site epoch": Marks(epoch=Epoch(4, 0)),
    "a higher account epoch": Marks(epoch=Epoch(0, 6)),
    "sid ended": Marks(is_sid_ended=True),
    "sub ended before": Marks(sub_ended_at=BEGAN),
    "sub ended since": Marks(sub_ended_at=BEGAN + 1),
    "a later time": Marks(latest_time=ENDS + 100),
    "the last day": Marks(latest_time=ENDS + 10**7),
}
ENDING = {"a higher site epoch", "a higher account epoch", "sid ended", "sub ended since"}
EVERYTHING = list(product(TIMES, FAILURES, ("r", None), STALES, MARKS))


def judged(now: int, failed: int | None, token: str | None, stale: int, seen: str) -> Any:
    """The rule's answer."""
    record = replace(RECORD, failed_at=failed, refresh_token=token)
    return judge(record, MARKS[seen], now, stale_seconds=stale)


@pytest.mark.parametrize("seen", sorted(ENDING))
def test_what_was_ended_or_overtaken_is_ended_at_any_time(seen: str) -> None:
    """Whatever the clock, the token and the provider: at once, and for good."""
    for now, failed, token, stale in product(TIMES, FAILURES, ("r", None), STALES):
        answer = judged(now, failed, token, stale, seen)
        assert isinstance(answer, Ended)
        assert answer.why == ("overtaken" if "epoch" in seen else "logged_out")


def test_answer_is_live_only_with_a_token_that_is_not_over_and_never_was() -> None:
    """The only way to write."""
    for now, failed, token, stale, seen in EVERYTHING:
        answer = judged(now, failed, token, stale, seen)
        is_good = max(now, MARKS[seen].latest_time) < ENDS and failed is None
        assert isinstance(answer, Live) == (is_good and seen not in ENDING)
        assert answer.may_write == isinstance(answer, Live)


def test_answer_is_unsure_only_right_after_a_failure_and_for_so_long() -> None:
    """Reading may go on up to the stated seconds after the token's end; 0 is never."""
    for now, failed, token, stale, seen in EVERYTHING:
        answer = judged(now, failed, token, stale, seen)
        if isinstance(answer, Unsure):
            time = max(now, MARKS[seen].latest_time)
            assert token is not None
            assert failed is not None
            assert time < failed + 10
            assert time < ENDS + stale
            assert (answer.since, answer.may_read, answer.may_write) == (ENDS, True, False)


def test_answer_needs_a_refresh_only_with_a_token_to_do_it_with() -> None:
    """Without a refresh token the end of the access token is the session's."""
    for now, failed, token, stale, seen in EVERYTHING:
        answer = judged(now, failed, token, stale, seen)
        if isinstance(answer, NeedsRefresh):
            assert token is not None
            assert not answer.may_read
        if token is None and seen not in ENDING and not isinstance(answer, Live):
            assert answer == Ended("expired")


def test_answer_is_always_one_of_four_and_never_anonymous() -> None:
    """A cookie without a record is ended, too."""
    kinds = {type(judged(*case)) for case in EVERYTHING}
    assert kinds == {Live, Unsure, NeedsRefresh, Ended}
    for now, seen in product(TIMES, MARKS.values()):
        assert judge(None, seen, now) == Ended("unknown")


def test_clock_set_back_revives_nothing() -> None:
    """What was over at some time is over at every earlier time that the clock may say later."""
    for first, second, failed, stale in product(TIMES, TIMES, FAILURES, STALES):
        record = replace(RECORD, failed_at=failed)
        before = judge(record, Marks(), first, stale_seconds=stale)
        after = judge(record, Marks(latest_time=first), second, stale_seconds=stale)
        if not isinstance(before, Live):
            assert not isinstance(after, Live)
        if isinstance(before, Ended):
            assert not after.may_read


NEW = Refreshed(
    replace(CLAIMS, iat=ENDS, exp=ENDS + 600, epoch=Epoch(3, 6)), refresh_token="r2", id_token="i2"
)


@pytest.mark.parametrize("failed", FAILURES)
@pytest.mark.parametrize("stale", STALES)
def test_providers_answer_settles_every_session(failed: int | None, stale: int) -> None:
    """Yes makes it live again, no ends it, silence makes it unsure until it ends."""
    for now in (time for time in TIMES if time >= ENDS):
        record = replace(RECORD, failed_at=failed)
        renewed = settle(record, NEW, now, stale_seconds=stale)
        assert isinstance(renewed, SessionRecord)
        assert (renewed.version, renewed.failed_at, renewed.confirmed_at) == (2, None, now)
        assert (renewed.refresh_token, renewed.id_token) == ("r2", "i2")
        if now < NEW.claims.exp:
            assert judge(renewed, Marks(epoch=Epoch(3, 6)), now) == Live(NEW.claims)
        assert settle(record, Refused(), now, stale_seconds=stale) == Ended("refused")
        left = settle(record, Unreachable(), now, stale_seconds=stale)
        if now >= ENDS + stale:
            assert left == Ended("unconfirmed")
        else:
            assert isinstance(left, SessionRecord)
            assert judge(left, Marks(), now, stale_seconds=stale) == Unsure(CLAIMS, since=ENDS)
            later = judge(left, Marks(), now + 10, stale_seconds=stale)
            assert isinstance(later, NeedsRefresh)


def test_claims_survive_being_kept_as_json() -> None:
    """For stores that know no tuples."""
    import json

    assert AccessClaims.load(json.loads(json.dumps(CLAIMS.dump()))) == CLAIMS


def test_record_shows_no_secret() -> None:
    """Neither a traceback nor a log line gives a session away."""
    record = replace(RECORD, refresh_token="secret-r", id_token="secret-i")
    assert "secret" not in repr(record)
    assert "r2" not in repr(NEW)
