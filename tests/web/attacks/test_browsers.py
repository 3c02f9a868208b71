"""What a browser gives away, frames or sends on (RFC 9700 4.2, 4.3, 4.12, 4.16)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.environment import ISSUER
from tests.web.attacks.leading import targets
from tests.web.markup import Page
from tests.web.people import PASSWORD, Browser, WikiClient, ask, tokens_for
from tests.web.test_logout import confirm, leave

Wikis = Callable[..., WikiClient]


@pytest.fixture
def pages(grace: Browser, wiki: WikiClient) -> dict[str, Any]:
    """Every kind of answer that stands between a wiki and its person."""
    stranger = Browser()
    form = {"response_mode": "form_post"}
    sign_in = ask(stranger, wiki)
    return {
        "sign-in page": sign_in,
        "sign-in page with an error": stranger.submit(
            sign_in, "/login", username="x", password="y"
        ),
        "sign-up page": ask(stranger, wiki, prompt="create"),
        "prove again page": ask(grace, wiki, prompt="login"),
        "code": ask(grace, wiki),
        "code by form post": ask(grace, wiki, **form),
        "error": ask(grace, wiki, scope="x"),
        "error by form post": ask(grace, wiki, scope="x", **form),
        "error page": ask(grace, wiki, redirect_uri="https://evil.example/"),
        "posted request": grace.post("/oauth/authorize", wiki.request()),
        "question before signing out": leave(grace, client_id=wiki.client_id),
        "error page at logout": leave(grace, post_logout_redirect_uri="x"),
        "signed out": leave(grace, id_token_hint=tokens_for(grace, wiki)["id_token"]),
    }


def test_referer_leak_no_page_of_a_flow_tells_where_it_was_or_loads_anything_of_others(
    pages: dict[str, Any],
) -> None:
    """RFC 9700 4.2: no referrer, and nothing of a third party that could get one."""
    for name, answer in pages.items():
        assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}, name
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            loaded = {
                element.get(attribute)
                for element in Page(answer.content.decode()).elements
                for attribute in ("src", "srcset", "data", "poster", "ping")
                if element.get(attribute)
            }
            assert all(source.startswith("/static/") for source in loaded), name
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy or "default-src 'self'" in policy, name


def test_history_leak_nothing_that_lasts_stands_in_an_address_or_is_kept(
    grace: Browser, wiki: WikiClient
) -> None:
    """RFC 9700 4.3: a code alone, which lives a minute and once; no cache keeps an answer."""
    answer = ask(grace, wiki)
    assert parse_qs(urlsplit(answer.headers["Location"]).query).keys() == {"code", "state", "iss"}
    for response in (answer, ask(grace, wiki, response_mode="form_post"), ask(Browser(), wiki)):
        assert response.headers["Cache-Control"] == "no-store"


def test_clickjacking_no_page_of_a_flow_can_be_framed(pages: dict[str, Any]) -> None:
    """RFC 9700 4.16: sign-in, questions, forms that post themselves, and errors alike."""
    for name, answer in pages.items():
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy.split("; "), name
        assert answer.headers["X-Frame-Options"] == "DENY", name


def test_307_no_answer_to_a_post_has_a_browser_send_it_again(
    grace: Browser, wiki: WikiClient
) -> None:
    """RFC 9700 4.12: 303 after a password, a new account, a yes, a wiki's own post; the wiki never
    gets what was typed here."""
    stranger, newcomer = Browser(), Browser()
    answers = {
        "password": stranger.submit(
            ask(stranger, wiki), "/login", username="Grace", password=PASSWORD
        ),
        "new account": newcomer.submit(
            ask(newcomer, wiki, prompt="create"), "/signup", username="Ada", password=PASSWORD
        ),
        "front door": Browser().sign_in("Grace"),
        "posted request": grace.post("/oauth/authorize", wiki.request()),
        "posted and wrong": grace.post("/oauth/authorize", wiki.request(scope="x")),
        "posted logout": grace.post("/oauth/logout", {"client_id": wiki.client_id}),
        "yes": confirm(
            grace,
            leave(
                grace,
                client_id=wiki.client_id,
                post_logout_redirect_uri=wiki.registration["post_logout_redirect_uris"][0],
            ),
        ),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        answers, 303
    )
    for name in ("password", "new account"):
        assert PASSWORD not in "".join(targets(answers[name]))


def test_csrf_no_post_of_another_site_does_more_than_ask(grace: Browser, wiki: WikiClient) -> None:
    """RFC 9700 4.7: two endpoints take such posts and do nothing by them; no other takes one."""
    for origin in ("https://evil.example", "null", f"{ISSUER}.evil.example"):
        said = {"origin": origin, "referer": f"{origin}/"}
        for path in (
            "/login",
            "/signup",
            "/logout",
            "/oauth/logout/confirm",
            "/account/password",
            "/account/sessions/end-all",
            "/language",
        ):
            assert grace.post(path, {"username": "Grace"}, headers=said).status_code == 403, path
        asked = grace.post("/oauth/authorize", wiki.request(), headers=said)
        assert asked.headers["Location"].startswith("/oauth/authorize?")
        out = grace.post("/oauth/logout", {"client_id": wiki.client_id}, headers=said)
        assert out.headers["Location"].startswith("/oauth/logout?")
    assert grace.get("/account/").status_code == 200
