"""Wikis that ask for more than somebody has: no way past it, and the error that goes back."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
import pytest

from accounts.flow.destinations import Redirect
from accounts.services.sessions import resume_session
from sso.flow.wiki_destination import WikiDestination
from sso.services.authorization_request import read_request, read_return_address
from tests.database.asking import value, vouch_for_wikis
from tests.environment import ISSUER
from tests.web.holders import Ada, step, words
from tests.web.passkeys import a_device, sign_up
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    code_for,
    fields_of,
    hidden_fields,
)
from tests.web.refusals import is_refused
from tests.web.test_assurance import must_be, password, said
from vault.events import NOWHERE
from vault.sessions import Session, session_mac

Wikis = Callable[..., WikiClient]
MORE = "/login/more"
GRANTS = "SELECT count(*) FROM vault.grants"
UNMET = "unmet_authentication_requirements"


def is_unreachable(page: Any) -> bool:
    """Whether it is the page that says what is missing, with both ways on."""
    return page.status_code == 200 and "This asks for more" in words(page)


def raise_floor(admin: psycopg.Connection, level: str = "aal2") -> None:
    """Registers all wikis with a higher least level, while this process remembers the old one."""
    admin.execute("UPDATE vault.wikis SET least_acr = %s", [level])
    vouch_for_wikis(admin)


def live_session(browser: Browser) -> Session:
    """The browser's session."""
    session = resume_session(browser.cookies["__Host-session"].value)
    assert session is not None
    return session


# --- Out of reach ------------------------------------------------------------------------------


def test_essential_level_out_of_reach_stops_at_the_page_and_goes_back_as_unmet(
    ada: Ada, browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """An app is no passkey: no session is opened, and the wiki hears why, in state and iss too."""
    page = password(browser, ask(browser, wiki, claims=must_be("phr")), "Ada")
    page = step(browser, page, code=ada.code())
    assert is_unreachable(page)
    assert "has none yet" in words(page)
    assert "__Host-session" not in browser.cookies
    back = answer_of(browser.submit(page, MORE, choice="back"))
    assert (back["error"], back["state"], back["iss"]) == (UNMET, wiki.state, ISSUER)
    assert value(admin, GRANTS) == 0


def test_essential_level_out_of_reach_of_a_live_session_leaves_it_as_it_was(
    grace: Browser, wiki: WikiClient
) -> None:
    """Whoever goes back is signed in elsewhere as before."""
    page = password(grace, ask(grace, wiki, claims=must_be("aal2", "phr")))
    assert is_unreachable(page)
    assert answer_of(grace.submit(page, MORE, choice="back"))["error"] == UNMET
    assert said(wiki, ask(grace, wiki, prompt="none"))["acr"] == "aal1"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"acr_values": "aal1"},
        {"claims": must_be("aal1")},
        {"prompt": "login"},
        {"max_age": "100"},
        {"scope": "openid"},
    ],
)
def test_wiki_with_a_least_level_never_gets_a_code_of_a_password_alone(
    grace: Browser, add_wiki: Wikis, admin: psycopg.Connection, asked: dict[str, str]
) -> None:
    """No request lowers what a wiki is registered with, and no order of pages gets past it."""
    wiki = add_wiki("Strict wiki", least_acr="aal2")
    for browser in (grace, Browser()):
        page = password(browser, ask(browser, wiki, **asked))
        assert is_unreachable(page)
        assert "has only one yet" in words(page)
        for fields in ({}, {"choice": "finish"}, {"choice": "back"}, {"choice": "set-up"}):
            answer = browser.submit(page, MORE, **fields)
            assert "code=" not in answer.headers.get("Location", "")
        silent = answer_of(ask(browser, wiki, **{**asked, "prompt": "none"}))
        assert silent["error"] == "login_required"
    assert value(admin, GRANTS) == 0


def test_wiki_with_a_least_level_is_not_reached_by_signing_up(
    browser: Browser, add_wiki: Wikis, admin: psycopg.Connection
) -> None:
    """A new account has a password and nothing else yet."""
    wiki = add_wiki("Strict wiki", least_acr="aal2")
    page = ask(browser, wiki, prompt="create")
    done = browser.submit(page, "/signup", username="Grace", password=PASSWORD)
    assert is_unreachable(done)
    assert value(admin, GRANTS) == 0


def test_wiki_with_a_least_level_names_a_lower_one_that_it_asked_for(
    browser: Browser, add_wiki: Wikis
) -> None:
    """The floor is on the sign-in; the ID token says what was asked, as ever."""
    wiki = add_wiki("Strict wiki", least_acr="phr")
    sign_up(browser, a_device(), "Grace")
    assert said(wiki, ask(browser, wiki))["acr"] == "phr"
    assert said(wiki, ask(browser, wiki, acr_values="aal2"))["acr"] == "aal2"


