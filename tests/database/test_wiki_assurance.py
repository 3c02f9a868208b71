"""A wiki's least level stands under its MAC, and wikis that were registered before keep theirs."""

from typing import Any

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import a_wiki, ask, reported, value
from tests.environment import environment_for
from vault import wikis
from vault.keys import KeyRing
from vault.seals import is_ours, optional
from vault.wikis import from_row, wiki_fields


@pytest.mark.parametrize(
    "change",
    [
        "least_acr = 'aal1'",
        "least_acr = 'phr'",
        "least_acr = ''",
        "default_acr_values = '{}'",
        "default_acr_values = '{aal2,phr}'",
        "default_acr_values = '{aal1}'",
        "least_acr = 'aal1', default_acr_values = '{}'",
    ],
)
def test_level_that_a_database_writer_changed_puts_the_wiki_out_of_the_world(
    admin: psycopg.Connection, change: str
) -> None:
    """A floor is not taken away by whoever can write rows, nor raised to keep people out."""
    a_wiki(admin, least_acr="aal2", default_acr_values=["phr", "aal2"])
    found = wikis.find("wiki-a")
    assert found is not None
    assert (found.least_acr, found.default_acr_values) == ("aal2", ("phr", "aal2"))
    admin.execute(f"UPDATE vault.wikis SET {change}")
    wikis.forget()
    assert wikis.find("wiki-a") is None
    assert reported(admin) == {("wiki", "wiki-a")}


def test_level_that_a_database_writer_gave_a_wiki_of_before_is_refused(
    admin: psycopg.Connection,
) -> None:
    """One without any is under its MAC as much as one with some."""
    a_wiki(admin)
    admin.execute("UPDATE vault.wikis SET least_acr = 'phr'")
    assert wikis.find("wiki-a") is None


def test_mac_of_a_wiki_without_levels_is_the_one_of_before(admin: psycopg.Connection) -> None:
    """Every wiki in the field was registered over these fields, and is still ours."""
    a_wiki(admin, backchannel_logout_uri=None)
    [row] = ask(admin, "SELECT * FROM vault.wikis")
    assert (row["least_acr"], row["default_acr_values"]) == ("aal1", [])
    texts = ("token_endpoint_auth_method", "home_uri")
    fields: list[Any] = [row["client_id"], row["name"], 1, optional(None)]
    fields += [row[name] for name in texts]
    fields += [tuple(row["redirect_uris"]), tuple(row["post_logout_redirect_uris"]), optional(None)]
    fields += [tuple(row["response_types"]), 1, row["id_token_alg"], tuple(row["scopes"])]
    ring = KeyRing.parse("AUTHSITE_WIKI_KEYS", environment_for("web")["AUTHSITE_WIKI_KEYS"])
    with override_settings(WIKI_KEYS=ring):
        assert is_ours(row["mac"], ring, row["mac_key"], "wiki", *fields)


def test_row_of_a_vault_that_has_no_levels_yet_is_read(admin: psycopg.Connection) -> None:
    """The migration that vouched for wikis runs before the one that adds the columns."""
    a_wiki(admin)
    [row] = ask(admin, "SELECT * FROM vault.wikis")
    before = {name: row[name] for name in row if "acr" not in name}
    assert len(before) == len(row) - 2
    assert wiki_fields(from_row(before)) == wiki_fields(from_row(row))


def test_operators_see_the_least_level_of_each_wiki(admin: psycopg.Connection) -> None:
    """The view has both columns at its end."""
    a_wiki(admin, least_acr="phr", default_acr_values=["phr"])
    shown = "SELECT (least_acr, default_acr_values)::text FROM views.wikis"
    assert value(admin, shown) == "(phr,{phr})"
