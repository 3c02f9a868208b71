"""Whether the session at hand will do: prompt, age, hint and assurance combined, without HTTP."""

import json
from itertools import product
from typing import Any, Final
from uuid import UUID

import pytest

from accounts.services.assurance import LEVELS, Demand, highest_of, level_of, reaches
from sso.services.authorization_request import AuthorizationRequest
from sso.services.session_decision import Decision, decide
from vault.sessions import Session

NOW: Final = 1_800_000_000
ME: Final = UUID("01900000-0000-7000-8000-000000000001")
OTHER: Final = "01900000-0000-7000-8000-000000000002"
ANY: Final = Demand()


def request(**changes: Any) -> AuthorizationRequest:
    """A checked request, with changes."""
    fields: dict[str, Any] = {
        "client_id": "wiki",
        "redirect_uri": "https://wiki.example/",
        "response_type": "code",
        "response_mode": "query",
        "scopes": ("openid",),
        "state": None,
        "nonce": None,
        "code_challenge": "x" * 43,
        "prompt": (),
        "max_age": None,
        "login_hint": "",
        "ui_locales": (),
        "hinted_sub": None,
    }
    return AuthorizationRequest(**{**fields, **changes})


def session(age: int = 0, amr: tuple[str, ...] = ("pwd",)) -> Session:
    """A live session that proved itself ``age`` seconds ago."""
    return Session(
        secret=b"s" * 32,
        kind="web",
        sid=UUID(int=1),
        account_id=ME,
        username="Grace",
        amr=amr,
        auth_time=NOW - age,
        created_at=NOW - age,
        expires_at=NOW + 1000,
        idle_seconds=1000,
        kept=False,
        account_epoch=1,
        site_epoch=1,
    )


PROMPTS: Final = ((), ("none",), ("login",), ("create",), ("consent",), ("select_account",))
AGES: Final = (None, 0, 1, 59, 60, 61, 10_000)
HINTS: Final = (None, str(ME), OTHER)
AMRS: Final = (("pwd",), ("pwd", "otp", "mfa"), ("hwk", "user", "mfa"))
DEMANDS: Final = tuple(
    Demand(least, wanted) for least, wanted in product(LEVELS, LEVELS) if reaches(wanted, least)
)
HELD: Final = (None, (), ("totp",), ("passkey",), ("passkey", "totp"))


@pytest.mark.parametrize("age", [None, 0, 60])
def test_decision_for_every_combination_is_what_the_standard_says(age: int | None) -> None:
    """OpenID Connect Core 1.0 section 3.1.2.1 and .3, in a second way of saying it."""
    for prompt, max_age, hint in product(PROMPTS, AGES, HINTS):
        at_hand = session(age) if age is not None else None
        asked = request(prompt=prompt, max_age=max_age, hinted_sub=hint)
        fresh = age is not None and (max_age is None or (max_age > 0 and age <= max_age))
        is_meant = hint in (None, str(ME))
        if fresh and is_meant and prompt in ((), ("none",), ("consent",)):
            expected = Decision.ANSWER
        elif prompt == ("none",):
            expected = Decision.LOGIN_REQUIRED
        else:
            expected = Decision.SIGN_UP if prompt == ("create",) else Decision.SIGN_IN
        assert decide(asked, at_hand, ANY, now=NOW) is expected, (prompt, max_age, hint)


def test_decision_for_prompt_none_is_never_a_page() -> None:
    """Whatever else is asked, silence is kept."""
    for age, max_age, hint in product((None, 0, 60), AGES, HINTS):
        at_hand = session(age) if age is not None else None
        asked = request(prompt=("none",), max_age=max_age, hinted_sub=hint)
        for demand, held in product(DEMANDS, HELD):
            decision = decide(asked, at_hand, demand, held)
            assert decision in (Decision.ANSWER, Decision.LOGIN_REQUIRED)


def test_decision_for_every_demand_asks_for_more_where_there_is_more() -> None:
    """Below the least always; below what is wanted where the account holds something for it."""
    for amr, demand, held in product(AMRS, DEMANDS, HELD):
        level = level_of(amr)
        decision = decide(request(), session(0, amr), demand, held, now=NOW)
        if not reaches(level, demand.least):
            expected = Decision.SIGN_IN
        elif reaches(level, demand.wanted):
            expected = Decision.ANSWER
        elif held is None:
            expected = Decision.DEPENDS
        else:
            can_rise = not reaches(level, highest_of(held))
            expected = Decision.SIGN_IN if can_rise else Decision.ANSWER
        assert decision is expected, (amr, demand, held)


def test_decision_in_silence_answers_with_what_is_proven_and_never_below_the_least() -> None:
    """A page may not be shown: what was only wanted is left, what is demanded is not."""
    for amr, demand, held in product(AMRS, DEMANDS, HELD):
        expected = (
            Decision.ANSWER if reaches(level_of(amr), demand.least) else Decision.LOGIN_REQUIRED
        )
        assert decide(request(prompt=("none",)), session(0, amr), demand, held, now=NOW) is expected


@pytest.mark.parametrize(
    "changes", [{"max_age": 30}, {"prompt": ("login",)}, {"hinted_sub": OTHER}]
)
def test_decision_where_the_session_is_no_use_asks_for_no_factors(changes: dict[str, Any]) -> None:
    """The account's own things are looked up only where they decide."""
    for amr, demand in product(AMRS, DEMANDS):
        asked = request(**changes)
        assert decide(asked, session(60, amr), demand, now=NOW) is Decision.SIGN_IN
        assert decide(asked, None, demand, now=NOW) is Decision.SIGN_IN


def test_request_travels_through_a_flow_unchanged() -> None:
    """What was checked is what is answered, lists and all."""
    asked = request(
        scopes=("openid", "email"),
        prompt=("login",),
        ui_locales=("fr", "en"),
        state="\u00fc",
        max_age=0,
        hinted_sub=OTHER,
        acr_values=("phr", "aal2"),
        acr_essential=True,
        claims=("userinfo.email", "id_token.name"),
        claimed_subs=(OTHER,),
        pushed_id=OTHER,
        pushed_at=NOW,
    )
    assert AuthorizationRequest.from_flow(json.loads(json.dumps(asked.to_flow()))) == asked


LATER = {"claims", "claimed_subs", "pushed_id", "pushed_at"}


def test_request_is_sealed_without_what_it_does_not_ask_for() -> None:
    """So the release before opens it as well, while both of them serve."""
    plain = request(prompt=("login",), acr_values=("aal2",)).to_flow()
    assert not plain.keys() & LATER
    assert plain["acr_values"] == ("aal2",)
    asked = request(claims=("userinfo.email",), claimed_subs=(OTHER,), pushed_id=OTHER, pushed_at=1)
    assert asked.to_flow().keys() >= LATER


def test_request_that_the_release_before_sealed_still_opens() -> None:
    """Who was on the sign-in page during an upgrade is not sent away: they asked for no more."""
    sealed = request(prompt=("login",)).to_flow()
    assert not sealed.keys() & LATER
    assert AuthorizationRequest.from_flow(sealed) == request(prompt=("login",))
