"""A measure taken while the page that asks for consent is open, or once it was answered: nothing is
given, and nothing that was given is good (V-disabled, V-revoke)."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.database.asking import value
from tests.web.consenting import agree, decide, is_asked
from tests.web.letters import Mail, Playing
from tests.web.measures import ON_WIKI, Measure, Scene, Step
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask
from tests.web.test_userinfo import userinfo
from vault import wikis

Prepared = Callable[[Scene], Step]
SCOPE = "openid profile email offline_access"


@pytest.fixture
def scene(
    admin: psycopg.Connection,
    playing: Playing,
    mail: Mail,
    add_wiki: Callable[..., WikiClient],
    unlimited: None,
) -> Scene:
    """A browser that has been nowhere, and a wiki of somebody else's."""
    wiki = add_wiki("Foreign wiki", first_party=False, scope=SCOPE)
    return Scene(admin, playing, mail, wiki)


def _signed_in(scene: Scene) -> None:
    scene.mail.a_member()
    assert scene.browser.sign_in("Grace", keep="on").status_code == 303


def page_open(scene: Scene) -> Step:
    """The page is there; yes is pressed."""
    _signed_in(scene)
    page = ask(scene.browser, scene.wiki, scope=SCOPE)
    assert is_asked(page)
    return lambda: decide(scene.browser, page, "allow")


def page_open_of_a_sign_in(scene: Scene) -> Step:
    """It came with the password; yes is pressed."""
    scene.mail.a_member()
    page = ask(scene.browser, scene.wiki, scope=SCOPE)
    page = scene.browser.submit(page, "/login", username="Grace", password=PASSWORD)
    assert is_asked(page)
    return lambda: decide(scene.browser, page, "allow")


def page_open_of_more(scene: Scene) -> Step:
    """Something was agreed to before; yes is pressed to more."""
    _signed_in(scene)
    agree(scene.browser, scene.wiki, scope="openid")
    page = ask(scene.browser, scene.wiki, scope=SCOPE)
    return lambda: decide(scene.browser, page, "allow")


def silent(scene: Scene) -> Step:
    """Agreed to before; the wiki asks without a page."""
    _signed_in(scene)
    agree(scene.browser, scene.wiki, scope=SCOPE)
    return lambda: ask(scene.browser, scene.wiki, scope=SCOPE, prompt="none")


def _tokens(scene: Scene) -> dict[str, Any]:
    _signed_in(scene)
    code = answer_of(agree(scene.browser, scene.wiki, scope=SCOPE))["code"]
    tokens: dict[str, Any] = scene.wiki.redeem(code).json()
    return tokens


def code(scene: Scene) -> Step:
    """The wiki has a code, and redeems it."""
    _signed_in(scene)
    given = answer_of(agree(scene.browser, scene.wiki, scope=SCOPE))["code"]
    return lambda: scene.wiki.redeem(given)


def refresh(scene: Scene) -> Step:
    """The wiki goes on by itself."""
    token = _tokens(scene)["refresh_token"]
    return lambda: scene.wiki.refresh(token)


def claims(scene: Scene) -> Step:
    """The wiki asks for what it may know."""
    token = _tokens(scene)["access_token"]
    return lambda: userinfo(token)


STEPS: list[Prepared] = [
    page_open,
    page_open_of_a_sign_in,
    page_open_of_more,
    silent,
    code,
    refresh,
    claims,
]


@pytest.mark.parametrize("measure", ON_WIKI)
@pytest.mark.parametrize("prepared", STEPS, ids=lambda one: one.__name__)
def test_measure_at_a_step_of_a_foreign_wiki_lets_nothing_be_issued(
    scene: Scene, prepared: Prepared, measure: Measure
) -> None:
    """At once, also where this process still remembers the wiki as it was; no consent is kept."""
    step = prepared(scene)
    before = _scopes(scene.admin)
    scene.prove(step, measure)
    assert (_scopes(scene.admin) == before) or measure == "none"


@pytest.mark.parametrize("prepared", STEPS[:3], ids=lambda one: one.__name__)
def test_foreign_wiki_known_to_be_suspended_is_let_know_nothing(
    scene: Scene, prepared: Prepared
) -> None:
    """A few seconds later each process has heard of it: a page that says so, and leads nowhere."""
    step = prepared(scene)
    before = _scopes(scene.admin)
    scene.take("suspended")
    wikis.forget()
    answer = step()
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert "This wiki is out of service for now" in answer.content.decode()
    assert _scopes(scene.admin) == before


def test_answer_no_to_a_wiki_that_was_suspended_meanwhile_leads_nowhere(scene: Scene) -> None:
    """Nothing on that page leads to the wiki."""
    _signed_in(scene)
    page = ask(scene.browser, scene.wiki)
    scene.take("suspended")
    wikis.forget()
    answer = decide(scene.browser, page, "deny")
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_page_of_a_wiki_whose_registration_changed_meanwhile_gives_nothing(
    scene: Scene, playing: Playing
) -> None:
    """Neither a scope that it lost, nor an answer at an address that it gave up."""
    from sso.services.registration import change_wiki

    _signed_in(scene)
    more, elsewhere = ask(scene.browser, scene.wiki, scope=SCOPE), ask(scene.browser, scene.wiki)
    with playing("owner"):
        change_wiki(scene.wiki.client_id, {"scope": "openid profile"})
    assert decide(scene.browser, more, "allow").status_code == 400
    with playing("owner"):
        moved = {"redirect_uris": ["https://foreign.wiki.example/new"]}
        change_wiki(scene.wiki.client_id, moved)
    for decision in ("allow", "deny"):
        answer = decide(scene.browser, elsewhere, decision)
        assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert value(scene.admin, "SELECT count(*) FROM vault.grants") == 0


def test_page_of_a_wiki_that_was_taken_into_the_family_is_answered_without_a_consent(
    scene: Scene, playing: Playing
) -> None:
    """Nobody's word is needed by then; and where it left the family, everybody's is."""
    from sso.services.registration import change_wiki

    _signed_in(scene)
    page = ask(scene.browser, scene.wiki)
    with playing("owner"):
        change_wiki(scene.wiki.client_id, {"first_party": True})
    assert "code" in answer_of(decide(scene.browser, page, "allow"))
    assert _scopes(scene.admin) == []
    with playing("owner"):
        change_wiki(scene.wiki.client_id, {"first_party": False})
    assert is_asked(ask(scene.browser, scene.wiki))


def test_wiki_that_left_the_family_unheard_of_is_not_answered_by_a_process_that_remembers(
    scene: Scene, add_wiki: Callable[..., WikiClient], admin: psycopg.Connection
) -> None:
    """The vault has the last word: this process believes for a while that nobody is to be asked."""
    from tests.database.asking import vouch_for_wikis

    wiki = add_wiki("English wiki")
    _signed_in(scene)
    assert "code" in answer_of(ask(scene.browser, wiki))
    admin.execute("UPDATE vault.wikis SET first_party = false")
    vouch_for_wikis(admin)
    assert is_asked(ask(scene.browser, wiki))


def _scopes(admin: psycopg.Connection) -> list[Any]:
    return value(admin, "SELECT array_agg(scopes) FROM vault.consents") or []


def test_browser_without_a_session_is_asked_nothing(scene: Scene) -> None:
    """The page is for whoever is signed in."""
    assert not is_asked(ask(Browser(), scene.wiki))