# --- Malformed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"claims": "{"}, "invalid_request"),
        ({"claims": '{"id_token":{"acr":"phr"}}'}, "invalid_request"),
        ({"claims": "x" * 2001}, "invalid_request"),
        ({"acr_values": "aal2 " * 21}, "invalid_request"),
        ({"claims": must_be("gold")}, UNMET),
    ],
)
@pytest.mark.parametrize("mode", [None, "form_post"])
def test_request_for_a_level_that_makes_no_sense_is_answered_at_the_wiki(
    grace: Browser, wiki: WikiClient, asked: dict[str, str], error: str, mode: str | None
) -> None:
    """The address is known by then: in the mode that was asked for, with state and iss."""
    answer = ask(grace, wiki, response_mode=mode, **asked)
    given = fields_of(answer) if mode else answer_of(answer)
    assert (given["error"], given["state"], given["iss"]) == (error, wiki.state, ISSUER)
    assert asked.get("claims", "aal2 aal2") not in given["error_description"]


@pytest.mark.parametrize("name", ["acr_values", "claims"])
def test_request_that_repeats_a_level_is_refused(
    grace: Browser, wiki: WikiClient, name: str
) -> None:
    """RFC 6749 section 3.1: once at the most, alike or not."""
    text = "aal2" if name == "acr_values" else must_be("aal2")
    query = [*wiki.request().items(), (name, text), (name, text)]
    answer = answer_of(grace.get(f"/oauth/authorize?{urlencode(query)}"))
    assert (answer["error"], answer["state"]) == ("invalid_request", wiki.state)


# --- The way round -----------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"acr_values": "phr aal2"}, {"claims": must_be("phr", "aal2")}])
def test_request_for_a_level_is_kept_by_the_way_to_begin_again(
    browser: Browser, wiki: WikiClient, asked: dict[str, str]
) -> None:
    """Who comes back by that link is asked for no less."""
    page = ask(browser, wiki, **asked)
    stranger = Browser()
    refused = stranger.submit(
        stranger.get("/login"), "/login", flow=hidden_fields(page)["flow"], username="x"
    )
    [again] = re.findall(r'href="(/oauth/authorize[^"]+)"', words(refused))
    sent = {
        name: texts[0] for name, texts in parse_qs(urlsplit(html.unescape(again)).query).items()
    }

    def read(values: dict[str, str]) -> Any:
        address, *rest = read_return_address([(name, [text]) for name, text in values.items()])
        return read_request(address, *rest)

    assert read(sent) == read(wiki.request(**asked))


def test_request_for_a_level_that_is_posted_comes_back_whole(
    grace: Browser, wiki: WikiClient
) -> None:
    """The GET after it asks for the same."""
    sent = wiki.request(claims=must_be("aal2"))
    answer = grace.post("/oauth/authorize", sent)
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer["Location"]).query)["claims"] == [sent["claims"]]


# --- Fail closed -------------------------------------------------------------------------------


def test_floor_raised_a_moment_ago_is_held_by_the_vault(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """This process remembers wikis for seconds; the vault does not: sign in again."""
    code_for(grace, wiki)
    raise_floor(admin)
    page = ask(grace, wiki)
    assert "Please sign in again" in words(page)
    assert value(admin, GRANTS) == 1
    assert is_unreachable(password(grace, page)), "it was looked up anew"


def test_floor_raised_a_moment_ago_keeps_silence(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """A page may still not be shown."""
    code_for(grace, wiki)
    raise_floor(admin)
    assert answer_of(ask(grace, wiki, prompt="none"))["error"] == "login_required"


def test_floor_raised_during_a_sign_in_gives_no_code(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """The session is opened, and the wiki may ask again."""
    page = ask(grace, wiki, prompt="login")
    raise_floor(admin)
    assert answer_of(password(grace, page))["error"] == "login_required"
    assert value(admin, GRANTS) == 0


def test_flow_that_ends_below_the_demand_is_refused_at_its_destination(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """The steps hold it already; whoever gets around them gets nothing here."""
    sent = wiki.request(claims=must_be("aal2"))
    address, *rest = read_return_address([(name, [text]) for name, text in sent.items()])
    flow = read_request(address, *rest).to_flow()
    end = WikiDestination().complete(live_session(grace), flow, NOWHERE)
    assert isinstance(end, Redirect)
    assert parse_qs(urlsplit(end.url).query)["error"] == [UNMET]
    assert value(admin, GRANTS) == 0


def test_code_of_a_session_that_went_on_with_less_is_refused(
    browser: Browser, add_wiki: Wikis, admin: psycopg.Connection
) -> None:
    """Between code and token somebody may sign in again with one factor."""
    wiki = add_wiki("Strict wiki", least_acr="aal2")
    sign_up(browser, a_device(), "Grace")
    code = code_for(browser, wiki)
    less = replace(live_session(browser), amr=("pwd",))
    mac, mac_key = session_mac(less)
    admin.execute("UPDATE vault.sessions SET amr = '{pwd}', mac = %s, mac_key = %s", [mac, mac_key])
    is_refused(wiki.redeem(code), 400, "invalid_grant")
