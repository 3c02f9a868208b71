"""Wikis that ask for more than a password: step-up of a live session, and what tokens say of it."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from accounts.services.second_factors import give_app
from tests.database.asking import value
from tests.web.counting import counted_sql
from tests.web.holders import Ada, step, words
from tests.web.passkeys import CHALLENGE, a_device, show, sign_up, signed_up_with_both
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    code_for,
    fields_of,
    tokens_for,
)
from tests.web.test_form_post import IMPLICIT, island
from tests.web.test_prompt import backdate
from vault.totp_codes import NEW_SECRET_BYTES

__all__ = ["island"]
Wikis = Callable[..., WikiClient]
Playing = Callable[[str], AbstractContextManager[None]]


def must_be(*values: str) -> str:
    """The ``claims`` parameter that makes one of these levels a must."""
    return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})


def said(wiki: WikiClient, answer: Any) -> dict[str, Any]:
    """What the ID token says that the answer's code is redeemed for."""
    return claims_of(wiki.redeem(answer_of(answer)["code"]).json()["id_token"])


def password(browser: Browser, page: Any, username: str = "Grace") -> Any:
    """Fills in the sign-in page."""
    return browser.submit(page, "/login", username=username, password=PASSWORD)


@pytest.fixture
def app(grace: Browser, admin: psycopg.Connection, playing: Playing) -> Ada:
    """An app that Grace has got since she signed in by her password alone."""
    account = value(admin, "SELECT id FROM vault.accounts WHERE username = 'Grace'")
    secret = b"a" * NEW_SECRET_BYTES
    with playing("owner"):
        return Ada(secret, give_app(account, secret))


# --- Step-up -----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"acr_values": "aal2"}, {"claims": must_be("aal2", "phr")}])
def test_two_factors_asked_of_a_password_session_are_added_to_that_session(
    app: Ada, grace: Browser, wiki: WikiClient, asked: dict[str, str]
) -> None:
    """The page, the code, and the same ``sid`` with more behind it; the next time in silence."""
    before = claims_of(tokens_for(grace, wiki)["id_token"])
    assert (before["acr"], before["amr"]) == ("aal1", ["pwd"])
    page = ask(grace, wiki, **asked)
    assert "Please sign in again" in words(page)
    page = password(grace, page)
    assert "One more step" in words(page)
    after = said(wiki, step(grace, page, code=app.code()))
    assert (after["acr"], after["amr"]) == ("aal2", ["pwd", "otp", "mfa"])
    assert after["sid"] == before["sid"]
    assert said(wiki, ask(grace, wiki, prompt="none", **asked))["acr"] == "aal2"


def test_phishing_resistance_asked_of_a_session_by_app_takes_the_passkey(
    browser: Browser, wiki: WikiClient
) -> None:
    """Password and passkey, or the passkey alone; each reaches ``phr``."""
    device = a_device()
    signed_up_with_both(browser, device, "Grace")
    page = password(browser, ask(browser, wiki, claims=must_be("phr")))
    done = show(browser, page, device, CHALLENGE, fields={"method": "passkey"})
    assert said(wiki, done)["acr"] == "phr"
    visitor = Browser()
    done = show(visitor, ask(visitor, wiki, claims=must_be("phr")), device)
    assert said(wiki, done)["acr"] == "phr"


def test_level_below_the_sessions_is_satisfied_by_it_and_named_as_asked(
    browser: Browser, wiki: WikiClient
) -> None:
    """Nobody is asked again for less than they have shown; ``amr`` says all of it."""
    sign_up(browser, a_device(), "Grace")
    for asked, acr in (
        ({}, "phr"),
        ({"acr_values": "aal2"}, "aal2"),
        ({"acr_values": "phr aal2"}, "phr"),
        ({"acr_values": "aal1 phr"}, "aal1"),
        ({"claims": must_be("aal2")}, "aal2"),
        ({"claims": must_be("phr", "aal1")}, "phr"),
        ({"acr_values": "gold"}, "phr"),
    ):
        claims = said(wiki, ask(browser, wiki, **asked))
        assert (claims["acr"], claims["amr"]) == (acr, ["hwk", "user", "mfa"]), asked


def test_access_token_says_what_the_id_token_says(browser: Browser, wiki: WikiClient) -> None:
    """RFC 9068 section 2.2.1: the same sign-in is told of."""
    sign_up(browser, a_device(), "Grace")
    tokens = tokens_for(browser, wiki, acr_values="aal2")
    told = [claims_of(tokens[kind]) for kind in ("id_token", "access_token")]
    for name in ("acr", "auth_time"):
        assert told[0][name] == told[1][name]
    assert told[1]["acr"] == "aal2"


