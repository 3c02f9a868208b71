"""Registration ceremonies (WebAuthn section 7.1): which answers make a passkey, and which never.

Named after the class of incidents that it keeps out: V-webauthn. Attestations and CBOR are tried in
test_ceremonies_attestations.py.
"""

from typing import Any
from uuid import UUID

import cbor2
import pytest

from tests.authenticator import (
    EDDSA,
    ES256,
    ES512,
    RS256,
    AlreadyRegistered,
    Authenticator,
    base64url,
    from_base64url,
)
from tests.environment import ISSUER
from tests.unit.twofactor.hostile_answers import (
    CBOR,
    HOST,
    SAID,
    attestation_of,
    broken,
    edited,
    read,
    with_attestation,
)
from tests.unit.twofactor.registering import (
    CHALLENGE,
    GOOD,
    KEY,
    OPTIONS,
    USER_HANDLE,
    answer,
    refuse,
    verify,
    with_key,
)
from twofactor.errors import CeremonyRefused, UserNotVerified
from twofactor.services import ceremonies
from vault.passkeys import NewPasskey, Offered

BROKEN = broken(GOOD, "response.attestationObject")

# --- What is asked for -------------------------------------------------------------------------


def test_registration_options_ask_for_a_passkey_that_stands_alone() -> None:
    """WebAuthn section 5.4: discoverable, with user verification, of our algorithms, unattested."""
    assert OPTIONS["rp"]["id"] == HOST
    assert OPTIONS["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [one["alg"] for one in OPTIONS["pubKeyCredParams"]] == [ES256, EDDSA, RS256]
    assert OPTIONS["attestation"] == "none"
    assert from_base64url(OPTIONS["challenge"]) == CHALLENGE


def test_registration_options_exclude_what_is_held() -> None:
    """A device that holds a passkey of the account makes no second one."""
    device = Authenticator(origin=ISSUER)
    held = Offered(verify(device.create(OPTIONS)).credential_id, ("usb", "hybrid"))
    again = ceremonies.registration_options(
        CHALLENGE, user_handle=USER_HANDLE, username="Ada", held=[held]
    )
    [excluded] = again["excludeCredentials"]
    assert excluded["transports"] == ["usb", "hybrid"]
    with pytest.raises(AlreadyRegistered):
        device.create(again)


def test_challenge_and_user_handle_are_random() -> None:
    """Sections 13.4.3 and 14.6.1: 256 bits, never the same, and nobody's name in them."""
    for new in (ceremonies.new_challenge, ceremonies.new_user_handle):
        assert len({new() for _ in range(100)}) == 100
        assert {len(new()) for _ in range(100)} == {32}
    assert from_base64url(OPTIONS["user"]["id"]) == USER_HANDLE


# --- What makes a passkey ----------------------------------------------------------------------


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("fmt", ["none", "packed"])
def test_registration_that_is_good_gives_the_passkey(alg: int, synced: bool, fmt: str) -> None:
    """Everything of it is what the authenticator said, attested by itself or not at all."""
    device = Authenticator(origin=ISSUER, alg=alg, synced=synced, counts=not synced)
    made = verify(device.create(OPTIONS, fmt=fmt))
    [credential] = device.credentials
    assert made == NewPasskey(
        credential_id=credential.id,
        user_handle=USER_HANDLE,
        public_key=credential.public_key,
        aaguid=device.aaguid,
        is_synced=synced,
        backed_up=synced,
        transports=("hybrid", "internal"),
        sign_count=0 if synced else 1,
        knows_user=True,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"be": True, "bs": False}, {"is_synced": True, "backed_up": False}),
        ({"sign_count": 2**32 - 1}, {"sign_count": 2**32 - 1}),
        ({"aaguid": UUID(int=0)}, {"aaguid": UUID(int=0)}),
        ({"credential_id": b"x" * 16}, {"credential_id": b"x" * 16}),
        ({"credential_id": b"x" * 1023}, {"credential_id": b"x" * 1023}),
        ({"ed": True, "extra_cbor": cbor2.dumps({"credProtect": 2})}, {}),
        ({"client_extra": {"other_keys_can_be_added_here": "x", "tokenBinding": "no"}}, {}),
        ({"transports": ["usb", "nfc", "usb"]}, {"transports": ("nfc", "usb")}),
        ({"transports": ["cable", "\0", None, ["usb"], "usb" * 100]}, {"transports": ()}),
        ({"transports": "usb"}, {"transports": ()}),
        ({"transports": None}, {"transports": ()}),
    ],
)
def test_registration_keeps_what_is_said(changes: dict[str, Any], said: dict[str, Any]) -> None:
    """Backup eligibility and state each, the counter, and of transports those that we know."""
    made = verify(answer(**changes))
    assert {name: getattr(made, name) for name in said} == said


# --- What never does ---------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["none", "packed"])
@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_registration_of_another_place_or_moment_is_refused(said: dict[str, Any], fmt: str) -> None:
    """V-webauthn: origin, RP ID, challenge, type, frame and flags are ours, to the letter."""
    refuse(answer(fmt=fmt, **said))


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_registration_in_a_broken_text_is_refused(text: str) -> None:
    """Whatever is sent, a person reads that it did not work: never a bare 500."""
    refuse(text)


