"""A wiki's sessions over the library: live without asking, refreshed once, ended when told."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from authsite_client import (
    ClaimRefused,
    Client,
    Ended,
    Live,
    Malformed,
    MemoryStore,
    NeedsRefresh,
    Overtaken,
    Provider,
    ProviderUnavailable,
    SessionEnded,
    TokenExpired,
    TokenRefused,
    Unsure,
    WrongNonce,
)
from authsite_client.testing import FakeProvider

SignsIn = Callable[..., str]


def only_record(store: MemoryStore) -> Any:
    """The one session that is kept."""
    (record,) = store._records.values()
    return record


# --- Signing in --------------------------------------------------------------------------------


def test_session_is_live_without_asking_and_kept_by_digest(
    fake: FakeProvider, client: Client, store: MemoryStore, sign_in: SignsIn
) -> None:
    """A page load with a live token makes no call; the cookie's secret is nowhere in the store."""
    secret = sign_in()
    asked = len(fake.requests)
    fake.is_away = True
    for _ in range(20):
        answer = client.check(secret)
        assert isinstance(answer, Live)
    assert answer.claims.sub == "sub-1"
    assert len(fake.requests) == asked
    record = only_record(store)
    assert secret not in (record.key, record.id_token, record.refresh_token)


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        ({"nonce": "another"}, WrongNonce),
        ({"access_token": None}, Malformed),
        ({"id_token": 7}, Malformed),
        ({"refresh_token": 7}, Malformed),
        ({"sid": "sid-2"}, ClaimRefused),
        ({"sub": "sub-2"}, ClaimRefused),
        ({"swapped": True}, TokenRefused),
    ],
)
def test_sign_in_whose_answer_does_not_fit_is_refused(
    fake: FakeProvider, client: Client, lie: dict[str, Any], error: type[Exception]
) -> None:
    """Both tokens, of one person and session, and the answer to this very request."""
    answer = fake.sign_in(nonce=lie.pop("nonce", "n-1"))
    if lie.keys() & {"sid", "sub"}:
        lie = {"access_token": fake.access_token(**lie)}
    if lie.pop("swapped", False):
        lie = {"access_token": answer["id_token"], "id_token": answer["access_token"]}
    with pytest.raises(error):
        client.verify_sign_in({**answer, **lie}, nonce="n-1")


def test_sign_in_that_was_ended_on_its_way_opens_nothing(
    fake: FakeProvider, client: Client, store: MemoryStore
) -> None:
    """The logout token was quicker than the code."""
    arriving = client.verify_sign_in(fake.sign_in(nonce="n-1"), nonce="n-1")
    client.obey_logout(fake.logout_token())
    with pytest.raises(SessionEnded) as ended:
        client.open(arriving)
    assert ended.value.why == "logged_out"
    assert store._records == {}
    fake.now += 1
    again = client.verify_sign_in(fake.sign_in(nonce="n-1", sid="sid-2"), nonce="n-1")
    assert isinstance(client.check(client.open(again)), Live)


@pytest.mark.parametrize("secret", ["", "x", "x" * 201, "\ud800", "../.."])
def test_cookie_that_names_no_session_is_ended(client: Client, secret: str) -> None:
    """Never anonymous: whoever shows a cookie is told that it is over."""
    assert client.check(secret) == client.look(secret) == Ended("unknown")


# --- Refreshing --------------------------------------------------------------------------------


def test_session_over_is_refreshed_once_and_goes_on(
    fake: FakeProvider, client: Client, store: MemoryStore, sign_in: SignsIn
) -> None:
    """Its tokens are swapped, its cookie stays."""
    secret = sign_in()
    before = only_record(store).refresh_token
    fake.now += 600
    assert isinstance(client.look(secret), NeedsRefresh)
    assert isinstance(client.check(secret), Live)
    assert isinstance(client.check(secret), Live)
    assert fake.calls("/oauth/token") == 1
    assert only_record(store).refresh_token != before


