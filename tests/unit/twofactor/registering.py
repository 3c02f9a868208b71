"""Answers of registration ceremonies for tests: Ada makes a passkey, and so does a stranger."""

from typing import Any

import cbor2
import pytest

from tests.authenticator import ES256, Authenticator, cose_key, new_private_key
from tests.environment import ISSUER
from tests.unit.twofactor.hostile_answers import attestation_of, with_attestation
from twofactor.errors import CeremonyRefused
from twofactor.services import ceremonies
from vault.passkeys import NewPasskey

CHALLENGE = ceremonies.new_challenge()
USER_HANDLE = ceremonies.new_user_handle()
OPTIONS = ceremonies.registration_options(CHALLENGE, user_handle=USER_HANDLE, username="Ada")
GOOD = Authenticator(origin=ISSUER).create(OPTIONS)
KEY = cose_key(new_private_key(ES256), ES256)


def answer(*, alg: int = ES256, **changes: Any) -> str:
    """The answer of an authenticator that has nothing yet."""
    return Authenticator(origin=ISSUER, alg=alg).create(OPTIONS, **changes)


def verify(text: str, challenge: bytes = CHALLENGE) -> NewPasskey:
    """Verifies an answer for Ada."""
    return ceremonies.verify_registration(text, challenge=challenge, user_handle=USER_HANDLE)


def refuse(text: str) -> None:
    """Expects an answer to be refused, for more than that nobody was verified."""
    with pytest.raises(CeremonyRefused) as refused:
        verify(text)
    assert type(refused.value) is CeremonyRefused
    assert refused.value.__cause__ is None


def with_key(key: Any) -> str:
    """A good answer (that nobody has signed) with another public key in its authenticator data."""
    attestation = attestation_of(GOOD)
    data = attestation["authData"]
    start = 55 + int.from_bytes(data[53:55])
    written = key if isinstance(key, bytes) else cbor2.dumps(key)
    return with_attestation(GOOD, {**attestation, "authData": data[:start] + written})
