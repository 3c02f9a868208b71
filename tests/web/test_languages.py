"""The language of a reader: what the browser asks for, what a wiki asks for, what was chosen."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.templatetags.times import exact_time, spoken_time
from tests.environment import ISSUER
from tests.web.markup import Page
from tests.web.people import Answer, Browser, WikiClient, answer_of, ask

FRENCH = {"HTTP_ACCEPT_LANGUAGE": "fr-FR,fr;q=0.9,en;q=0.8"}


@pytest.fixture
def french(browser: Browser) -> Browser:
    """A browser that asks for French."""
    browser.defaults.update(FRENCH)
    return browser


def said(answer: Answer) -> str:
    """What a page says under its first heading, and the heading."""
    return Page(answer.content.decode()).all("main")[0].text


def is_in(answer: Answer, language: str) -> bool:
    """Whether a page is in that language, and says so to browsers and to caches alike."""
    (html,) = Page(answer.content.decode()).all("html")
    varies = {name.strip() for name in answer.headers["Vary"].split(",")}
    assert {"Accept-Language", "Cookie"} <= varies
    assert html.get("dir") == "ltr"
    assert html.get("lang") == answer.headers["Content-Language"]
    return bool(html.get("lang") == language)


def choose(browser: Browser, page: Answer, language: str) -> Answer:
    """Uses the form at the foot of a page."""
    form = Page(page.content.decode()).by_id("elsewhere")
    fields = {one.get("name"): one.get("value") for one in form.inputs}
    data = {**fields, "language": language}
    answer: Answer = browser.post(form.get("action"), data, headers={"origin": ISSUER})
    return answer


def test_page_for_a_browser_that_asks_for_french_is_french(french: Browser) -> None:
    """Headings, labels, buttons, and what is only read aloud."""
    page = french.get("/login")
    assert is_in(page, "fr")
    html = page.content.decode()
    for words in ("Se connecter", "Nom d’utilisateur", "Mot de passe", "Afficher le mot de passe"):
        assert words in html


def test_error_for_a_browser_that_asks_for_french_is_french(french: Browser) -> None:
    """In the form, in its title, and on a page of its own."""
    wrong = french.submit(french.get("/login"), "/login", username="Grace", password="wrong")
    assert is_in(wrong, "fr")
    assert "Ce nom d’utilisateur et ce mot de passe ne vont pas ensemble." in said(wrong)
    assert Page(wrong.content.decode()).all("title")[0].text.startswith("Erreur\u00a0: ")
    empty = french.submit(french.get("/login"), "/login", username="", password="")
    assert "Saisissez votre mot de passe." in said(empty)
    missing = french.get("/nowhere")
    assert missing.status_code == 404
    assert is_in(missing, "fr")
    assert "Page introuvable" in said(missing)


def test_refusal_at_the_edge_is_in_the_language_of_who_is_refused(french: Browser) -> None:
    """Not in the last reader's: nothing has looked for a language yet."""
    french.get("/login")
    for header, language in (("en", "en"), ("fr", "fr")):
        refused = french.get("/login?a=%00", headers={"accept-language": header})
        assert refused.status_code == 400
        assert is_in(refused, language)


def test_page_for_a_browser_that_asks_at_length_is_in_what_it_likes_best(browser: Browser) -> None:
    """A wish that is cut in the middle is another wish."""
    for best, other in (("en", "fr"), ("fr", "en")):
        asked = f"{best};q=0.5,".ljust(498) + f"{other};q=0.1,"
        assert is_in(browser.get("/login", HTTP_ACCEPT_LANGUAGE=asked), best)


@pytest.mark.parametrize("length", [3, 99, 101, 501, 3000])
def test_page_for_a_browser_with_a_cookie_that_is_no_language_is_what_it_asks_for(
    french: Browser, length: int
) -> None:
    """However long."""
    french.cookies["__Host-language"] = "e" * length
    assert is_in(french.get("/login"), "fr")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/robots.txt"])
def test_answer_for_programs_is_the_same_in_every_language(french: Browser, path: str) -> None:
    """Caches keep one of it."""
    answer = french.get(path)
    assert "Content-Language" not in answer.headers
    assert "Accept-Language" not in answer.headers.get("Vary", "")