def test_session_refreshed_by_twenty_threads_makes_one_request(
    fake: FakeProvider, client: Client, sign_in: SignsIn
) -> None:
    """The others wait for it and find it done; another person's waits for nobody."""
    secret, other = sign_in(), sign_in(sub="sub-2", sid="sid-2")
    fake.now += 600
    barrier = threading.Barrier(21)
    answers: list[Any] = []

    def check(mine: str) -> None:
        barrier.wait(60)
        answers.append(client.check(mine))

    threads = [threading.Thread(target=check, args=(mine,)) for mine in [secret] * 20 + [other]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [type(answer) for answer in answers] == [Live] * 21
    assert fake.calls("/oauth/token") == 2
    assert client._one_at_a_time._held == {}


def test_provider_away_asked_by_twenty_threads_is_asked_once(
    fake: FakeProvider, client: Client, sign_in: SignsIn
) -> None:
    """A provider in trouble gets no crowd at its door."""
    secret = sign_in()
    fake.now += 600
    fake.is_away = True
    threads = [threading.Thread(target=client.check, args=(secret,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert fake.calls("/oauth/token") == 1


@pytest.mark.parametrize(
    "refusal",
    [(400, "invalid_grant"), (400, "invalid_request"), (401, "invalid_client")],
)
def test_refusal_ends_the_session_for_good(
    fake: FakeProvider,
    client: Client,
    store: MemoryStore,
    sign_in: SignsIn,
    refusal: tuple[int, str],
) -> None:
    """The provider has said no: the tokens are forgotten, and it is not asked again."""
    secret = sign_in()
    fake.now += 600
    fake.refusal = refusal
    assert client.check(secret) == Ended("refused")
    assert store._records == {}
    fake.refusal = None
    assert client.check(secret) == Ended("unknown")
    assert fake.calls("/oauth/token") == 1


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        (500, "server_error"),
        (503, "x"),
        (429, "x"),
        (403, "x"),
        (302, "x"),
        (400, "temporarily_unavailable"),
        (401, ""),
    ],
)
def test_provider_in_trouble_makes_a_session_unsure_and_then_live_again(
    fake: FakeProvider,
    client: Client,
    sign_in: SignsIn,
    trouble: tuple[int, str] | None,
) -> None:
    """No answer, and any that is not the provider's no: reading goes on, writing does not."""
    secret = sign_in()
    fake.now += 600
    fake.is_away, fake.refusal = trouble is None, trouble
    if trouble == (401, ""):
        fake.refusal = (401, None)  # type: ignore[assignment]  # a proxy's 401
    answer = client.check(secret)
    assert isinstance(answer, Unsure)
    assert (answer.may_read, answer.may_write, answer.since) == (True, False, fake.now)
    assert isinstance(client.check(secret), Unsure)
    assert fake.calls("/oauth/token") == 1
    fake.is_away, fake.refusal = False, None
    fake.now += 10
    assert isinstance(client.check(secret), Live)


def test_provider_away_for_too_long_ends_the_session(
    fake: FakeProvider, client: Client, store: MemoryStore, sign_in: SignsIn
) -> None:
    """Fifteen minutes after the token's end, and it stays over when the provider is back."""
    secret = sign_in()
    fake.is_away = True
    fake.now += 600
    for _ in range(9):
        assert isinstance(client.check(secret), Unsure)
        fake.now += 100
    assert client.check(secret) == Ended("unconfirmed")
    assert store._records == {}
    fake.is_away = False
    assert client.check(secret) == Ended("unknown")


def test_provider_away_for_one_process_and_not_for_another_keeps_the_session(
    fake: FakeProvider,
    client: Client,
    provider: Provider,
    store: MemoryStore,
    sign_in: SignsIn,
) -> None:
    """Whoever hears nothing does not end what another process has just confirmed."""
    secret = sign_in()
    fake.now += 10_000
    other = Client(provider=provider, store=store, clock=lambda: fake.now)
    honest = fake._token

    def lost(*arguments: Any) -> Any:
        fake._token = honest  # type: ignore[method-assign]
        assert isinstance(other.check(secret), Live)
        raise ProviderUnavailable("the answer was lost")

    fake._token = lost  # type: ignore[method-assign]
    assert isinstance(client.check(secret), Live)


def test_answer_that_one_process_has_is_kept_though_another_heard_nothing(
    fake: FakeProvider,
    client: Client,
    provider: Provider,
    store: MemoryStore,
    sign_in: SignsIn,
) -> None:
    """Else the session would go on with a token that is spent, and end a minute later."""
    secret = sign_in()
    fake.now += 600
    other = Client(provider=provider, store=store, clock=lambda: fake.now)
    honest = fake._token

    def lost(*arguments: Any) -> Any:
        raise ProviderUnavailable("the answer was lost")

    def slow(*arguments: Any) -> Any:
        answer = honest(*arguments)
        fake._token = lost  # type: ignore[method-assign]
        assert isinstance(other.check(secret), Unsure)
        return answer

    fake._token = slow  # type: ignore[method-assign]
    assert isinstance(client.check(secret), Live)
    fake._token = honest  # type: ignore[method-assign]
    fake.now += 700
    assert isinstance(client.check(secret), Live)


def test_provider_away_with_no_stale_seconds_ends_the_session_at_once(
    fake: FakeProvider, provider: Provider, store: MemoryStore
) -> None:
    """0 is never unsure."""
    client = Client(provider=provider, store=store, stale_seconds=0, clock=lambda: fake.now)
    secret = client.open(client.verify_sign_in(fake.sign_in(nonce="n"), nonce="n"))
    fake.now += 600
    fake.is_away = True
    assert client.check(secret) == Ended("unconfirmed")


def test_answer_to_a_refresh_that_cannot_be_believed_keeps_nobody_in(
    fake: FakeProvider, client: Client, sign_in: SignsIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another's tokens end the session; unsigned ones are as good as no answer."""
    secret, other = sign_in(), sign_in(sid="sid-2")
    fake.now += 600
    honest = fake._answer
    monkeypatch.setattr(fake, "_answer", lambda _sub, sid, nonce: honest("sub-2", sid, nonce))
    assert client.check(secret) == Ended("refused")
    monkeypatch.setattr(
        fake, "_answer", lambda *who, **more: {**honest(*who, **more), "access_token": "e30"}
    )
    assert isinstance(client.check(other), Unsure)


def test_session_without_a_refresh_token_ends_with_its_access_token(
    fake: FakeProvider, client: Client
) -> None:
    """A wiki that was not granted ``offline_access``."""
    answer = {**fake.sign_in(nonce="n"), "refresh_token": None}
    secret = client.open(client.verify_sign_in(answer, nonce="n"))
    fake.now += 600
    assert client.check(secret) == Ended("expired")
    assert fake.calls("/oauth/token") == 0


# --- Logging out -------------------------------------------------------------------------------


def test_logout_token_ends_the_session_it_names_and_no_other(
    fake: FakeProvider, client: Client, sign_in: SignsIn
) -> None:
    """By ``sid``; where both are named, both must fit."""
    one, two = sign_in(sid="sid-1"), sign_in(sid="sid-2")
    assert client.obey_logout(fake.logout_token(sub="sub-9")).ended == 0
    assert isinstance(client.check(one), Live)
    assert client.obey_logout(fake.logout_token()).ended == 1
    assert client.check(one) == Ended("unknown")
    assert isinstance(client.check(two), Live)


def test_logout_token_without_sid_ends_all_of_a_persons(
    fake: FakeProvider, client: Client, sign_in: SignsIn
) -> None:
    """And nobody else's; whoever signs in again afterwards is in."""
    mine = [sign_in(sid="sid-1"), sign_in(sid="sid-2")]
    other = sign_in(sub="sub-2", sid="sid-3")
    assert client.obey_logout(fake.logout_token(sid=None)).ended == 2
    assert [client.check(secret) for secret in mine] == [Ended("unknown")] * 2
    assert isinstance(client.check(other), Live)
    assert isinstance(client.check(sign_in(sid="sid-4")), Live)


def test_logout_token_sent_again_does_nothing_more(
    fake: FakeProvider, client: Client, sign_in: SignsIn
) -> None:
    """A captured one cannot sign the person out again; a resend is answered like the first."""
    sign_in()
    token = fake.logout_token(sid=None)
    assert client.obey_logout(token).ended == 1
    again = sign_in(sid="sid-2")
    obeyed = client.obey_logout(token)
    assert (obeyed.ended, obeyed.is_again) == (0, True)
    assert isinstance(client.check(again), Live)
    with pytest.raises(TokenRefused):
        client.obey_logout(fake.id_token())


def test_session_whose_removal_was_lost_is_ended_by_the_mark(
    fake: FakeProvider, client: Client, store: MemoryStore, sign_in: SignsIn
) -> None:
    """Being over does not hang on deleting: a row that came back opens nothing."""
    secret = sign_in()
    record = only_record(store)
    client.obey_logout(fake.logout_token())
    store.add(record)
    assert client.check(secret) == Ended("logged_out")
    assert store._records == {}


def test_logout_during_a_refresh_wins(
    fake: FakeProvider, client: Client, sign_in: SignsIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new tokens are not kept in the place of a session that is gone."""
    secret = sign_in()
    fake.now += 600
    honest = fake._token

    def interrupted(*arguments: Any) -> Any:
        answer = honest(*arguments)
        client.obey_logout(fake.logout_token())
        return answer

    monkeypatch.setattr(fake, "_token", interrupted)
    assert isinstance(client.check(secret), Ended)
    assert isinstance(client.check(secret), Ended)


# --- Epochs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("epoch", "others"), [([2, 1], Ended), ([1, 2], Live)])
def test_higher_epoch_seen_in_any_token_ends_what_is_older(
    fake: FakeProvider, client: Client, sign_in: SignsIn, epoch: list[int], others: type
) -> None:
    """The site's ends everybody's, the account's that person's."""
    old, somebody = sign_in(), sign_in(sub="sub-2", sid="sid-2")
    fake.epoch = epoch
    new = sign_in(sid="sid-3")
    assert client.check(old) == Ended("overtaken")
    assert isinstance(client.check(somebody), others)
    assert isinstance(client.check(new), Live)


def test_lower_epoch_never_signs_in_again(fake: FakeProvider, client: Client) -> None:
    """A token from before, however fresh it says it is."""
    fake.epoch = [1, 2]
    client.open(client.verify_sign_in(fake.sign_in(nonce="n"), nonce="n"))
    fake.epoch = [1, 1]
    with pytest.raises(Overtaken):
        client.verify_sign_in(fake.sign_in(nonce="n"), nonce="n")


def test_refresh_that_brings_a_higher_epoch_keeps_its_session_and_ends_older_ones(
    fake: FakeProvider, client: Client, sign_in: SignsIn
) -> None:
    """A password changed meanwhile, in this very session."""
    older = sign_in(sid="sid-1")
    fake.now += 300
    mine = sign_in(sid="sid-2")
    fake.now += 299
    assert isinstance(client.check(older), Live)
    fake.epoch = [1, 2]
    fake.now += 301
    assert isinstance(client.check(mine), Live)
    assert client.check(older) == Ended("overtaken")


# --- Clocks ------------------------------------------------------------------------------------


def test_clock_set_back_revives_no_token_and_no_ended_session(
    fake: FakeProvider, provider: Provider, store: MemoryStore
) -> None:
    """Also after a restart: the latest time is kept."""
    wall = [fake.now]
    first = Client(provider=provider, store=store, clock=lambda: wall[0])
    secret = first.open(first.verify_sign_in(fake.sign_in(nonce="n"), nonce="n"))
    ended = first.open(first.verify_sign_in(fake.sign_in(nonce="n", sid="sid-2"), nonce="n"))
    first.obey_logout(fake.logout_token(sid="sid-2"))
    fake.now = wall[0] = wall[0] + 700
    assert isinstance(first.look(secret), NeedsRefresh)
    wall[0] -= 3600
    for client in (first, Client(provider=provider, store=store, clock=lambda: wall[0])):
        assert isinstance(client.look(secret), NeedsRefresh)
        assert isinstance(client.look(ended), Ended)
    assert isinstance(client.check(secret), Live)  # the provider stands by it


def test_clock_that_ran_ahead_once_is_put_right_by_the_provider(
    fake: FakeProvider, provider: Provider, store: MemoryStore
) -> None:
    """Else one slip would lock everybody out for years; the provider's tokens prove the time."""
    wall = [fake.now]
    client = Client(provider=provider, store=store, clock=lambda: wall[0])
    secret = client.open(client.verify_sign_in(fake.sign_in(nonce="n"), nonce="n"))
    wall[0] += 10**8
    assert isinstance(client.look(secret), NeedsRefresh)
    with pytest.raises(TokenExpired):
        client.verify_sign_in(fake.sign_in(nonce="n"), nonce="n")
    wall[0] = fake.now
    assert isinstance(client.look(secret), NeedsRefresh)
    assert client.obey_logout(fake.logout_token(sid="sid-9")).ended == 0
    assert isinstance(client.check(secret), Live)


@pytest.mark.parametrize("hours", [-5, 5])
def test_logout_token_that_is_over_is_refused_by_any_clock(
    fake: FakeProvider, provider: Provider, store: MemoryStore, hours: int
) -> None:
    """Neither the time seen nor the clock makes an old one new."""
    wall = [fake.now]
    client = Client(provider=provider, store=store, clock=lambda: wall[0])
    token = fake.logout_token()
    for moved in (hours * 3600, 200):
        wall[0] = fake.now + moved
        if moved > 0:
            with pytest.raises(TokenExpired):
                client.obey_logout(token)


# --- Ending here -------------------------------------------------------------------------------


def test_session_ended_here_is_gone_though_the_provider_is_away(
    fake: FakeProvider, client: Client, sign_in: SignsIn
) -> None:
    """And the ID token for the way to the provider's own sign-out comes back."""
    secret = sign_in()
    fake.is_away = True
    record = client.end(secret)
    assert record is not None
    assert record.id_token.count(".") == 2
    assert client.check(secret) == Ended("unknown")
    assert client.end(secret) is None


def test_store_forgets_marks_when_told_and_not_before(
    fake: FakeProvider, client: Client, store: MemoryStore, sign_in: SignsIn
) -> None:
    """A day: no token of an ended session lives as long."""
    sign_in()
    client.obey_logout(fake.logout_token())
    client.obey_logout(fake.logout_token(sid=None))
    store.prune(fake.now + 86400)
    assert store.marks(sub="sub-1", sid="sid-1").is_sid_ended
    store.prune(fake.now + 86400 + 121, is_over=lambda _record: True)
    marks = store.marks(sub="sub-1", sid="sid-1")
    assert (marks.is_sid_ended, marks.sub_ended_at) == (False, 0)
