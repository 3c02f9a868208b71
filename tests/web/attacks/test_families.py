"""Tokens of one sign-in end together, and nobody else's with them (RFC 9700 4.14, V-revoke)."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest

from sso.services.registration import change_wiki
from tests.web.people import (
    NEW_PASSWORD,
    PASSWORD,
    Browser,
    WikiClient,
    code_for,
    post_form,
    tokens_for,
)
from tests.web.refusals import is_refused
from tests.web.test_userinfo import userinfo
from vault import wikis

Wikis = Callable[..., WikiClient]
Playing = Callable[[str], AbstractContextManager[None]]
SCOPE = "openid profile email offline_access"
DEAD = {"active": False}


@pytest.fixture
def wiki(add_wiki: Wikis) -> WikiClient:
    """A wiki that may go on by itself."""
    return add_wiki("English wiki", scope=SCOPE)


class Family:
    """A code and four links: the last is unused, so its parent may be asked for it again."""

    def __init__(self, browser: Browser, wiki: WikiClient, **asked: Any) -> None:
        self.wiki = wiki
        self.code = code_for(browser, wiki, **{"scope": SCOPE, **asked})
        self.links: list[dict[str, Any]] = [wiki.redeem(self.code).json()]
        for _ in range(3):
            self.links.append(wiki.refresh(self.links[-1]["refresh_token"]).json())

    def is_dead(self) -> bool:
        """Whether no token of any link is good for anything."""
        live = [
            token
            for link in self.links
            for token in (link["access_token"], link["refresh_token"])
            if self.wiki.introspect(token).json() != DEAD
        ]
        opened = [1 for link in self.links if userinfo(link["access_token"]).status_code != 401]
        refreshed = self.wiki.refresh(self.links[-1]["refresh_token"])
        return not live and not opened and refreshed.status_code == 400

    def is_alive(self) -> bool:
        """Whether the last link still is good for what it was made for."""
        last = self.links[-1]
        return bool(
            userinfo(last["access_token"]).status_code == 200
            and self.wiki.introspect(last["refresh_token"]).json()["active"]
        )


@pytest.mark.parametrize("member", ["access_token", "refresh_token"])
@pytest.mark.parametrize("link", [0, 2, 3])
def test_v_revoke_any_member_given_back_ends_the_family_and_no_other(
    grace: Browser, wiki: WikiClient, add_wiki: Wikis, member: str, link: int
) -> None:
    """DOT #746, #1510: the first, the spent and the last alike; another wiki and sign-in go on."""
    other = add_wiki("French wiki", scope=SCOPE)
    family, sibling, theirs = (Family(grace, one) for one in (wiki, wiki, other))
    assert wiki.revoke(family.links[link][member]).status_code == 200
    assert family.is_dead()
    assert sibling.is_alive()
    assert theirs.is_alive()


@pytest.mark.parametrize("member", ["access_token", "refresh_token"])
def test_v_revoke_another_wiki_s_token_is_not_touched(
    grace: Browser, wiki: WikiClient, add_wiki: Wikis, member: str
) -> None:
    """DOT #727: whoever found it, by whatever hint and whatever client id beside their own."""
    other = add_wiki("French wiki", scope=SCOPE)
    family = Family(grace, wiki)
    for link in family.links:
        for hint in ("access_token", "refresh_token", "x"):
            answer = other.revoke(link[member], token_type_hint=hint)
            assert answer.status_code == 200
        is_refused(other.revoke(link[member], client_id=wiki.client_id), 400, "invalid_request")
    assert family.is_alive()


@pytest.mark.parametrize("way", ["code", "first refresh token", "second refresh token"])
def test_v_revoke_a_replay_ends_the_family_and_no_other(
    grace: Browser, wiki: WikiClient, way: str
) -> None:
    """RFC 9700 4.14.2, 2.1.1: a thief and the wiki cannot both go on."""
    family, sibling = Family(grace, wiki), Family(grace, wiki)
    if way == "code":
        answer = wiki.redeem(family.code)
    else:
        answer = wiki.refresh(family.links[("first" not in way)]["refresh_token"])
    is_refused(answer, 400, "invalid_grant")
    assert family.is_dead()
    assert sibling.is_alive()


