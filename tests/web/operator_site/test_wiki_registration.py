"""A chief registers a wiki, changes it, renews its secret: shown first, agreed to by passkey."""

import json
from typing import Any

import psycopg
import pytest

from tests.database.asking import ask, value
from tests.web.operator_site.place import Place
from tests.web.operators import Answer, Browser
from vault import wikis

REGISTER = "/admin/wikis/register/"
HOME = "https://new.wiki.example"
FILLED = {
    "client_name": "New wiki",
    "client_uri": f"{HOME}/",
    "first_party": "on",
    "redirect_uris": f"{HOME}/callback\n{HOME}/other",
    "post_logout_redirect_uris": f"{HOME}/bye",
    "backchannel_logout_uri": f"{HOME}/logout?logout=backchannel",
    "scope_profile": "on",
    "scope_email": "on",
    "token_endpoint_auth_method": "client_secret_post",
    "id_token_signed_response_alg": "ES256",
    "response_types": "code",
    "require_pkce": "on",
    "least_acr": "aal1",
    "default_acr_values": "phr aal2",
}


def agree(browser: Browser, path: str, page: Answer, **fields: str) -> Answer:
    """Sends the page that says what it comes to, with a passkey shown for it."""
    return browser.post(
        path,
        metadata=page.value("metadata"),
        agreed=page.value("agreed"),
        **{
            "credential": browser.authenticator.get(page.options),
            "reason": "the council asked for it",
            **fields,
        },
    )


def registered(browser: Browser, **changes: str) -> Answer:
    """A wiki registered on the operators' site, as far as the page with its secret."""
    return agree(browser, REGISTER, browser.post(REGISTER, **{**FILLED, **changes}))


def shown(page: Answer, label: str) -> str:
    """A setting as the page shows it."""
    return page.words.partition(f" {label} ")[2].split()[0]


def trail(admin: psycopg.Connection) -> list[dict[str, Any]]:
    """What was recorded of wikis that operators registered and changed."""
    return ask(
        admin,
        "SELECT e.tag, a.username AS actor, e.detail ->> 'reason' AS reason FROM vault.events e"
        " JOIN vault.accounts a ON a.id = e.actor_id WHERE e.tag LIKE 'wiki:regist%%'"
        " ORDER BY e.id",
    )


def test_wiki_is_registered_with_what_was_agreed_to_and_its_secret_shown_once(
    place: Place, admin: psycopg.Connection
) -> None:
    """The page of the secret answers a POST and is in no cache; sent again it does nothing."""
    browser = place.signed_in("Chief")
    assert f'href="{REGISTER}"' in browser.get("/admin/wikis/").text
    assert 'name="client_name"' in browser.get(REGISTER).text
    asked = browser.post(REGISTER, **FILLED)
    assert f"People are sent to it with a code: {HOME}/callback, {HOME}/other" in asked.words
    assert "It learns: openid, profile, email" in asked.words
    assert value(admin, "SELECT count(*) FROM vault.wikis") == 0
    sent = {
        "metadata": asked.value("metadata"),
        "agreed": asked.value("agreed"),
        "credential": browser.authenticator.get(asked.options),
        "reason": "the council asked for it",
    }
    done = browser.post(REGISTER, **sent)
    assert done.status == 200
    assert "no-store" in done.headers["Cache-Control"]
    client_id, secret = shown(done, "Client id"), shown(done, "Client secret")
    assert shown(done, "Issuer") == "https://auth.example.org"
    assert shown(done, "Discovery") == ("https://auth.example.org/.well-known/openid-configuration")
    assert f"manage.py checkwiki {client_id}" in done.words
    found = wikis.find(client_id)
    assert found is not None
    assert found.is_secret(secret)
    assert found.redirect_uris == (f"{HOME}/callback", f"{HOME}/other")
    assert found.backchannel_logout_uri == f"{HOME}/logout?logout=backchannel"
    assert (found.scopes, found.first_party) == (("openid", "profile", "email"), True)
    assert (found.require_pkce, found.id_token_alg) == (True, "ES256")
    assert found.default_acr_values == ("phr", "aal2")
    again = browser.post(REGISTER, **sent)
    assert secret not in again.text
    assert value(admin, "SELECT count(*) FROM vault.wikis") == 1
    page = browser.get(f"/admin/wikis/{client_id}/")
    assert secret not in page.text
    assert trail(admin) == [
        {"tag": "wiki:register:operator", "actor": "Chief", "reason": "the council asked for it"}
    ]


