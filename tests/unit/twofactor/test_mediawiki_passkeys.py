"""Passkeys that people bring along from MediaWiki: its rows, and assertions good and bad.

The rows have the form in which OATHAuth keeps them; the assertions were made for them, and checked
with another WebAuthn library. Counters: tests/database/test_passkeys_imported.py.
"""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django.fixtures import Settings

from tests.authenticator import BE, from_base64url
from twofactor.errors import CeremonyRefused, UserNotVerified
from twofactor.services import ceremonies
from twofactor.services.ceremonies import Shown, Verification
from vault.passkeys import Passkey

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "mediawiki_webauthn.json").read_text(encoding="utf-8")
)["webauthn"]
ATTEMPTS = [
    pytest.param(vector, attempt, id=f"{vector['id']}: {attempt['note']}")
    for vector in VECTORS
    for attempt in vector["attempts"]
]
COUNTER = "counter not increased"


@pytest.fixture(autouse=True)
def _at_the_origin_of_the_vectors(settings: Settings) -> None:
    settings.OWN_ORIGIN = "https://auth.example.org"


def authenticator_data(attempt: dict[str, Any]) -> bytes:
    """What the authenticator said of itself."""
    return from_base64url(attempt["credential"]["response"]["authenticatorData"])


def passkey_of(vector: dict[str, Any]) -> Passkey:
    """The row as an importer would keep it; whether it is synced, no row says."""
    row = json.loads(vector["oad_data"])
    return Passkey(
        credential_id=b64decode(row["publicKeyCredentialId"]),
        account_id=uuid4(),
        user_handle=b64decode(row["userHandle"]),
        public_key=b64decode(row["credentialPublicKey"]),
        aaguid=UUID(row["aaguid"]),
        is_synced=bool(authenticator_data(vector["attempts"][0])[32] & BE),
        sign_count=row["counter"],
    )


def verify(vector: dict[str, Any], attempt: dict[str, Any]) -> Shown:
    """Reads and verifies what was presented, as it is asked for there."""
    wanted: Verification = "required" if attempt["require_user_verification"] else "preferred"
    return ceremonies.verify_authentication(
        ceremonies.read_answer(json.dumps(attempt["credential"])),
        passkey_of(vector),
        challenge=from_base64url(attempt["challenge"]),
        verification=wanted,
    )


def test_vectors_are_all_that_mediawiki_can_hold() -> None:
    """Each algorithm that it registers or still takes, SHA-1 of old TPMs too; none is synced."""
    assert {vector["cose_alg"] for vector in VECTORS} >= {-7, -8, -36, -257, -65535}
    assert not any(passkey_of(vector).is_synced for vector in VECTORS)
    handles = {passkey_of(vector).user_handle for vector in VECTORS}
    assert handles == {b64decode(vector["oah_handle"]) for vector in VECTORS}


@pytest.mark.parametrize(("vector", "attempt"), ATTEMPTS)
def test_assertion_is_taken_as_mediawiki_would_take_it(
    vector: dict[str, Any], attempt: dict[str, Any]
) -> None:
    """Good ones give their counter; bad ones are refused, for the one thing that is wrong."""
    if attempt["accept"] or attempt["note"] == COUNTER:
        shown = verify(vector, attempt)
        said = authenticator_data(attempt)
        assert shown.sign_count == int.from_bytes(said[33:37])
        assert shown.sign_count == attempt.get("new_counter", passkey_of(vector).sign_count)
        assert shown.user_verified == ("not verified" not in attempt["note"])
        assert not shown.backed_up
        return
    with pytest.raises(CeremonyRefused) as refused:
        verify(vector, attempt)
    only_unverified = attempt["note"] == "user verification required but flag not set"
    assert type(refused.value) is (UserNotVerified if only_unverified else CeremonyRefused)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_assertion_for_another_row_of_the_same_person_is_refused(vector: dict[str, Any]) -> None:
    """They share a user handle, and nothing else."""
    good = vector["attempts"][0]
    answer = ceremonies.read_answer(json.dumps(good["credential"]))
    for other in VECTORS:
        if other is not vector:
            with pytest.raises(CeremonyRefused):
                ceremonies.verify_authentication(
                    answer,
                    passkey_of(other),
                    challenge=from_base64url(good["challenge"]),
                    verification="preferred",
                )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_assertion_at_another_origin_is_refused(vector: dict[str, Any], settings: Settings) -> None:
    """A passkey that was made for a wiki's own host works at that host alone."""
    settings.OWN_ORIGIN = "https://wiki.example.org"
    with pytest.raises(CeremonyRefused):
        verify(vector, vector["attempts"][0])