def test_registration_by_an_answer_of_the_other_ceremony_is_refused() -> None:
    """WebAuthn section 7.1 step 7: neither the type nor a whole authentication does."""
    refuse(answer(type="webauthn.get"))
    device = Authenticator(origin=ISSUER)
    device.create(OPTIONS)
    asked = ceremonies.authentication_options(CHALLENGE, verification="required")
    shown = device.get(asked, type="webauthn.create")
    refuse(shown)
    data = from_base64url(read(shown, "response.authenticatorData"))
    bare = {**attestation_of(GOOD), "authData": data}
    refuse(with_attestation(GOOD, bare))


def test_registration_that_nobody_began_is_refused() -> None:
    """An empty challenge is none, whoever expects it."""
    with pytest.raises(CeremonyRefused):
        verify(answer(challenge=b""), challenge=b"")


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
def test_registration_without_verifying_its_user_says_so(alg: int) -> None:
    """UV=0 alone is an error of its own; with anything else wrong, it is not the reason."""
    with pytest.raises(UserNotVerified):
        verify(answer(alg=alg, uv=False))
    refuse(answer(alg=alg, uv=False, origin="https://evil.example.com"))
    refuse(answer(alg=alg, uv=False, up=False))
    refuse(answer(alg=alg, uv=False, credential_id=b"x"))


@pytest.mark.parametrize("size", [0, 1, 15, 1024, 1025, 5000])
def test_registration_with_an_id_of_no_credentials_size_is_refused(size: int) -> None:
    """16 to 1023 bytes (sections 4 and 5.8.3)."""
    refuse(answer(credential_id=b"x" * size))


def test_registration_under_the_id_of_somebody_else_is_refused() -> None:
    """What the browser calls it is what the authenticator made, in both places."""
    others = base64url(b"somebody else's credential, really")
    refuse(edited(GOOD, "id", others))
    refuse(edited(GOOD, "rawId", others))
    refuse(edited(edited(GOOD, "id", others), "rawId", others))


# --- Keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["none", "packed"])
@pytest.mark.parametrize(
    ("alg", "claimed"),
    [
        (ES512, ES512),
        *((ES256, claimed) for claimed in (ES512, EDDSA, RS256, -65535, -37, 0, 7, -(2**63))),
        *((ES512, claimed) for claimed in (ES256, EDDSA)),
        *((RS256, claimed) for claimed in (ES256, EDDSA, -65535)),
        *((EDDSA, claimed) for claimed in (ES256, RS256)),
    ],
)
def test_registration_of_an_algorithm_that_was_not_offered_is_refused(
    alg: int, claimed: int, fmt: str
) -> None:
    """Section 7.1 step 20, and a key of another kind than it names (section 5.8.5)."""
    refuse(answer(alg=alg, alg_claimed=claimed, fmt=fmt))


@pytest.mark.parametrize("fmt", ["none", "packed"])
def test_registration_of_a_short_rsa_key_is_refused(fmt: str) -> None:
    """V-webauthn: 1024 bits, and anything below 2048."""
    refuse(answer(alg=RS256, key_bits=1024, fmt=fmt))
    refuse(answer(alg=RS256, key_bits=2040, fmt=fmt))


RSA_KEY = {1: 3, 3: RS256, -1: b"\xff" * 256, -2: b"\1\0\1"}
KEYS: dict[str, Any] = {
    "of another type": {**KEY, 1: 3},
    "of a type that is true": {**KEY, 1: True},
    "of a type in words": {**KEY, 1: "EC2"},
    "of no type": {**KEY, 1: None},
    "for no algorithm": {**KEY, 3: None},
    "for an algorithm in words": {**KEY, 3: "ES256"},
    "on another curve": {**KEY, -1: 2},
    "on an unknown curve": {**KEY, -1: 8},
    "beside its curve": {**KEY, -2: b"\1" * 32},
    "without an x": {**KEY, -2: b""},
    "with a number for x": {**KEY, -2: 1},
    "with nothing for y": {**KEY, -3: None},
    "with a list for y": {**KEY, -3: [1]},
    "without a y": {name: value for name, value in KEY.items() if name != -3},
    "with 3000 zeros before x": {**KEY, -2: bytes(3000) + KEY[-2]},
    "with much else in it": {**KEY, "more": "x" * 3000},
    "Ed25519, short": {1: 1, 3: EDDSA, -1: 6, -2: b"short"},
    "Ed448": {1: 1, 3: EDDSA, -1: 7, -2: b"\1" * 57},
    "RSA of 8192 bits": {**RSA_KEY, -1: b"\xff" * 1024},
    "RSA of 72000 bits": {**RSA_KEY, -1: b"\xff" * 9000},
    "RSA of zeros": {**RSA_KEY, -1: bytes(256)},
    "RSA to the power of 1": {**RSA_KEY, -2: b"\1"},
    "RSA to the power of 2": {**RSA_KEY, -2: b"\2"},
    "RSA to no power": {**RSA_KEY, -2: b""},
    "ML-DSA": {1: 7, 3: -48, -1: bytes(1312)},
    "empty": {},
    "a list": [],
    "nothing": None,
    "a text": "key",
    "bare": b"\4" + b"\1" * 64,
    "bytes": b"\x44" + b"\1" * 4,
    "not there": b"",
    **{f"CBOR: {name}": cbor for name, cbor in CBOR.items()},
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_registration_of_what_is_no_key_is_refused(key: Any) -> None:
    """Not on its curve, too long, of another type, or nothing of the kind."""
    refuse(with_key(key))
