"""Consents to wikis that have become others since: people agreed to what they saw."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    ask,
)
from tests.database.consenting import FOREIGN, a_foreign_wiki, consents, give
from tests.database.people import sign_in, sign_up
from vault import wikis
from vault.consents import give as give_by_mac
from vault.events import NOWHERE

Playing = Callable[[str], AbstractContextManager[None]]


def test_wiki_taken_into_the_family_is_not_listed_among_those_that_know_somebody(
    admin: psycopg.Connection, login: Login
) -> None:
    """Nothing was agreed with it any more that could be taken back."""
    with login("web") as web:
        a_foreign_wiki(admin)
        session = a_session(web, a_person(web))
        assert give(web, session) == "given"
        admin.execute("UPDATE vault.wikis SET first_party = true")
        assert ask(web, "SELECT * FROM api.list_consents_v1(%s)", session) == []
        assert ask(web, "SELECT * FROM api.consented_wikis_v1(%s)", session) == []


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({"name": "Renamed"}, True),
        ({"redirect_uris": ("https://wiki.example/callback", "https://wiki.example/new")}, True),
        ({"redirect_uris": ("https://elsewhere.example/callback",)}, False),
        ({"redirect_uris": ("https://wiki.example:8443/callback",)}, False),
        ({"scopes": ("openid", "offline_access")}, False),
        ({"scopes": ("openid", "profile")}, True),
    ],
)
def test_consent_ends_where_the_wiki_becomes_another_than_people_agreed_to(
    admin: psycopg.Connection, playing: Playing, change: dict[str, Any], stays: bool
) -> None:
    """They saw a host, and what it would know: elsewhere, or for other things, they are asked."""
    a_foreign_wiki(admin)
    session = sign_in(sign_up("Ada"))
    wiki = wikis.find(FOREIGN)
    assert wiki is not None
    given = give_by_mac(session, wiki, ("openid", "profile"), question="page", origin=NOWHERE)
    assert given == "given"
    with playing("owner"):
        registered = wikis.registered(FOREIGN)
        assert registered is not None
        assert wikis.change(replace(registered[0], **change), registered[1]) == "changed"
    assert consents(admin) == ([["openid", "profile"]] if stays else [])
