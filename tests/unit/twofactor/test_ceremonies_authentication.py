"""Authentication ceremonies (WebAuthn section 7.2): what shows a passkey, and what never does.

Named after the class of incidents that it keeps out: V-webauthn. Whether a counter has risen is for
the vault to say: tests/database/test_passkeys.py.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cbor2
import pytest

from tests.authenticator import (
    AT,
    EDDSA,
    ES256,
    ES512,
    RS256,
    Authenticator,
    base64url,
    cose_key,
    new_private_key,
    sign,
)
from tests.environment import ISSUER
from tests.unit.twofactor import registering
from tests.unit.twofactor.authenticating import (
    CHALLENGE,
    OPTIONS,
    Held,
    a_passkey,
    refuse,
    stored,
    verify,
)
from tests.unit.twofactor.hostile_answers import CBOR, GONE, HOST, SAID, broken, edited, flipped
from twofactor.errors import CeremonyRefused, UserNotVerified
from twofactor.services import ceremonies
from twofactor.services.ceremonies import Shown, Verification
from vault.passkeys import Offered

ADA = a_passkey()
BROKEN = broken(ADA.answer(), "response.authenticatorData", "response.signature")


@pytest.fixture
def ada() -> Held:
    """A passkey of Ada's on her own device."""
    return a_passkey()


@pytest.fixture
def mallory() -> Held:
    """A passkey of another account's, whose user handle is another."""
    device = Authenticator(origin=ISSUER)
    device.create(registering.OPTIONS, user_handle=ceremonies.new_user_handle())
    return Held(device, stored(device))


# --- What is asked for -------------------------------------------------------------------------


def test_authentication_options_name_no_credential_unless_asked_to() -> None:
    """Sections 14.6.2 and 14.6.3: without a first proof, nobody learns who has any."""
    assert OPTIONS["rpId"] == HOST
    assert OPTIONS["userVerification"] == "required"
    assert not OPTIONS.get("allowCredentials")
    offered = ceremonies.authentication_options(
        CHALLENGE, offered=[Offered(b"id" * 8, ("hybrid",))], verification="preferred"
    )
    assert offered["userVerification"] == "preferred"
    [allowed] = offered["allowCredentials"]
    assert allowed["id"] == base64url(b"id" * 8)
    assert allowed["transports"] == ["hybrid"]


# --- What shows a passkey ----------------------------------------------------------------------


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256, ES512])
@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("verification", ["required", "preferred"])
def test_authentication_that_is_good_gives_what_was_said(
    alg: int, synced: bool, verification: Verification
) -> None:
    """Of each algorithm that is offered, and of those that only imported passkeys have."""
    held = a_passkey(alg=alg, synced=synced, counts=not synced)
    shown = verify(held.answer(), held.passkey, verification=verification)
    assert shown == Shown(0 if synced else 2, backed_up=synced, user_verified=True)


@pytest.mark.parametrize("count", [0, 1, 2**31, 2**32 - 1])
def test_authentication_gives_the_counter_and_leaves_it_to_the_vault(ada: Held, count: int) -> None:
    """Whatever it is, forward or back: the vault moves it, so the vault judges it."""
    passkey = replace(ada.passkey, sign_count=5)
    assert verify(ada.answer(sign_count=count), passkey).sign_count == count


def test_authentication_says_whether_the_passkey_is_backed_up_now() -> None:
    """Section 7.2: its state may change from one time to the next, its eligibility may not."""
    held = a_passkey(synced=True)
    assert verify(held.answer(), held.passkey).backed_up
    assert not verify(held.answer(bs=False), held.passkey).backed_up


def test_authentication_without_a_user_handle_says_nothing_of_its_user(ada: Held) -> None:
    """A security key that holds no name gives none; some browsers give an empty one instead."""
    good = ada.answer()
    handle = "response.userHandle"
    for text in (
        ada.answer(user_handle=None),
        edited(good, handle, None),
        edited(good, handle, ""),
    ):
        assert ceremonies.read_answer(text).user_handle is None
        assert verify(text, ada.passkey).user_verified
    assert ceremonies.read_answer(good).user_handle == registering.USER_HANDLE


