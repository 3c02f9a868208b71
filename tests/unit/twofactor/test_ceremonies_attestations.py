"""What a registration brings in CBOR: attestations that nobody asked for, and what is none.

Named after the class of incidents that it keeps out: V-webauthn.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.authenticator import AT, EDDSA, ES256, RS256, new_private_key, sign
from tests.unit.twofactor.hostile_answers import CBOR, attestation_of, flipped, with_attestation
from tests.unit.twofactor.registering import GOOD, answer, refuse

# --- Attestations ------------------------------------------------------------------------------


def certificate(version: int = 2) -> bytes:
    """A certificate of nobody, of any version."""
    key, name = new_private_key(ES256), x509.Name([])
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )
    return built.replace(b"\xa0\3\2\1\2", b"\xa0\3\2\1" + bytes([version]), 1)


FORMATS = ("packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple")
SIGNED = {"alg": ES256, "sig": b"x", "ver": "2.0", "certInfo": b"x", "pubArea": b"x"}
STATEMENTS: dict[str, Any] = {
    "empty": {},
    "a list": [],
    "nothing": None,
    "a text": "sig",
    "without a signature": {"alg": ES256},
    "with an empty signature": {"alg": ES256, "sig": b""},
    "with a signature of a byte": {"alg": ES256, "sig": b"x"},
    "with a signature in letters": {"alg": ES256, "sig": "x"},
    "of another algorithm": {"alg": EDDSA, "sig": b"x"},
    "of an algorithm in words": {"alg": "ES256", "sig": [1]},
    "by a certificate of nobody": {**SIGNED, "x5c": [certificate()]},
    "by a certificate of version 8": {**SIGNED, "x5c": [certificate(7)]},
    **{
        f"by certificates that are {x5c!r}": {**SIGNED, "x5c": x5c}
        for x5c in ([b"x"], [b""], [1], [], b"x", 1, None)
    },
    **{
        f"with the response {response!r}": {"ver": "1", "response": response}
        for response in (b"x", b"e30.e30.e30", b"bnVsbA.W10.AA", "x")
    },
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
@pytest.mark.parametrize("fmt", FORMATS)
def test_registration_with_an_attestation_that_does_not_hold_is_refused(
    fmt: str, statement: Any
) -> None:
    """Of each format, with members that are missing, wrong, or of another type."""
    refuse(answer(fmt=fmt, att_stmt=statement, aaguid=UUID(int=0)))


@pytest.mark.parametrize("fmt", ["", "None", "none\0", "compound", "x", None, 0, b"none", [], {}])
def test_registration_with_an_attestation_of_no_known_format_is_refused(fmt: Any) -> None:
    """Section 7.1 step 21: what cannot be verified is not taken."""
    refuse(answer(fmt=fmt))


@pytest.mark.parametrize(
    "statement", [{"sig": b"x"}, {"x5c": []}, {"x": 1}, {"sig": None}, [], None, "", 0, b""]
)
def test_registration_without_an_attestation_makes_no_statement(statement: Any) -> None:
    """Section 8.7: the statement of format "none" is an empty map, and nothing else."""
    refuse(answer(att_stmt=statement))


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
def test_registration_attesting_itself_with_a_bad_signature_is_refused(alg: int) -> None:
    """The signature is over this very answer, by this very key."""
    other = new_private_key(alg)
    for tamper in (
        lambda right: flipped(right, len(right) // 2),
        lambda right: flipped(right, len(right) - 1),
        lambda right: right[:-1],
        lambda _: b"",
        lambda _: sign(other, b"something else"),
    ):
        refuse(answer(alg=alg, fmt="packed", signature=tamper))


# --- CBOR --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cbor", CBOR.values(), ids=CBOR)
def test_registration_in_cbor_that_no_authenticator_writes_is_refused(cbor: bytes) -> None:
    """CTAP 2.1 section 8: no tags, no open ends, four levels; and that before anything unfolds."""
    right = attestation_of(GOOD)
    refuse(with_attestation(GOOD, cbor))
    for name in right:
        rest = {key: value for key, value in right.items() if key != name}
        written = cbor2.dumps(rest)
        refuse(with_attestation(GOOD, bytes([0xA3]) + written[1:] + cbor2.dumps(name) + cbor))


@pytest.mark.parametrize(
    "attestation", [{}, [], "", None, 0, b"", {"fmt": "none"}, {"fmt": "none", "attStmt": {}}]
)
def test_registration_whose_attestation_is_none_is_refused(attestation: Any) -> None:
    """A map with its three members."""
    refuse(with_attestation(GOOD, attestation))
    refuse(with_attestation(GOOD, cbor2.dumps(attestation)))


@pytest.mark.parametrize("data", [None, 0, 37, "x" * 200, [0] * 200, [], {}, True])
def test_registration_whose_authenticator_data_is_no_bytes_is_refused(data: Any) -> None:
    """Neither a number of zeros nor a list of numbers."""
    refuse(with_attestation(GOOD, {**attestation_of(GOOD), "authData": data}))


def test_registration_cut_off_anywhere_is_refused() -> None:
    """Truncated authenticator data, a truncated object, and either with a byte more."""
    right = attestation_of(GOOD)
    data, whole = right["authData"], cbor2.dumps(right)
    for end in range(len(data)):
        refuse(with_attestation(GOOD, {**right, "authData": data[:end]}))
    for end in range(len(whole)):
        refuse(with_attestation(GOOD, whole[:end]))
    refuse(with_attestation(GOOD, {**right, "authData": data + b"\0"}))
    refuse(with_attestation(GOOD, whole + b"\0"))


def test_registration_that_hides_bytes_behind_a_number_is_refused() -> None:
    """A short float is written out longer than it was read: eleven bytes for five."""
    refuse(answer(ed=True, extra_cbor=b"\xa1\x61a\xf9\x3c\x01hidden"))


def test_registration_without_its_key_is_refused() -> None:
    """The flag says that a key is there, or the key is there without it."""
    refuse(answer(authenticator_data=lambda data: flipped(data, 32, AT)))
    refuse(answer(authenticator_data=lambda data: data[:37]))
    refuse(answer(authenticator_data=lambda data: flipped(data[:37], 32, AT)))