@pytest.mark.parametrize("end", ["signing out", "password", "everywhere"])
def test_v_revoke_what_the_person_ends_ends_every_family_of_it(
    grace: Browser, wiki: WikiClient, end: str
) -> None:
    """RFC 9700 4.14: logout and a new password."""
    elsewhere = Browser()
    elsewhere.sign_in("Grace")
    here, there = Family(grace, wiki), Family(elsewhere, wiki)
    if end == "signing out":
        grace.submit(grace.get("/logout"), "/logout")
        assert here.is_dead()
        assert there.is_alive()
        return
    if end == "password":
        page = grace.get("/account/password")
        fields = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        grace.submit(page, "/account/password", **fields)
    else:
        grace.submit(grace.get("/account/sessions"), "/account/sessions/end-all")
    assert here.is_dead()
    assert there.is_dead()


@pytest.mark.parametrize(
    "change",
    [
        {"scope": "openid profile email"},
        {"scope": "openid profile offline_access"},
        {"first_party": False},
    ],
    ids=["no offline_access", "no email", "not the family's"],
)
def test_v_revoke_a_registration_that_allows_less_ends_what_had_more(
    grace: Browser, wiki: WikiClient, playing: Playing, change: dict[str, Any]
) -> None:
    """Turning a feature off kills what it made (Keycloak GHSA-64w3-5q9m-68xf)."""
    family = Family(grace, wiki)
    with playing("owner"):
        change_wiki(wiki.client_id, change)
    wikis.forget()
    assert family.is_dead()


def test_v_revoke_a_registration_that_allows_less_ends_what_was_asked_for_by_name(
    grace: Browser, add_wiki: Wikis, playing: Playing
) -> None:
    """A single claim goes as far as the wiki's scopes, whatever scopes the grant has."""
    wiki = add_wiki("Curious wiki", scope="openid email offline_access")
    claims = json.dumps({"userinfo": {"email": None}})
    family = Family(grace, wiki, scope="openid offline_access", claims=claims)
    with playing("owner"):
        change_wiki(wiki.client_id, {"scope": "openid offline_access"})
    wikis.forget()
    assert family.is_dead()


def test_v_revoke_a_registration_that_changes_otherwise_ends_nothing(
    grace: Browser, wiki: WikiClient, playing: Playing
) -> None:
    """So that the ends above are about what was taken away."""
    family = Family(grace, wiki)
    with playing("owner"):
        change_wiki(wiki.client_id, {"client_name": "Renamed wiki"})
    wikis.forget()
    assert family.is_alive()


def test_client_id_is_never_somebody_s_sub_nor_taken_for_one(
    grace: Browser, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """RFC 9700 4.15: client ids are made here, from the name and chance, and no grant makes a token
    whose subject is a wiki."""
    family = Family(grace, wiki)
    claims = wiki.introspect(family.links[-1]["access_token"]).json()
    sub = UUID(claims["sub"])
    chosen = add_wiki(claims["sub"], client_id=claims["sub"])
    for client in (wiki, chosen):
        with pytest.raises(ValueError, match="UUID"):
            UUID(client.client_id)
        assert client.client_id != str(sub)
    for grant_type in ("client_credentials", "password", "jwt-bearer"):
        form = {"grant_type": grant_type, "scope": "openid"}
        answer = post_form("/oauth/token", form, authorization=chosen.basic())
        is_refused(answer, 400, "unsupported_grant_type")


def test_v_confuse_a_wiki_is_given_an_id_that_is_no_name(grace: Browser, wiki: WikiClient) -> None:
    """CentralAuth T130384: ``sub`` is no name, in no token and no answer, and stays the same."""
    link = Family(grace, wiki).links[-1]
    told = (
        wiki.introspect(link["access_token"]).json(),
        wiki.introspect(link["refresh_token"]).json(),
        userinfo(link["access_token"]).json(),
    )
    assert len({answer["sub"] for answer in told}) == 1
    assert all("grace" not in answer["sub"].casefold() for answer in told)
    again = Browser()
    again.sign_in("Grace")
    assert userinfo(tokens_for(again, wiki)["access_token"]).json()["sub"] == told[0]["sub"]