def test_what_was_filled_in_can_be_changed_before_it_is_agreed_to(
    place: Place, admin: psycopg.Connection
) -> None:
    """The way back has all of it; nothing was registered."""
    browser = place.signed_in("Chief")
    asked = browser.post(REGISTER, **FILLED)
    back = browser.post(REGISTER, metadata=asked.value("metadata"), amend="yes")
    assert 'value="New wiki"' in back.text
    assert f"{HOME}/callback\n{HOME}/other</textarea>" in back.text.replace("\r\n", "\n")
    assert value(admin, "SELECT count(*) FROM vault.wikis") == 0


def test_registration_that_was_swapped_under_the_agreement_is_not_carried_out(
    place: Place, admin: psycopg.Connection
) -> None:
    """What is registered is what was shown: other metadata is shown afresh, bad is refused."""
    browser = place.signed_in("Chief")
    asked = browser.post(REGISTER, **FILLED)
    other = {**json.loads(asked.value("metadata")), "redirect_uris": ["https://evil.example/"]}
    fields = {
        "agreed": asked.value("agreed"),
        "credential": browser.authenticator.get(asked.options),
        "reason": "because",
    }
    again = browser.post(REGISTER, metadata=json.dumps(other), **fields)
    assert "Nothing was done: the page was old, or something changed." in again.words
    assert "https://evil.example/" in again.words
    for odd in ("[]", "{", '"x"', json.dumps({**other, "redirect_uris": 7}), "[" * 20_000):
        page = browser.post(REGISTER, metadata=odd, **fields)
        assert (page.status, page.asks_for_a_passkey) == (200, False)
    assert value(admin, "SELECT count(*) FROM vault.wikis") == 0


def test_registering_without_a_reason_or_a_passkey_does_nothing(
    place: Place, admin: psycopg.Connection
) -> None:
    """As with every measure; the page asks again."""
    browser = place.signed_in("Chief")
    asked = browser.post(REGISTER, **FILLED)
    assert "Say why" in agree(browser, REGISTER, asked, reason=" ").words
    asked = browser.post(REGISTER, **FILLED)
    page = agree(browser, REGISTER, asked, credential="{}")
    assert page.asks_for_a_passkey
    assert value(admin, "SELECT count(*) FROM vault.wikis") == 0


@pytest.mark.parametrize("level", ["Looker", "Locker"])
def test_lower_levels_see_a_registration_and_change_nothing(
    place: Place, wiki: str, level: str
) -> None:
    """Neither the pages nor their links are theirs."""
    browser = place.signed_in(level)
    page = browser.get(f"/admin/wikis/{wiki}/")
    assert "https://en.wiki.example/callback" in page.words
    assert "Changing a registration takes the level chief." in page.words
    assert REGISTER not in browser.get("/admin/wikis/").text
    for path in (REGISTER, f"/admin/wikis/{wiki}/change/", f"/admin/wikis/{wiki}/renew-secret/"):
        assert path not in page.text
        for answer in (browser.get(path), browser.post(path, **FILLED)):
            assert answer.status == 403
            assert "Your level as an operator does not allow this" in answer.words


def change_fields(browser: Browser, wiki: str, **changes: str) -> dict[str, str]:
    """The fixture's wiki as its form would send it, but for this."""
    plain = {
        "client_name": "English",
        "client_uri": "https://en.wiki.example",
        "first_party": "on",
        "redirect_uris": "https://en.wiki.example/callback",
        "scope_profile": "on",
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "response_types": "code",
        "require_pkce": "on",
        "least_acr": "aal1",
    }
    form = browser.get(f"/admin/wikis/{wiki}/change/")
    assert f">{plain['redirect_uris']}</textarea>" in form.text.replace("\n", "")
    return {**plain, **changes}


