"""Pages that stop somebody: they keep where one was going, and say all that is wrong at once."""

import secrets
import time
from collections.abc import Callable
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.test import override_settings

from accounts.flow.seal import Flow, seal
from tests.web.holders import step
from tests.web.letters import CODE, Mail, ask_for_reset, come_back, set_password
from tests.web.markup import Page
from tests.web.people import NEW_PASSWORD, Answer, Browser, WikiClient, answer_of, ask


@override_settings(RATE_SIGN_IN="1/h")
def test_throttled_sign_in_says_where_it_led_and_how_to_begin_anew(
    browser: Browser, wiki: WikiClient
) -> None:
    """The page names the wiki, says when, and its button repeats the wiki's own request."""
    asked = browser.get("/oauth/authorize", wiki.request())
    for _ in range(2):
        page = browser.submit(asked, "/login", username="Grace", password="not the one at all")
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    read = Page(page.content.decode())
    assert wiki.registration["client_name"] in read.all("main")[0].text
    button = next(link for link in read.all("a") if link.get("class") == "button quiet")
    assert urlsplit(button.get("href")).path == "/oauth/authorize"
    assert wiki.state in button.get("href")


@override_settings(RATE_SIGN_UP="1/h")
def test_throttled_sign_up_says_where_it_led(browser: Browser, wiki: WikiClient) -> None:
    """Signing up is no different."""
    Browser().sign_up("Grace")
    asked = browser.get("/oauth/authorize", wiki.request(prompt="create"))
    page = browser.submit(asked, "/signup", username="Ada", password="correct horse battery staple")
    assert page.status_code == 429
    assert wiki.registration["client_name"] in page.content.decode()


def test_sign_up_with_several_faults_names_them_all(browser: Browser) -> None:
    """Nobody mends a form three times: name, password and address are judged together."""
    page = browser.sign_up("127.0.0.1", "short", email="nowhere")
    read = Page(page.content.decode())
    links = [link.get("href") for link in read.all("a") if link.get("href").startswith("#")]
    assert links == ["#id_username", "#id_password", "#id_email"]


def test_request_of_an_unknown_wiki_has_a_reference(browser: Browser) -> None:
    """What support needs to look it up stands on the page of a wiki's fault too."""
    page = browser.get("/oauth/authorize", {"client_id": "nobody"})
    assert page.status_code == 400
    assert "Reference:" in page.content.decode()


def forgotten(browser: Browser, wiki: WikiClient, **changes: str) -> Answer:
    """From a wiki's request to the page that says that a letter may be on its way."""
    page = browser.submit(ask(browser, wiki, **changes), "/reset")
    return ask_for_reset(browser, "Grace", page)


def leads_to(page: Answer) -> str:
    """What a page says about where its flow leads."""
    return page.content.decode().partition('<p class="lead">')[2].partition("</p>")[0]


@pytest.mark.parametrize("how", ["link", "code where it was asked for"])
def test_way_back_by_letter_leads_to_the_wiki_that_somebody_came_from(
    browser: Browser, wiki: WikiClient, mail: Mail, how: str
) -> None:
    """Through every page; the wiki's own request is answered, with its state."""
    mail.a_member()
    page = forgotten(browser, wiki)
    assert "English wiki" in leads_to(page)
    letter = mail.letter("grace@", "A new password for your account")
    if how == "link":
        page = browser.get(CODE)
        assert "English wiki" in leads_to(page)
    page = browser.submit(page, CODE, code=letter.token)
    assert "English wiki" in leads_to(page)
    assert browser.cookies["__Host-way"].value == "", "the form has it again"
    page = set_password(browser, page, NEW_PASSWORD)
    assert "English wiki" in leads_to(page)
    done = browser.submit(page, "/login", username="Grace", password=NEW_PASSWORD)
    answer = answer_of(done)
    assert answer["state"] == wiki.state
    assert wiki.redeem(answer["code"]).status_code == 200


def test_way_back_by_letter_through_the_second_step_is_kept_too(
    browser: Browser, wiki: WikiClient, mail: Mail
) -> None:
    """Also where it begins anew, since a code was wrong too often."""
    secret = secrets.token_bytes(20)
    mail.a_member(totp_secret=secret)
    forgotten(browser, wiki)
    page = come_back(browser, mail.letter("grace@", "A new password for your account"))
    assert "English wiki" in leads_to(page)
    for _ in range(10):
        page = step(browser, page, code="000000")
    assert 'name="account"' in page.content.decode()
    assert "English wiki" in leads_to(page)


def test_way_is_kept_in_its_own_browser_alone(
    browser: Browser, wiki: WikiClient, mail: Mail
) -> None:
    """V-reset: a letter opened elsewhere leads to the account, and somebody else's way nowhere."""
    mail.a_member()
    forgotten(browser, wiki)
    letter = mail.letter("grace@", "A new password for your account")
    other = Browser()
    other.get("/login")
    for value in ("", browser.cookies["__Host-way"].value, "x", "é", "a.b.c.d.e", "x" * 3000):
        other.cookies["__Host-way"] = value
        assert leads_to(other.get(CODE)) == ""
    page = set_password(other, come_back(other, letter, username="Grace"), NEW_PASSWORD)
    done = other.submit(page, "/login", username="Grace", password=NEW_PASSWORD)
    assert done["Location"] == "/account/"


def test_way_cookie_is_like_the_others_and_ends_with_its_letter(
    browser: Browser, wiki: WikiClient
) -> None:
    """ASVS 3.3; what it holds is sealed, and leads on for as long as the letter is good."""
    forgotten(browser, wiki)
    cookie = browser.cookies["__Host-way"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["domain"], cookie["max-age"]) == ("/", "", 3600)
    assert wiki.state not in cookie.value
    with patch("accounts.flow.sealing.time.time", return_value=time.time() + 1801):
        assert "English wiki" in leads_to(browser.get(CODE))


def test_way_of_another_release_is_taken_for_none(browser: Browser) -> None:
    """A destination that is no more, or reads its request otherwise, is no 500."""
    browser.get("/login")
    for flow in (Flow("gone", {}), Flow("wiki", {"client_id": "x"}), Flow("own", {})):
        sealed = seal(flow, browser.cookies["__Host-browser"].value)
        browser.cookies["__Host-way"] = sealed
        assert browser.get(CODE).status_code == 200


def test_way_keeps_the_language_that_the_wiki_asked_for(browser: Browser, wiki: WikiClient) -> None:
    """``ui_locales`` holds for the page of the letter's link as well."""
    forgotten(browser, wiki, ui_locales="fr")
    assert '<html lang="fr"' in browser.get(CODE).content.decode()
    assert '<html lang="en"' in Browser().get(CODE).content.decode()


def test_ways_of_two_tabs_do_not_mix_in_their_forms(
    browser: Browser, add_wiki: Callable[..., WikiClient], mail: Mail
) -> None:
    """The page that asked keeps its own; the letter's link leads where the last one led."""
    mail.a_member()
    first, second = (forgotten(browser, add_wiki(name)) for name in ("English wiki", "German wiki"))
    letter = mail.letters("grace@", "A new password for your account")[0]
    assert "German wiki" in leads_to(browser.get(CODE))
    page = browser.submit(first, CODE, code=letter.code)
    assert "English wiki" in leads_to(page)
    assert "German wiki" in leads_to(second)
