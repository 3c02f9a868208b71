"""Pages that stop somebody: they keep where one was going, and say all that is wrong at once."""

from urllib.parse import urlsplit

from django.test import override_settings

from tests.web.markup import Page
from tests.web.people import Browser, WikiClient


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
