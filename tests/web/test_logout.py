"""Signing out: from a wiki (RP-Initiated Logout 1.0) and from here, and who is told of it."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.environment import ISSUER
from tests.web.forgeries import forgeries
from tests.web.markup import Page
from tests.web.people import Browser, WikiClient, ask, claims_of, tokens_for

Wikis = Callable[..., WikiClient]


def leave(browser: Browser, **fields: str) -> Any:
    """Asks to be signed out, as a wiki's redirect does."""
    return browser.get("/oauth/logout", fields)


def is_signed_in(browser: Browser) -> bool:
    """Whether the browser's session still opens the account page."""
    return browser.get("/account/").status_code == 200


def bye(wiki: WikiClient) -> str:
    """The wiki's registered address for afterwards."""
    return str(wiki.registration["post_logout_redirect_uris"][0])


def confirm(browser: Browser, page: Any) -> Any:
    """Answers the question with yes, as a browser would."""
    (form,) = [f for f in Page(page.content.decode()).all("form") if "confirm" in f.get("action")]
    fields = {field.get("name"): field.get("value") for field in form.inputs}
    return browser.post(form.get("action"), fields, headers={"origin": ISSUER})


def told(admin: psycopg.Connection) -> list[tuple[str, str]]:
    """Which wiki is to be told of which session's end, as the outbox has it."""
    return [
        (client_id, sid)
        for client_id, sid in admin.execute(
            "SELECT payload->>'client_id', payload->>'sid' FROM vault.outbox"
            " WHERE kind = 'backchannel_logout' ORDER BY 1"
        )
    ]


# --- With a hint -------------------------------------------------------------------------------


def test_logout_with_the_sessions_hint_ends_it_and_returns_with_state(
    grace: Browser, wiki: WikiClient
) -> None:
    """oidcc-rp-initiated-logout: no question, the state comes back, the cookie is taken away."""
    hint = tokens_for(grace, wiki)["id_token"]
    cookie = grace.cookies["__Host-session"].value
    done = leave(grace, id_token_hint=hint, post_logout_redirect_uri=bye(wiki), state="a b&c=ü")
    assert done.status_code == 303
    assert done.headers["Location"] == f"{bye(wiki)}?state=a+b%26c%3D%C3%BC"
    assert done.cookies["__Host-session"]["max-age"] == 0
    thief = Browser()
    thief.cookies["__Host-session"] = cookie
    assert not is_signed_in(thief)


def test_logout_by_post_from_a_wikis_page_works_the_same(grace: Browser, wiki: WikiClient) -> None:
    """RP-Initiated Logout section 2: GET and POST; the GET that follows has the Lax cookie."""
    hint = tokens_for(grace, wiki)["id_token"]
    posted = grace.post(
        "/oauth/logout",
        {"id_token_hint": hint, "post_logout_redirect_uri": bye(wiki)},
        headers={"origin": "https://english.wiki.example"},
    )
    assert posted.status_code == 303
    assert is_signed_in(grace)
    assert grace.get(posted.headers["Location"]).headers["Location"] == bye(wiki)
    assert not is_signed_in(grace)


