"""The main path at the auth site: sign up from a wiki, silent sign-in, password, sign out."""

from collections.abc import Callable

from tests.web.people import (
    NEW_PASSWORD,
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    claims_of,
    post_form,
)


def test_newcomer_from_a_wiki_lands_back_there_signed_in(
    browser: Browser, wiki: WikiClient
) -> None:
    """Sign-up within a flow ends at the wiki with a code that names the new account."""
    page = browser.get("/oauth/authorize", wiki.request(prompt="create"))
    assert page.status_code == 200
    assert "English wiki" in page.content.decode()
    answer = answer_of(browser.submit(page, "/signup", username="ada lovelace", password=PASSWORD))
    assert answer["state"] == wiki.state
    assert answer["iss"] == "https://auth.example.org"
    tokens = wiki.redeem(answer["code"]).json()
    claims = claims_of(tokens["id_token"])
    assert claims["preferred_username"] == "Ada lovelace"
    assert claims["nonce"] == wiki.nonce
    assert claims["aud"] == wiki.client_id
    assert claims["amr"] == ["pwd"]
    userinfo = browser.get(
        "/oauth/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert userinfo.json()["sub"] == claims["sub"]


def test_person_signed_in_for_one_wiki_enters_the_next_without_being_asked(
    browser: Browser, wiki: WikiClient, add_wiki: Callable[..., WikiClient]
) -> None:
    """A live session answers another wiki's request at once, with the same sub and sid."""
    browser.sign_up("Grace")
    other = add_wiki("French wiki", id_token_signed_response_alg="ES256")
    first = claims_of(
        wiki.redeem(answer_of(browser.get("/oauth/authorize", wiki.request()))["code"]).json()[
            "id_token"
        ]
    )
    second = claims_of(
        other.redeem(answer_of(browser.get("/oauth/authorize", other.request()))["code"]).json()[
            "id_token"
        ]
    )
    assert (first["sub"], first["sid"], first["auth_time"]) == (
        second["sub"],
        second["sid"],
        second["auth_time"],
    )


def test_changed_password_ends_other_sessions_and_keeps_this_one(browser: Browser) -> None:
    """After a change the old password and the other browser are out; this browser stays in."""
    browser.sign_up("Grace")
    other = Browser()
    assert other.sign_in("Grace").status_code == 303
    assert other.get("/account/").status_code == 200
    page = browser.get("/account/password")
    done = browser.submit(
        page, "/account/password", current_password=PASSWORD, new_password=NEW_PASSWORD
    )
    assert done.status_code == 200
    assert "1 other sign-in was ended" in done.content.decode()
    assert browser.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 303
    assert Browser().sign_in("Grace", PASSWORD).status_code == 200
    assert Browser().sign_in("Grace", NEW_PASSWORD).status_code == 303


def test_signed_out_cookie_replayed_opens_nothing(browser: Browser) -> None:
    """Sign-out is real on the server: the old cookie is dead."""
    browser.sign_up("Grace")
    stolen = browser.cookies["__Host-session"].value
    page = browser.get("/logout")
    assert browser.submit(page, "/logout").status_code == 200
    thief = Browser()
    thief.cookies["__Host-session"] = stolen
    assert thief.get("/account/").status_code == 303


def test_code_redeemed_twice_is_refused_and_kills_the_first_token(
    browser: Browser, wiki: WikiClient
) -> None:
    """A replay revokes what the first presentation gave."""
    browser.sign_up("Grace")
    code = answer_of(browser.get("/oauth/authorize", wiki.request()))["code"]
    access_token = wiki.redeem(code).json()["access_token"]
    bearer = {"authorization": f"Bearer {access_token}"}
    assert browser.get("/oauth/userinfo", headers=bearer).status_code == 200
    replay = wiki.redeem(code)
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert browser.get("/oauth/userinfo", headers=bearer).status_code == 401


def test_token_request_without_client_authentication_is_invalid_client(
    browser: Browser, wiki: WikiClient
) -> None:
    """A code alone is worth nothing."""
    browser.sign_up("Grace")
    code = answer_of(browser.get("/oauth/authorize", wiki.request()))["code"]
    refused = post_form(
        "/oauth/token",
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": wiki.redirect_uri,
            "code_verifier": wiki.verifier,
        },
    )
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