def test_metadata_names_the_languages(browser: Browser) -> None:
    """A wiki may ask for them."""
    metadata = browser.get("/.well-known/openid-configuration").json()
    assert metadata["ui_locales_supported"] == ["en", "fr"]


def test_language_that_was_chosen_goes_before_all_others(french: Browser, wiki: WikiClient) -> None:
    """Before the browser's, and before what a wiki asks for."""
    page = french.get("/privacy")
    answer = choose(french, page, "en")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/privacy")
    assert is_in(french.get("/privacy"), "en")
    assert is_in(ask(french, wiki, ui_locales="fr"), "en")
    choose(french, french.get("/privacy"), "fr")
    assert is_in(ask(french, wiki, ui_locales="en"), "fr")


def test_language_of_a_wiki_holds_for_the_whole_flow(browser: Browser, wiki: WikiClient) -> None:
    """Its errors, its other pages, and what interrupts it; nothing after it."""
    page = ask(browser, wiki, ui_locales="fr")
    assert is_in(page, "fr")
    page = browser.submit(page, "/login", username="Grace", password="wrong")
    assert is_in(page, "fr")
    page = browser.submit(page, "/signup")
    assert is_in(page, "fr")
    page = browser.submit(page, "/signup", username="192.0.2.1", password="short")
    assert "Ce mot de passe est trop court\u00a0: il faut au moins 15 caractères." in said(page)
    del browser.cookies["__Host-browser"]
    page = browser.submit(page, "/login", username="Grace", password="wrong")
    assert is_in(page, "fr")
    assert "Cette page appartient à un autre navigateur" in said(page)
    assert is_in(browser.get("/login"), "en")


def test_limit_that_stops_a_flow_speaks_the_flows_language(
    browser: Browser, wiki: WikiClient, settings: Any
) -> None:
    """The page is made at the edge, which knows nothing of flows."""
    settings.RATELIMIT_ENABLE, settings.RATE_SIGN_IN = True, "1/h"
    page = ask(browser, wiki, ui_locales="fr")
    for _ in range(2):
        answer = browser.submit(page, "/login", username="Grace", password="wrong")
    assert answer.status_code == 429
    assert is_in(answer, "fr")
    assert "Vous pourrez réessayer dans" in said(answer)


def test_language_chosen_on_a_page_of_a_flow_begins_that_flow_anew(
    browser: Browser, wiki: WikiClient
) -> None:
    """Also after an error, which cannot be asked for again; the way to the wiki is kept."""
    page = ask(browser, wiki, ui_locales="en")
    page = browser.submit(page, "/login", username="Grace", password="wrong")
    answer = choose(browser, page, "fr")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/oauth/authorize?")
    page = browser.get(answer.headers["Location"])
    assert is_in(page, "fr")
    done = browser.submit(page, "/signup", username="Grace", password="a fine long password")
    assert answer_of(done)["state"] == wiki.state


@pytest.mark.parametrize("flow", ["", "nothing of ours", "x" * 40_000])
def test_language_with_a_flow_that_is_none_leads_to_next(browser: Browser, flow: str) -> None:
    """What cannot be opened leads nowhere of its own."""
    page = browser.get("/privacy")
    fields = {"language": "fr", "next": "/privacy", "flow": flow}
    answer = browser.submit(page, "/language", **fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/privacy")


def test_dates_in_french_read_as_french(settings: Any) -> None:
    """As in a sentence: « le 3 mars 2026 », « 3 mars 2026 à 14:05 »."""
    from django.utils import translation

    moment, now = datetime(2026, 3, 3, 14, 5, tzinfo=UTC), datetime(2026, 3, 3, 16, 6, tzinfo=UTC)
    with translation.override("fr"):
        assert exact_time(moment) == "3 mars 2026 à 14:05 UTC"
        assert spoken_time(moment, now=now) == "il y a 2\u00a0heures"
        assert spoken_time(moment, now=now.replace(month=5)) == "le 3 mars 2026"