@pytest.mark.parametrize("extensions", [{}, {"credProtect": 2, "hmac-secret": b"x" * 32}])
def test_authentication_with_extensions_is_taken(ada: Held, extensions: dict[str, Any]) -> None:
    """Section 9: what was not asked for is passed over."""
    shown = verify(ada.answer(ed=True, extra_cbor=cbor2.dumps(extensions)), ada.passkey)
    assert shown.user_verified


# --- What never does ---------------------------------------------------------------------------


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_authentication_of_another_place_or_moment_is_refused(said: dict[str, Any]) -> None:
    """V-webauthn: origin, RP ID, challenge, type, frame and flags are ours, to the letter."""
    refuse(ADA.answer(**said), ADA.passkey)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_authentication_in_a_broken_text_is_refused(text: str) -> None:
    """Whatever is sent, a person reads that it did not work: never a bare 500."""
    refuse(text, ADA.passkey)


@pytest.mark.parametrize("value", [0, True, 1.5, [], ["AA"], {}, "!", "AA=", "\ud800", "A A", "\0"])
def test_authentication_with_a_user_handle_of_another_type_is_refused(value: Any) -> None:
    """It is base64url, or it is not there."""
    refuse(edited(ADA.answer(), "response.userHandle", value), ADA.passkey)


def test_authentication_by_an_answer_of_the_other_ceremony_is_refused(ada: Held) -> None:
    """Section 7.2 step 11: neither the type nor a whole registration does."""
    refuse(ada.answer(type="webauthn.create"), ada.passkey)
    asked = {**registering.OPTIONS, "challenge": OPTIONS["challenge"]}
    made = ada.device.create(asked, type="webauthn.get", credential=ada.device.credentials[0])
    refuse(made, ada.passkey)


def test_authentication_that_nobody_began_is_refused(ada: Held) -> None:
    """An empty challenge is none, whoever expects it; and one ceremony's is not another's."""
    with pytest.raises(CeremonyRefused):
        verify(ada.answer(challenge=b""), ada.passkey, challenge=b"")
    with pytest.raises(CeremonyRefused):
        verify(ada.answer(), ada.passkey, challenge=ceremonies.new_challenge())


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
def test_authentication_without_verifying_its_user_is_refused_where_it_has_to(alg: int) -> None:
    """UV=0 alone is an error of its own, and none as a second factor."""
    held = a_passkey(alg=alg)
    with pytest.raises(UserNotVerified):
        verify(held.answer(uv=False), held.passkey, verification="required")
    assert not verify(held.answer(uv=False), held.passkey, verification="preferred").user_verified
    refuse(held.answer(uv=False, origin="https://evil.example.com"), held.passkey)
    refuse(held.answer(uv=False, signature=lambda right: right[:-1]), held.passkey)
    refuse(held.answer(uv=False, be=True), held.passkey)


@pytest.mark.parametrize("size", [0, 1024, 5000])
def test_authentication_with_an_id_of_no_credentials_size_is_refused(ada: Held, size: int) -> None:
    """At most 1023 bytes (section 5.8.3), whatever the row says."""
    refuse(ada.answer(credential_id=b"x" * size), replace(ada.passkey, credential_id=b"x" * size))


# --- Whose -------------------------------------------------------------------------------------


def test_authentication_by_the_passkey_of_somebody_else_is_refused(
    ada: Held, mallory: Held
) -> None:
    """Mallory's own answer; under Ada's id; with her user handle; with her row's key left alone."""
    hers = mallory.device.credentials[0]
    refuse(mallory.answer(), ada.passkey)
    refuse(mallory.answer(credential_id=ada.passkey.credential_id), ada.passkey)
    refuse(ada.answer(credential_id=hers.id), ada.passkey)
    refuse(ada.answer(credential=hers), ada.passkey)
    claimed = mallory.answer(
        credential_id=ada.passkey.credential_id, user_handle=ada.passkey.user_handle
    )
    refuse(claimed, ada.passkey)