def test_max_age_and_level_are_met_by_one_sign_in(
    app: Ada, grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """A session that reaches the level, but too long ago, proves both factors once more."""
    page = password(grace, ask(grace, wiki, acr_values="aal2"))
    step(grace, page, code=app.code())
    backdate(admin, grace, 100)
    old = said(wiki, ask(grace, wiki, acr_values="aal2", max_age="1000"))
    silent = ask(grace, wiki, acr_values="aal2", max_age="60", prompt="none")
    assert answer_of(silent)["error"] == "login_required"
    page = password(grace, ask(grace, wiki, acr_values="aal2", max_age="60"))
    assert "One more step" in words(page)
    new = said(wiki, step(grace, page, code=app.code(1)))
    assert new["auth_time"] >= old["auth_time"] + 100
    assert (new["acr"], new["sid"]) == ("aal2", old["sid"])


def test_assertion_by_form_post_says_what_was_asked_for(
    app: Ada, grace: Browser, island: WikiClient
) -> None:
    """Without a code there is nothing to redeem: the page after the second step carries it."""
    page = password(grace, ask(grace, island, **IMPLICIT, acr_values="aal2"))
    done = step(grace, page, code=app.code())
    assert claims_of(fields_of(done)["id_token"])["acr"] == "aal2"
    again = fields_of(ask(grace, island, **IMPLICIT, claims=must_be("aal1")))
    assert claims_of(again["id_token"])["acr"] == "aal1"


# --- Voluntary ---------------------------------------------------------------------------------


@pytest.mark.parametrize("values", ["aal2", "phr aal2", "phr aal1", "gold"])
def test_level_that_is_only_wanted_and_out_of_reach_is_no_error(
    grace: Browser, wiki: WikiClient, values: str
) -> None:
    """Core 3.1.2.1: a voluntary claim. Signed in, or signing in, with one factor, honestly said."""
    assert said(wiki, ask(grace, wiki, acr_values=values))["acr"] == "aal1"
    visitor = Browser()
    done = password(visitor, ask(visitor, wiki, acr_values=values))
    assert said(wiki, done)["acr"] == "aal1"


def test_level_that_is_only_wanted_is_reached_as_far_as_the_account_can(
    app: Ada, grace: Browser, wiki: WikiClient
) -> None:
    """Asked for a passkey, an account with an app shows that, once."""
    page = password(grace, ask(grace, wiki, acr_values="phr"))
    assert said(wiki, step(grace, page, code=app.code()))["acr"] == "aal2"
    assert said(wiki, ask(grace, wiki, acr_values="phr"))["acr"] == "aal2"


def test_wikis_default_is_asked_for_where_it_says_nothing_else(
    app: Ada, grace: Browser, add_wiki: Wikis
) -> None:
    """Registration 1.0 section 2: a request of its own overrides it."""
    wiki = add_wiki("English wiki", default_acr_values=["aal2"])
    assert said(wiki, ask(grace, wiki, acr_values="aal1"))["acr"] == "aal1"
    page = password(grace, ask(grace, wiki))
    assert said(wiki, step(grace, page, code=app.code()))["acr"] == "aal2"


# --- Silence, and what it costs ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        ({"acr_values": "aal2"}, "aal1"),
        ({"acr_values": "phr aal2 aal1"}, "aal1"),
        ({"claims": must_be("aal1", "phr")}, "aal1"),
        ({"claims": must_be("aal2")}, "login_required"),
        ({"claims": must_be("phr", "aal2")}, "login_required"),
        ({"claims": must_be("gold")}, "unmet_authentication_requirements"),
        ({"claims": "{"}, "invalid_request"),
    ],
)
def test_silent_request_is_answered_honestly_or_with_its_error(
    app: Ada, grace: Browser, wiki: WikiClient, asked: dict[str, str], outcome: str
) -> None:
    """What is only wanted takes no page; what is demanded would, so that it is refused."""
    answer = ask(grace, wiki, prompt="none", **asked)
    given = answer_of(answer)
    assert (given.get("error") or said(wiki, answer)["acr"]) == outcome
    assert given["state"] == wiki.state


def test_level_that_is_reached_costs_no_further_statement(
    app: Ada, grace: Browser, wiki: WikiClient
) -> None:
    """What the account holds is looked up only where that decides."""

    def statements(**asked: str) -> int:
        code_for(grace, wiki)  # what this process remembers is remembered
        with counted_sql() as sent:
            code_for(grace, wiki, **asked)
        return len(sent)

    plain = statements()
    for asked in ({"acr_values": "aal1"}, {"acr_values": "aal2", "prompt": "none"}):
        assert statements(**asked) == plain
    step(grace, password(grace, ask(grace, wiki, acr_values="aal2")), code=app.code())
    assert statements(claims=must_be("aal2")) == plain
