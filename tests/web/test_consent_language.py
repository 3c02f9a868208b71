"""Another language on the page that asks: the same page in it, with nothing asked for again."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.database.asking import value
from tests.environment import ISSUER
from tests.web.consenting import PAGE, decide
from tests.web.markup import Page
from tests.web.measures import Scene
from tests.web.people import PASSWORD, Answer, Browser, WikiClient, answer_of, ask, hidden_fields
from vault import wikis

Wikis = Callable[..., WikiClient]


@pytest.fixture
def foreign(add_wiki: Wikis, unlimited: None) -> WikiClient:
    """A wiki of somebody else's."""
    return add_wiki("Foreign wiki", first_party=False, scope="openid profile email")


def choose(browser: Browser, page: Answer, language: str, **more: str) -> Answer:
    """Uses the form at the foot of a page."""
    form = Page(page.content.decode()).by_id("elsewhere")
    fields = {one.get("name"): one.get("value") for one in form.inputs}
    data = {**fields, "language": language, **more}
    answer: Answer = browser.post(form.get("action"), data, headers={"origin": ISSUER})
    return answer


def language_of(answer: Answer) -> str:
    """The language of a page."""
    (html,) = Page(answer.content.decode()).all("html")
    return str(html.get("lang"))


def shows_the_question(answer: Answer) -> bool:
    """Whether an answer is the page that asks, in whichever language."""
    return answer.status_code == 200 and 'value="allow"' in answer.content.decode()


def asked_after_the_password(browser: Browser, wiki: WikiClient, **changes: str) -> Answer:
    """The page that asks, reached by the password that the request demands."""
    page = ask(browser, wiki, **changes)
    assert 'name="password"' in page.content.decode()
    asked = browser.submit(page, "/login", username="Grace", password=PASSWORD)
    assert shows_the_question(asked)
    return asked


@pytest.mark.parametrize(
    "demand", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "login consent"}]
)
def test_language_chosen_after_a_demanded_sign_in_asks_for_no_password_again(
    grace: Browser, foreign: WikiClient, demand: dict[str, str]
) -> None:
    """The page in that language at once, its answer a code, and the language stays."""
    asked = asked_after_the_password(grace, foreign, **demand)
    moved = choose(grace, asked, "fr")
    assert shows_the_question(moved)
    assert language_of(moved) == moved.headers["Content-Language"] == "fr"
    done = answer_of(grace.submit(moved, PAGE, decision="allow"))
    assert done["state"] == foreign.state
    assert "code" in done
    assert language_of(grace.get("/privacy")) == "fr"


def test_language_chosen_goes_before_the_wikis(grace: Browser, foreign: WikiClient) -> None:
    """Also on the very page that is the answer to the choice."""
    asked = ask(grace, foreign, ui_locales="fr")
    assert language_of(asked) == "fr"
    assert language_of(choose(grace, asked, "en")) == "en"


@pytest.mark.parametrize("language", ["", "xx", "x" * 9000])
@pytest.mark.parametrize("before", ["en", "fr"])
def test_language_that_is_none_of_ours_shows_the_page_as_it_was(
    grace: Browser, foreign: WikiClient, language: str, before: str
) -> None:
    """Nothing is kept of it."""
    moved = choose(grace, ask(grace, foreign, ui_locales=before), language)
    assert shows_the_question(moved)
    assert language_of(moved) == before
    assert "__Host-language" not in moved.cookies


def test_language_with_a_nul_is_no_request(grace: Browser, foreign: WikiClient) -> None:
    """As everywhere here; nothing is kept of it either."""
    moved = choose(grace, ask(grace, foreign), "fr\0")
    assert moved.status_code == 400
    assert "__Host-language" not in moved.cookies


def test_language_chosen_is_never_an_answer(
    grace: Browser, foreign: WikiClient, admin: psycopg.Connection
) -> None:
    """Whatever else is posted with it."""
    moved = choose(grace, ask(grace, foreign), "fr", decision="allow")
    assert shows_the_question(moved)
    assert value(admin, "SELECT count(*) FROM vault.consents") == 0