@pytest.mark.parametrize(
    "handle",
    [
        b"another user's handle, 32 bytes!",
        registering.USER_HANDLE[:-1],
        registering.USER_HANDLE + b"\0",
        b"\0",
    ],
    ids=["another", "shorter", "longer", "NUL"],
)
def test_authentication_for_another_user_handle_is_refused(ada: Held, handle: bytes) -> None:
    """Section 7.2 step 6: what the authenticator says and what the row says are one."""
    refuse(ada.answer(user_handle=handle), ada.passkey)
    refuse(ada.answer(), replace(ada.passkey, user_handle=handle))


@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("bs", [True, False])
def test_authentication_with_another_backup_eligibility_is_refused(synced: bool, bs: bool) -> None:
    """Section 7.2 step 19: eligible it is from the beginning, or never."""
    held = a_passkey(synced=synced)
    refuse(held.answer(be=not synced, bs=bs and not synced), held.passkey)
    refuse(held.answer(), replace(held.passkey, is_synced=not synced))


# --- Signatures --------------------------------------------------------------------------------

TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut off": lambda right: right[:-1],
    "with more behind it": lambda right: right + b"\0",
    "the first byte": lambda right: flipped(right, 0),
    "in the middle": lambda right: flipped(right, len(right) // 2),
    "the last byte": lambda right: flipped(right, len(right) - 1),
    "random": lambda right: os.urandom(len(right)),
    "zeros": lambda right: bytes(len(right)),
    "zero and zero": lambda _: b"\x30\6\2\1\0\2\1\0",
    "of something else": lambda _: sign(new_private_key(ES256), b"something else"),
}


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256, ES512])
@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_authentication_with_a_signature_that_is_not_right_is_refused(
    alg: int, tamper: Callable[[bytes], bytes]
) -> None:
    """Section 7.2 step 21: over this authenticator data and this client data, by this key."""
    held = a_passkey(alg=alg)
    refuse(held.answer(signature=tamper), held.passkey)


def test_authentication_put_together_from_two_is_refused(ada: Held) -> None:
    """Authenticator data, client data and signature belong together."""
    one, other = ada.answer(sign_count=7), ada.answer(sign_count=8, client_extra={"x": 1})
    parts = ("authenticatorData", "clientDataJSON", "signature")
    for name in parts:
        path = f"response.{name}"
        refuse(
            edited(one, path, ceremonies.read_answer(other).as_sent["response"][name]), ada.passkey
        )
        refuse(edited(one, path, GONE), ada.passkey)


def test_authentication_by_a_short_rsa_key_is_refused() -> None:
    """V-webauthn: 1024 bits, even if such a key were in a row."""
    device = Authenticator(origin=ISSUER, alg=RS256)
    device.create(registering.OPTIONS, key_bits=1024)
    refuse(device.get(OPTIONS), stored(device))


@pytest.mark.parametrize("claimed", [ES512, EDDSA, RS256, -65535, 0])
def test_authentication_by_a_key_for_another_algorithm_is_refused(ada: Held, claimed: int) -> None:
    """The algorithm is the row's, never the answer's."""
    key = cose_key(ada.device.credentials[0].private_key, claimed)
    refuse(ada.answer(), replace(ada.passkey, public_key=cbor2.dumps(key)))


@pytest.mark.parametrize("key", [b"", b"\0", b"x" * 77, cbor2.dumps({}), *CBOR.values()])
def test_authentication_by_a_row_without_a_key_is_refused(ada: Held, key: bytes) -> None:
    """A row that is broken fails closed."""
    refuse(ada.answer(), replace(ada.passkey, public_key=key))


# --- Authenticator data ------------------------------------------------------------------------


@pytest.mark.parametrize("end", range(37))
def test_authentication_with_truncated_data_is_refused(ada: Held, end: int) -> None:
    """Although it is signed so."""
    refuse(ada.answer(authenticator_data=lambda data: data[:end]), ada.passkey)


def test_authentication_that_brings_a_key_is_refused(ada: Held) -> None:
    """Section 6.3.3: attested credential data is for registrations."""
    refuse(ada.answer(authenticator_data=lambda data: flipped(data, 32, AT)), ada.passkey)
    key = cbor2.dumps(registering.KEY)
    attested = bytes(16) + (16).to_bytes(2) + b"x" * 16 + key
    refuse(
        ada.answer(authenticator_data=lambda data: flipped(data, 32, AT) + attested), ada.passkey
    )