def test_logout_with_an_expired_hint_works(
    grace: Browser, wiki: WikiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Section 2: people sign out long after the token was made."""
    hint = tokens_for(grace, wiki)["id_token"]
    expires = claims_of(hint)["exp"]
    monkeypatch.setattr("sso.services.id_tokens.time.time", lambda: expires + 86_400.0)
    assert leave(grace, id_token_hint=hint, post_logout_redirect_uri=bye(wiki)).status_code == 303
    monkeypatch.undo()
    assert not is_signed_in(grace)


def test_logout_keeps_the_query_of_the_wikis_address(grace: Browser, add_wiki: Wikis) -> None:
    """oidcc-rp-initiated-logout-query-added: registered with its query, byte for byte."""
    address = "https://query.wiki.example/index.php?title=Bye&x=%2F|"
    wiki = add_wiki("Query wiki", post_logout_redirect_uris=[address])
    hint = tokens_for(grace, wiki)["id_token"]
    done = leave(grace, id_token_hint=hint, post_logout_redirect_uri=address, state="s")
    assert done.headers["Location"] == f"{address}&state=s"
    more = leave(grace, client_id=wiki.client_id, post_logout_redirect_uri=f"{address}&y=1")
    assert more.status_code == 400


def test_logout_with_only_a_hint_ends_the_session_and_offers_the_way_back(
    grace: Browser, wiki: WikiClient
) -> None:
    """oidcc-rp-initiated-logout-no-post-logout-redirect-uri, -no-state."""
    page = leave(grace, id_token_hint=tokens_for(grace, wiki)["id_token"])
    assert page.status_code == 200
    assert "You are signed out" in page.content.decode()
    assert 'href="https://english.wiki.example/"' in page.content.decode()
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_signed_in(grace)


# --- Without a proof ---------------------------------------------------------------------------


def test_logout_without_a_hint_asks_first(grace: Browser, wiki: WikiClient) -> None:
    """oidcc-rp-initiated-logout-no-params, -only-state, -no-id-token-hint; ASVS 10.6.2."""
    for fields in (
        {},
        {"state": "s"},
        {"client_id": wiki.client_id, "post_logout_redirect_uri": bye(wiki), "state": "s"},
    ):
        page = leave(grace, **fields)
        assert page.status_code == 200
        assert "Stay signed in" in page.content.decode()
        assert is_signed_in(grace)
    done = confirm(grace, page)
    assert (done.status_code, done.headers["Location"]) == (303, f"{bye(wiki)}?state=s")
    assert not is_signed_in(grace)


def test_logout_with_another_persons_hint_asks_first(grace: Browser, wiki: WikiClient) -> None:
    """A wiki cannot end a session by a token about somebody else, or about another session."""
    elsewhere = Browser()
    elsewhere.sign_in("Grace")
    other = Browser()
    other.sign_up("Ada")
    for hinted in (other, elsewhere):
        page = leave(grace, id_token_hint=tokens_for(hinted, wiki)["id_token"])
        assert page.status_code == 200
        assert "asks us to sign you out" in page.content.decode()
        assert is_signed_in(grace)
        assert is_signed_in(hinted)


def test_logout_with_a_forged_hint_asks_first(grace: Browser, wiki: WikiClient) -> None:
    """oidcc-rp-initiated-logout-modified-id-token-hint, -bad-id-token-hint."""
    tokens = tokens_for(grace, wiki)
    forged = forgeries(tokens["id_token"], grace)
    forged |= {"access token": tokens["access_token"], "huge": "A" * 7000}
    believed = [
        kind
        for kind, hint in forged.items()
        if "Stay signed in" not in leave(grace, id_token_hint=hint).content.decode()
    ]
    assert believed == []
    assert is_signed_in(grace)


def test_logout_confirmation_needs_the_csrf_token(grace: Browser, wiki: WikiClient) -> None:
    """ASVS 10.6.2: another site cannot press the button."""
    leave(grace)
    for origin in ("https://english.wiki.example", ISSUER):
        refused = grace.post("/oauth/logout/confirm", {}, headers={"origin": origin})
        assert refused.status_code == 403
    assert grace.post("/logout", {}, headers={"origin": ISSUER}).status_code == 403
    assert grace.get("/oauth/logout/confirm").status_code == 405
    assert is_signed_in(grace)


def test_logout_confirmation_checks_the_address_again(grace: Browser, wiki: WikiClient) -> None:
    """What the page carries is no proof: only what is registered counts."""
    page = leave(grace, client_id=wiki.client_id)
    refused = grace.submit(
        page,
        "/oauth/logout/confirm",
        client_id=wiki.client_id,
        post_logout_redirect_uri="https://evil.example/",
    )
    assert refused.status_code == 400
    assert is_signed_in(grace)


def test_logout_of_nobody_returns_or_says_so(browser: Browser, wiki: WikiClient) -> None:
    """Signed out already: nothing to ask."""
    assert leave(browser).status_code == 200
    done = leave(browser, client_id=wiki.client_id, post_logout_redirect_uri=bye(wiki))
    assert done.headers["Location"] == bye(wiki)


def test_logout_to_an_address_that_is_not_registered_is_a_page_and_ends_nothing(
    grace: Browser, wiki: WikiClient
) -> None:
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri."""
    hint = tokens_for(grace, wiki)["id_token"]
    for uri in (f"{bye(wiki)}/", f"{bye(wiki)}?x=1", wiki.redirect_uri, "https://evil.example/"):
        page = leave(grace, id_token_hint=hint, post_logout_redirect_uri=uri)
        assert page.status_code == 400
    unnamed = leave(grace, post_logout_redirect_uri=bye(wiki))
    assert unnamed.status_code == 400
    assert is_signed_in(grace)


def test_logout_whose_hint_and_client_disagree_or_repeat_is_a_page(
    grace: Browser, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """Section 2: when both are there they must name the same wiki."""
    hint = tokens_for(grace, wiki)["id_token"]
    other = add_wiki("French wiki")
    assert leave(grace, id_token_hint=hint, client_id=other.client_id).status_code == 400
    twice = grace.get("/oauth/logout", {"id_token_hint": [hint, hint]})
    assert twice.status_code == 400
    assert is_signed_in(grace)


def test_logout_with_a_wiki_nobody_knows_asks(grace: Browser) -> None:
    """And names no wiki on the page."""
    page = leave(grace, client_id='<script>alert("x")</script>')
    assert "A wiki asks us to sign you out" in page.content.decode()
    assert "<script>alert" not in page.content.decode()


# --- Who is told -------------------------------------------------------------------------------


def test_logout_tells_each_wiki_of_the_session_once_and_no_other(
    grace: Browser, add_wiki: Wikis, admin: psycopg.Connection
) -> None:
    """Back-channel logout: one job for each wiki of this session, with the ID tokens' ``sid``."""
    english, french, deaf, unvisited = (
        add_wiki("English wiki"),
        add_wiki("French wiki"),
        add_wiki("Deaf wiki", backchannel_logout_uri=""),
        add_wiki("Other wiki"),
    )
    elsewhere = Browser()
    elsewhere.sign_in("Grace")
    tokens_for(elsewhere, unvisited)
    for wiki in (english, french, deaf):
        assert ask(grace, wiki).status_code == 303
    claims = claims_of(tokens_for(grace, english)["id_token"])
    grace.submit(grace.get("/logout"), "/logout")
    expected = sorted((wiki.client_id, claims["sid"]) for wiki in (english, french))
    assert told(admin) == expected
    grace.get("/logout")
    assert told(admin) == expected


@pytest.mark.parametrize("way", ["hint", "confirmed"])
def test_logout_from_a_wiki_tells_the_wikis_too(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection, way: str
) -> None:
    """oidcc-backchannel-rp-initiated-logout: whichever way it ended."""
    hint = tokens_for(grace, wiki)["id_token"]
    if way == "hint":
        leave(grace, id_token_hint=hint)
    else:
        confirm(grace, leave(grace))
    assert told(admin) == [(wiki.client_id, claims_of(hint)["sid"])]


def test_logout_page_asks_and_a_get_ends_nothing(grace: Browser) -> None:
    """A link or a picture cannot sign anybody out."""
    assert grace.get("/logout").status_code == 200
    assert is_signed_in(grace)
    done = grace.submit(grace.get("/logout"), "/logout")
    assert "You are signed out" in done.content.decode()
    assert not is_signed_in(grace)


def test_logout_posted_too_long_to_go_on_is_a_page(browser: Browser, wiki: WikiClient) -> None:
    """It could not come back as an address: said at once, and nobody is left guessing."""
    answer = browser.post(
        "/oauth/logout",
        {"client_id": wiki.client_id, "state": "x" * 9000},
        headers={"origin": "https://en.wiki.example"},
    )
    assert answer.status_code == 400
    assert "Location" not in answer.headers