def test_page_in_another_language_carries_the_very_flow_that_was_posted(
    grace: Browser, foreign: WikiClient
) -> None:
    """Same question, same session, same end: nobody lengthens a demanded sign-in by asking."""
    asked = asked_after_the_password(grace, foreign, prompt="login")
    flow = hidden_fields(asked)["flow"]
    for language in ("fr", "en", "fr"):
        asked = choose(grace, asked, language)
        assert hidden_fields(asked)["flow"] == flow


def test_flow_of_the_page_after_its_time_demands_the_sign_in_again(
    grace: Browser, foreign: WikiClient, settings: Any
) -> None:
    """In the language that was chosen."""
    page = ask(grace, foreign, prompt="login")
    settings.FLOW_SECONDS = -1  # of the page that asks, which comes next
    asked = grace.submit(page, "/login", username="Grace", password=PASSWORD)
    assert shows_the_question(asked)
    moved = choose(grace, asked, "fr")
    assert moved.status_code == 303
    again = grace.get(moved.headers["Location"])
    assert 'name="password"' in again.content.decode()
    assert language_of(again) == "fr"


@pytest.mark.parametrize("whose", ["nobody", "Heidi", "Grace"])
def test_flow_of_the_page_shown_by_another_session_demands_the_sign_in_again(
    grace: Browser, foreign: WikiClient, whose: str
) -> None:
    """The proof was that session's: nobody else's, nor the same person's next one."""
    asked = asked_after_the_password(grace, foreign, prompt="login")
    Browser().sign_up("Heidi")
    grace.submit(grace.get("/logout"), "/logout")
    if whose != "nobody":
        grace.sign_in(whose)
    moved = choose(grace, asked, "fr")
    assert moved.status_code == 303
    assert 'name="password"' in grace.get(moved.headers["Location"]).content.decode()


def test_flow_of_a_sign_in_page_is_not_shown_as_the_page_that_asks(
    grace: Browser, foreign: WikiClient
) -> None:
    """Sent to the page's own address with a language: nothing was proven for it."""
    page = ask(grace, foreign, prompt="login")
    for data in ({"language": "fr"}, {"language": "fr", "decision": "allow"}):
        answer = grace.submit(page, PAGE, **data)
        assert not shows_the_question(answer)
        assert 'name="password"' in answer.content.decode()


def test_flow_of_another_browser_shows_nothing(grace: Browser, foreign: WikiClient) -> None:
    """Taken along by somebody else, it is no token and no page."""
    flow = hidden_fields(asked_after_the_password(grace, foreign, prompt="login"))["flow"]
    thief = Browser()
    thief.sign_up("Mallory")
    stolen = thief.submit(thief.get("/privacy"), PAGE, flow=flow, language="fr")
    assert stolen.status_code == 400
    assert not shows_the_question(stolen)
    assert b"Grace" not in stolen.content


def test_next_request_of_the_wiki_demands_its_own_sign_in(
    grace: Browser, foreign: WikiClient
) -> None:
    """What was proven was proven for the one that is pending."""
    choose(grace, asked_after_the_password(grace, foreign, prompt="login"), "fr")
    assert 'name="password"' in ask(grace, foreign, prompt="login").content.decode()


def test_language_chosen_at_a_wiki_that_was_suspended_meanwhile_says_so(
    scene: Scene, foreign: WikiClient
) -> None:
    """The question is not put for it any more."""
    scene.browser.sign_up("Grace")
    scene.wiki = foreign
    asked = ask(scene.browser, foreign)
    scene.take("suspended")
    wikis.forget()
    again = scene.browser.get(choose(scene.browser, asked, "en").headers["Location"])
    assert again.status_code == 400
    assert "This wiki is out of service for now" in again.content.decode()


def test_what_the_wiki_knows_by_now_is_told_as_it_is(grace: Browser, foreign: WikiClient) -> None:
    """Agreed to in another tab meanwhile: the page says so, and is answered all the same."""
    asked = ask(grace, foreign)
    assert "code" in answer_of(decide(grace, ask(grace, foreign), "allow"))
    moved = choose(grace, asked, "en")
    assert "You have let it know all of this before" in moved.content.decode()
    assert "code" in answer_of(grace.submit(moved, PAGE, decision="allow"))
