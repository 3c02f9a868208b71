"""Passkeys from MediaWiki in the vault: their counters go on from where they were.

What they sign is verified in tests/unit/twofactor/test_mediawiki_passkeys.py; here their counters
meet the vault's rule.
"""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.authenticator import from_base64url
from tests.database.asking import value
from tests.database.factors import enrol_passkey, present
from tests.database.people import sign_up

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "mediawiki_webauthn.json").read_text(encoding="utf-8")
)["webauthn"]


def sign_count(attempt: dict[str, Any]) -> int:
    """The counter that an authenticator signed."""
    data = from_base64url(attempt["credential"]["response"]["authenticatorData"])
    return int.from_bytes(data[33:37])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_counter_of_an_imported_passkey_goes_on_from_the_rows(
    vault: None, admin: psycopg.Connection, vector: dict[str, Any]
) -> None:
    """One that has not increased is refused and moves nothing; the next is right, and only once."""
    row = json.loads(vector["oad_data"])
    passkey = enrol_passkey(
        sign_up("Ada"),
        credential_id=b64decode(row["publicKeyCredentialId"]),
        user_handle=b64decode(row["userHandle"]),
        public_key=b64decode(row["credentialPublicKey"]),
        aaguid=UUID(row["aaguid"]),
        transports=tuple(row.get("transports", ())),
        sign_count=row["counter"],
    )
    assert passkey.sign_count == row["counter"]
    for attempt in vector["attempts"]:
        if attempt["note"] == "counter not increased":
            assert present(passkey, sign_count=sign_count(attempt)).status == "counter"
            assert value(admin, "SELECT sign_count FROM vault.passkeys") == row["counter"]
    good = next(attempt for attempt in vector["attempts"] if attempt["accept"])
    assert present(passkey, sign_count=sign_count(good)).status == "right"
    assert value(admin, "SELECT sign_count FROM vault.passkeys") == good["new_counter"]
    again = "right" if good["new_counter"] == 0 else "counter"
    assert present(passkey, sign_count=sign_count(good)).status == again