def test_change_says_what_becomes_different_and_keeps_the_secret(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Each field that differs, old and new; what is given up is dead at once."""
    browser, path = place.signed_in("Chief"), f"/admin/wikis/{wiki}/change/"
    secret = value(admin, "SELECT secret_hash FROM vault.wikis")
    fields = change_fields(
        browser,
        wiki,
        client_name="English wiki",
        redirect_uris="https://en.wiki.example/callback\nhttps://en.wiki.example/new",
        scope_profile="",
    )
    del fields["scope_profile"]
    asked = browser.post(path, **fields)
    assert "Name: English becomes English wiki" in asked.words
    assert "Redirect addresses: https://en.wiki.example/new is new" in asked.words
    assert "The user name: yes becomes no" in asked.words
    assert "may not have any more is dead at once" in asked.words
    done = agree(browser, path, asked)
    assert "The registration is changed" in done.words
    assert "Client secret" not in done.words
    row = ask(admin, "SELECT name, scopes, secret_hash FROM vault.wikis")[0]
    assert row == {"name": "English wiki", "scopes": ["openid"], "secret_hash": secret}
    wikis.forget()
    assert wikis.find(wiki) is not None
    assert [row["tag"] for row in trail(admin)] == ["wiki:registration:changed"]


def test_change_of_nothing_asks_for_no_passkey(place: Place, wiki: str) -> None:
    """The form as it was filled in by us is the registration."""
    browser = place.signed_in("Chief")
    path = f"/admin/wikis/{wiki}/change/"
    page = browser.post(path, **change_fields(browser, wiki))
    assert "That is how it is registered; nothing was changed." in page.words
    assert not page.asks_for_a_passkey


def test_change_that_somebody_else_made_meanwhile_is_not_undone(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """The one who was slower is shown what it would be now."""
    browser, path = place.signed_in("Chief"), f"/admin/wikis/{wiki}/change/"
    slow = browser.post(path, **change_fields(browser, wiki, client_name="Slow"))
    quick = browser.post(path, **change_fields(browser, wiki, id_token_signed_response_alg="ES256"))
    assert "The registration is changed" in agree(browser, path, quick).words
    page = agree(browser, path, slow)
    assert "something changed" in page.words
    assert "ID tokens are signed by: ES256 becomes RS256" in page.words
    row = ask(admin, "SELECT name, id_token_alg FROM vault.wikis")[0]
    assert row == {"name": "English", "id_token_alg": "ES256"}


def test_change_to_a_public_client_takes_the_secret_away_and_back_makes_a_new_one(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Both are said before; the new one is shown once."""
    browser, path = place.signed_in("Chief"), f"/admin/wikis/{wiki}/change/"
    asked = browser.post(path, **change_fields(browser, wiki, token_endpoint_auth_method="none"))
    assert "Its secret ends." in asked.words
    agree(browser, path, asked)
    assert value(admin, "SELECT secret_hash FROM vault.wikis") is None
    assert browser.get(f"/admin/wikis/{wiki}/renew-secret/").status == 409
    asked = browser.post(path, **change_fields(browser, wiki))
    assert "The next page shows its new secret, once." in asked.words
    secret = shown(agree(browser, path, asked), "Client secret")
    wikis.forget()
    found = wikis.find(wiki)
    assert found is not None
    assert found.is_secret(secret)


@pytest.mark.parametrize("overlap", ["0", "3600"])
def test_secret_is_renewed_and_the_old_one_is_good_for_as_long_as_was_said(
    place: Place, admin: psycopg.Connection, overlap: str
) -> None:
    """At once, or both for a while, which the wiki's page says."""
    browser = place.signed_in("Chief")
    first = registered(browser)
    client_id, old = shown(first, "Client id"), shown(first, "Client secret")
    path = f"/admin/wikis/{client_id}/renew-secret/"
    done = browser.submit(path, reason="it is old", overlap=overlap)
    assert "There is a new secret" in done.words
    new = shown(done, "Client secret")
    wikis.forget()
    found = wikis.find(client_id)
    assert found is not None
    assert found.is_secret(new)
    assert found.is_secret(old) == (overlap != "0")
    said = (
        "The older secret is still good, until" in browser.get(f"/admin/wikis/{client_id}/").words
    )
    assert said == (overlap != "0")


def test_wiki_that_a_database_writer_made_is_not_to_be_changed(
    place: Place, wiki: str, admin: psycopg.Connection
) -> None:
    """Its row is under no MAC of ours: to vouch for it now would make it one of ours."""
    admin.execute("UPDATE vault.wikis SET redirect_uris = '{https://evil.example/}'")
    browser = place.signed_in("Chief")
    for path in (f"/admin/wikis/{wiki}/change/", f"/admin/wikis/{wiki}/renew-secret/"):
        page = browser.get(path)
        assert page.status == 409
        assert "is not ours" in page.words
