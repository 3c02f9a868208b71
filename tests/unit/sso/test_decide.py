"""Whether the session at hand will do: every combination of prompt, age and hint, without HTTP."""

from itertools import product
from typing import Any, Final
from uuid import UUID

import pytest

from sso.services.authorization_request import AuthorizationRequest, Decision, decide
from vault.sessions import Session

NOW: Final = 1_800_000_000
ME: Final = UUID("01900000-0000-7000-8000-000000000001")
OTHER: Final = "01900000-0000-7000-8000-000000000002"


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


def session(age: int = 0) -> Session:
    """A live session that proved itself ``age`` seconds ago."""
    return Session(
        secret=b"s" * 32,
        kind="web",
        sid=UUID(int=1),
        account_id=ME,
        username="Grace",
        amr=("pwd",),
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
        assert decide(asked, at_hand, now=NOW) is expected, (prompt, max_age, hint)


def test_decision_for_prompt_none_is_never_a_page() -> None:
    """Whatever else is asked, silence is kept."""
    for age, max_age, hint in product((None, 0, 60), AGES, HINTS):
        at_hand = session(age) if age is not None else None
        decision = decide(request(prompt=("none",), max_age=max_age, hinted_sub=hint), at_hand)
        assert decision in (Decision.ANSWER, Decision.LOGIN_REQUIRED)


def test_request_travels_through_a_flow_unchanged() -> None:
    """What was checked is what is answered, lists and all."""
    asked = request(
        scopes=("openid", "email"),
        prompt=("login",),
        ui_locales=("fr", "en"),
        state="\u00fc",
        max_age=0,
        hinted_sub=OTHER,
    )
    import json

    assert AuthorizationRequest.from_flow(json.loads(json.dumps(asked.to_flow()))) == asked
