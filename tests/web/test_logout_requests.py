"""What else a logout request may say, and what it may not (RP-Initiated Logout 1.0 section 2)."""

from collections.abc import Callable

import pytest

from tests.web.markup import Page
from tests.web.people import Browser, WikiClient, claims_of, tokens_for
from tests.web.test_languages import is_in
from tests.web.test_logout import bye, confirm, is_signed_in, leave

Wikis = Callable[..., WikiClient]


# --- Addresses to return to --------------------------------------------------------------------


@pytest.mark.parametrize("sent", ["get hint", "get yes", "get nobody", "post hint", "post yes"])
@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("https://q.wiki.example/bye", "https://q.wiki.example/bye?state=a+b"),
        ("https://q.wiki.example/bye?", "https://q.wiki.example/bye?&state=a+b"),
        ("https://q.wiki.example/?a=%2F&a=b|c", "https://q.wiki.example/?a=%2F&a=b|c&state=a+b"),
        ("https://q.wiki.example/?state=x", "https://q.wiki.example/?state=x&state=a+b"),
    ],
)
def test_logout_keeps_a_registered_query_byte_for_byte_and_adds_state_behind_it(
    grace: Browser, add_wiki: Wikis, sent: str, address: str, answer: str
) -> None:
    """Whichever way it ends: by the hint, by the person's yes, or with nobody signed in."""
    method, way = sent.split()
    wiki = add_wiki("Query wiki", post_logout_redirect_uris=[address])
    asked = {
        "client_id": wiki.client_id,
        "post_logout_redirect_uri": address,
        "state": "a b",
    }
    if way == "hint":
        asked["id_token_hint"] = tokens_for(grace, wiki)["id_token"]
    if way == "nobody":
        grace.forget_everything()
    done = getattr(grace, method)("/oauth/logout", asked)
    if method == "post":
        assert done.status_code == 303
        done = grace.get(done.headers["Location"])
    if way == "yes":
        done = confirm(grace, done)
    assert (done.status_code, done.headers["Location"]) == (303, answer)


def test_logout_by_a_hint_returns_to_no_other_wikis_address(
    grace: Browser, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """The address has to be registered by the wiki that the hint was made for."""
    other = add_wiki("French wiki")
    hint = tokens_for(grace, wiki)["id_token"]
    for more in ({}, {"client_id": wiki.client_id}):
        page = leave(grace, id_token_hint=hint, post_logout_redirect_uri=bye(other), **more)
        assert page.status_code == 400
        assert "Location" not in page.headers
    assert is_signed_in(grace)


@pytest.mark.parametrize("method", ["get", "post"])
def test_logout_by_a_hint_of_a_suspended_wiki_works(
    grace: Browser, wiki: WikiClient, method: str, admin: object
) -> None:
    """Nobody is kept signed in because their wiki is out of service."""
    from tests.database.asking import vouch_for_wikis
    from vault import wikis

    hint = tokens_for(grace, wiki)["id_token"]
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")  # type: ignore[attr-defined]
    vouch_for_wikis(admin)  # type: ignore[arg-type]
    wikis.forget()
    done = getattr(grace, method)("/oauth/logout", {"id_token_hint": hint})
    if method == "post":
        done = grace.get(done.headers["Location"])
    assert done.status_code == 200
    assert not is_signed_in(grace)


# --- Hints that prove nothing ------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_logout_hint_proves_nothing_and_the_page_says_who_is_signed_in(
    grace: Browser, wiki: WikiClient, method: str
) -> None:
    """Section 2: whoever it names, by name, sub or sid, the person is asked."""
    claims = claims_of(tokens_for(grace, wiki)["id_token"])
    for hint in ("Grace", "Ada", claims["sub"], claims["sid"], "grace@example.org", "\u202ex<b>"):
        page = getattr(grace, method)("/oauth/logout", {"logout_hint": hint})
        if method == "post":
            page = grace.get(page.headers["Location"])
        assert page.status_code == 200
        html = page.content.decode()
        assert 'You are signed in as <bdi class="name">Grace</bdi>' in html
        assert "x<b>" not in html
        assert is_signed_in(grace)


def test_logout_hint_beside_a_proof_takes_nothing_away_from_it(
    grace: Browser, wiki: WikiClient
) -> None:
    """The ID token says which session; a name beside it may be how the wiki calls the person."""
    hint = tokens_for(grace, wiki)["id_token"]
    leave(grace, id_token_hint=hint, logout_hint="gracie")
    assert not is_signed_in(grace)


# --- Languages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_logout_pages_speak_the_language_that_the_wiki_asks_for(
    grace: Browser, wiki: WikiClient, method: str
) -> None:
    """``ui_locales``: the question, the page after the yes, and what is wrong with a request."""
    asked = {"client_id": wiki.client_id, "ui_locales": "tlh fr-CA en"}
    page = getattr(grace, method)("/oauth/logout", asked)
    if method == "post":
        page = grace.get(page.headers["Location"])
    assert is_in(page, "fr")
    wrong = {**asked, "post_logout_redirect_uri": "https://evil.example/"}
    refused = getattr(grace, method)("/oauth/logout", wrong)
    assert refused.status_code == 400
    assert is_in(refused, "fr")
    assert is_in(confirm(grace, page), "fr")
    assert not is_signed_in(grace)


def test_logout_by_a_hint_ends_on_a_page_in_the_language_that_the_wiki_asks_for(
    grace: Browser, wiki: WikiClient
) -> None:
    """Where it asks for no way back."""
    hint = tokens_for(grace, wiki)["id_token"]
    assert is_in(leave(grace, id_token_hint=hint, ui_locales="fr"), "fr")


@pytest.mark.parametrize("wanted", ["", "xx", "../../etc", "\u00fc", "x" * 3000, "*"])
def test_logout_in_a_language_that_is_none_asks_in_the_readers(grace: Browser, wanted: str) -> None:
    """Never an error."""
    page = leave(grace, ui_locales=wanted)
    assert page.status_code == 200
    assert is_in(page, "en")


def test_logout_question_carries_on_exactly_what_was_asked(
    grace: Browser, wiki: WikiClient
) -> None:
    """And nothing that was not: unknown parameters end at the first page."""
    asked = {
        "client_id": wiki.client_id,
        "post_logout_redirect_uri": bye(wiki),
        "state": 's"<>&',
        "ui_locales": "en",
        "logout_hint": "Ada",
    }
    page = leave(grace, **asked, unknown="x")
    (form,) = [f for f in Page(page.content.decode()).all("form") if "confirm" in f.get("action")]
    fields = {field.get("name"): field.get("value") for field in form.inputs}
    del fields["csrfmiddlewaretoken"]
    assert fields == asked
