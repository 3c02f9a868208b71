"""Answers of authentication ceremonies for tests: Ada shows a passkey, and so does a stranger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.authenticator import ES256, Authenticator
from tests.environment import ISSUER
from tests.unit.twofactor import registering
from twofactor.errors import CeremonyRefused
from twofactor.services import ceremonies
from twofactor.services.ceremonies import Shown, Verification
from vault.passkeys import Passkey

CHALLENGE = ceremonies.new_challenge()
# For whichever the person chooses, as in a name field.
OPTIONS = ceremonies.authentication_options(CHALLENGE, verification="required")


@dataclass
class Held:
    """An authenticator with one passkey, and that passkey as the vault gives it."""

    device: Authenticator
    passkey: Passkey

    def answer(self, options: Mapping[str, Any] = OPTIONS, **changes: Any) -> str:
        """The device's answer."""
        return self.device.get(options, **changes)


def a_passkey(*, alg: int = ES256, synced: bool = False, counts: bool = True) -> Held:
    """A passkey of Ada's, of any algorithm: those that people bring along are of others, too."""
    device = Authenticator(origin=ISSUER, alg=alg, synced=synced, counts=counts)
    device.create(registering.OPTIONS)
    return Held(device, stored(device))


def stored(device: Authenticator, **changes: Any) -> Passkey:
    """The newest passkey of a device, as it is kept."""
    credential = device.credentials[-1]
    return Passkey(
        **{
            "credential_id": credential.id,
            "account_id": uuid4(),
            "user_handle": credential.user_handle,
            "public_key": credential.public_key,
            "aaguid": device.aaguid,
            "is_synced": credential.synced,
            "sign_count": credential.sign_count,
            **changes,
        }
    )


def verify(
    text: str,
    passkey: Passkey,
    *,
    challenge: bytes = CHALLENGE,
    verification: Verification = "required",
) -> Shown:
    """Reads an answer and verifies it for a passkey."""
    answer = ceremonies.read_answer(text)
    return ceremonies.verify_authentication(
        answer, passkey, challenge=challenge, verification=verification
    )


def refuse(text: str, passkey: Passkey) -> None:
    """Expects an answer to be refused in either way, for more than that nobody was verified."""
    ways: tuple[Verification, Verification] = ("required", "preferred")
    for verification in ways:
        with pytest.raises(CeremonyRefused) as refused:
            verify(text, passkey, verification=verification)
        assert type(refused.value) is CeremonyRefused
        assert refused.value.__cause__ is None
