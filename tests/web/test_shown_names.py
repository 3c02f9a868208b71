"""What people are told that a wiki is called: a name that it chose never stands alone."""

from collections.abc import Callable

import psycopg
import pytest

from tests.web.people import Browser, WikiClient, ask, tokens_for
from tests.web.test_logout import leave
from vault import wikis

Wikis = Callable[..., WikiClient]
SHOWN = "English wiki (impostor.example)"


@pytest.fixture
def impostor(add_wiki: Wikis) -> WikiClient:
    """Somebody else's wiki that calls itself by the name of one of the family's own."""
    return add_wiki(
        "English wiki",
        first_party=False,
        client_uri="https://impostor.example/",
        redirect_uris=["https://impostor.example/callback"],
        post_logout_redirect_uris=["https://impostor.example/bye"],
    )


def unnamed(wiki: WikiClient) -> dict[str, str]:
    """A request that is not answered at the wiki, since it names no address of it."""
    return wiki.request(redirect_uri="https://impostor.example/other")


def test_name_of_somebody_elses_wiki_stands_with_its_host_on_each_page(
    grace: Browser, impostor: WikiClient, admin: psycopg.Connection
) -> None:
    """Errors, answers by a form, and the pages to sign out."""
    pages = {
        "wrong address": grace.get("/oauth/authorize", unnamed(impostor)),
        "too long": grace.post("/oauth/authorize", impostor.request(x="x" * 20_000)),
        "error by form": grace.get(
            "/oauth/authorize", impostor.request(response_mode="form_post", max_age="x")
        ),
        "consent by form": ask(grace, impostor, prompt="none", response_mode="form_post"),
        "sign out?": leave(grace, client_id=impostor.client_id),
        "not back there": leave(
            grace, client_id=impostor.client_id, post_logout_redirect_uri="https://x.example/"
        ),
    }
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")
    wikis.forget()
    pages["suspended"] = grace.get("/oauth/authorize", impostor.request())
    pages["signed out"] = Browser().get("/oauth/logout", {"client_id": impostor.client_id})
    texts = {name: page.content.decode() for name, page in pages.items()}
    assert [name for name, text in texts.items() if SHOWN not in text] == []
    assert [name for name, text in texts.items() if "English wiki" in text.replace(SHOWN, "")] == []


def test_name_of_one_of_the_familys_own_stands_alone(grace: Browser, wiki: WikiClient) -> None:
    """An operator has said that it is one, and knows what it is called."""
    tokens_for(grace, wiki)
    page = leave(grace, client_id=wiki.client_id).content.decode()
    assert "English wiki</bdi>" in page
    assert "(english.wiki.example)" not in page
