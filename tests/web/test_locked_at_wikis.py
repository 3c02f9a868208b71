"""What wikis hold once an account was locked, its sessions ended, or the wiki itself suspended:
nothing that is good for anything from then on (V-disabled, V-revoke)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.holders import words
from tests.web.measures import ON_WIKI, Measure, Scene, Step
from tests.web.people import PASSWORD, Answer, Browser, answer_of, ask, code_for, tokens_for
from tests.web.test_userinfo import userinfo
from vault import wikis

Prepared = Callable[[Scene], Step]
SCOPE = "openid profile email offline_access"


def _signed_in(scene: Scene) -> None:
    scene.mail.a_member()
    assert scene.browser.sign_in("Grace", keep="on").status_code == 303


def _tokens(scene: Scene) -> dict[str, Any]:
    _signed_in(scene)
    tokens = tokens_for(scene.browser, scene.wiki, scope=SCOPE)
    assert {"access_token", "refresh_token", "id_token"} <= set(tokens)
    return tokens


def password(scene: Scene) -> Step:
    """The wiki asked; the page is open, and the password comes."""
    scene.mail.a_member()
    page = ask(scene.browser, scene.wiki)
    given = {"username": "Grace", "password": PASSWORD}
    return lambda: scene.browser.submit(page, "/login", **given)


def silent(scene: Scene) -> Step:
    """Signed in at this site and at the wiki; it asks without a page once more."""
    _tokens(scene)
    return lambda: ask(scene.browser, scene.wiki, prompt="none", scope=SCOPE)


def code(scene: Scene) -> Step:
    """The wiki has a code, and redeems it."""
    _signed_in(scene)
    given = code_for(scene.browser, scene.wiki, scope=SCOPE)
    return lambda: scene.wiki.redeem(given)


def refresh(scene: Scene) -> Step:
    """The wiki goes on by itself."""
    token = _tokens(scene)["refresh_token"]
    return lambda: scene.wiki.refresh(token)


def refresh_whose_answer_was_lost(scene: Scene) -> Step:
    """The wiki has refreshed once; it asks for the same answer again."""
    token = _tokens(scene)["refresh_token"]
    assert scene.wiki.refresh(token).status_code == 200
    return lambda: scene.wiki.refresh(token)


def claims(scene: Scene) -> Step:
    """The wiki asks for what it may know."""
    token = _tokens(scene)["access_token"]
    return lambda: userinfo(token)


def claims_after_a_refresh(scene: Scene) -> Step:
    """So it does with a token of a refresh."""
    token = scene.wiki.refresh(_tokens(scene)["refresh_token"]).json()["access_token"]
    return lambda: userinfo(token)


def is_access_token_good(scene: Scene) -> Step:
    """The wiki asks about it."""
    token = _tokens(scene)["access_token"]
    return lambda: scene.wiki.introspect(token)


def is_refresh_token_good(scene: Scene) -> Step:
    """The wiki asks about it."""
    token = _tokens(scene)["refresh_token"]
    return lambda: scene.wiki.introspect(token)


STEPS: list[Prepared] = [
    silent,
    code,
    refresh,
    refresh_whose_answer_was_lost,
    claims,
    claims_after_a_refresh,
    is_access_token_good,
    is_refresh_token_good,
]


@pytest.mark.parametrize("measure", ON_WIKI)
@pytest.mark.parametrize("prepared", STEPS, ids=lambda one: one.__name__)
def test_measure_at_a_step_of_a_wiki_lets_nothing_be_issued(
    scene: Scene, prepared: Prepared, measure: Measure
) -> None:
    """At once, also where this process still remembers the wiki as it was."""
    _is_a_refusal(scene.prove(prepared(scene), measure), prepared, measure)


@pytest.mark.parametrize("prepared", STEPS, ids=lambda one: one.__name__)
def test_wiki_known_to_be_suspended_is_given_nothing(scene: Scene, prepared: Prepared) -> None:
    """A few seconds later each process has heard of it."""
    act = prepared(scene)

    def acted() -> Answer:
        wikis.forget()
        return act()

    _is_a_refusal(scene.prove(acted, "suspended"), prepared, "suspended")


def _is_a_refusal(answer: Answer, prepared: Prepared, measure: Measure) -> None:
    if measure == "none":
        return
    if prepared is silent:
        # Said at the wiki, never on a page: whoever is asked about silently reads on there.
        expected = "unauthorized_client" if measure == "suspended" else "login_required"
        assert answer_of(answer)["error"] == expected
    elif prepared in (claims, claims_after_a_refresh):
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    elif measure == "suspended" and answer.status_code == 401:
        assert answer.json()["error"] == "invalid_client"
    elif prepared in (is_access_token_good, is_refresh_token_good):
        assert (answer.status_code, answer.json()) == (200, {"active": False})
    else:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("freshly", [True, False], ids=["known-anew", "as-known-before"])
def test_wiki_suspended_while_somebody_types_the_password_gets_no_code(
    scene: Scene, freshly: bool
) -> None:
    """They are signed in at this site, as they asked, and told that the wiki is out of service."""
    act = password(scene)
    scene.take("suspended")
    if freshly:
        wikis.forget()
    answer = act()
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert "out of service" in words(answer)
    granted = scene.admin.execute("SELECT count(*) FROM vault.grants").fetchone()
    assert granted == (0,)


def test_measure_against_one_leaves_all_others_signed_in(
    scene: Scene, add_wiki: Callable[..., Any]
) -> None:
    """A lock is one account's, a suspension one wiki's."""
    tokens = _tokens(scene)
    other_wiki, other = add_wiki("French wiki", scope=SCOPE), Browser()
    other.sign_up("Ada")
    elsewhere = tokens_for(scene.browser, other_wiki, scope=SCOPE)
    of_ada = tokens_for(other, scene.wiki, scope=SCOPE)
    scene.take("suspended")
    wikis.forget()
    assert other_wiki.introspect(elsewhere["access_token"]).json()["active"] is True
    assert other_wiki.refresh(elsewhere["refresh_token"]).status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 401
    assert userinfo(of_ada["access_token"]).status_code == 401
    theirs = tokens_for(other, other_wiki, scope=SCOPE)
    scene.take("locked")
    assert other_wiki.refresh(theirs["refresh_token"]).status_code == 200
