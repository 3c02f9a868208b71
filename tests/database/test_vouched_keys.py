"""Signing keys under their seals: what is published is made from what a seal holds."""

from collections.abc import Iterator

import psycopg
import pytest
from django.test import override_settings
from joserfc import jwk

from tests.database.asking import ask, reported
from vault import signing_keys
from vault.keys import KeyRing, new_key
from vault.signing_keys import NoSigningKey


@pytest.fixture(autouse=True)
def _nothing_remembered(vault: None) -> Iterator[None]:
    signing_keys.forget()
    yield
    signing_keys.forget()


def test_keys_are_published_as_they_were_sealed(admin: psycopg.Connection) -> None:
    """Every key of the table, its public half alone, with its thumbprint for an id."""
    published = signing_keys.key_set().published
    rows = ask(admin, "SELECT kid FROM vault.signing_keys")
    assert {row["kid"] for row in rows} == {key["kid"] for key in published}
    for key in published:
        assert jwk.import_key(dict(key)).thumbprint() == key["kid"]
        assert not {"d", "p", "q"} & set(key)
        assert key["use"] == "sig"


def test_keys_under_a_seal_that_does_not_open_are_left_out(admin: psycopg.Connection) -> None:
    """Nothing is published, nothing signs, and each is written down."""
    kids = {row["kid"] for row in ask(admin, "SELECT kid FROM vault.signing_keys")}
    for key_id in ("t1", "t2"):  # another key of that id, and an id that the ring lacks
        signing_keys.forget()
        admin.execute("DELETE FROM vault.events")
        ring = KeyRing.parse("AUTHSITE_SIGNING_KEYS", new_key(key_id))
        with override_settings(SIGNING_KEYS=ring):
            assert signing_keys.key_set().published == ()
            with pytest.raises(NoSigningKey):
                signing_keys.signing_key("ES256")
        assert reported(admin) == {("signing_key", kid) for kid in kids}
