"""What authenticators write in CBOR, held to CTAP2's own rules before py_webauthn reads it.

That reads every tag which cbor2 knows, and writes the values out again to learn how long they were:
a hundred bytes of references to references become gigabytes. CTAP 2.1 (section 8) has no tags, no
open ends and four levels. Which keys new passkeys may have is said here too.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final, NoReturn

import cbor2
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Alg
from webauthn.helpers.exceptions import WebAuthnException

MAX_DEPTH: Final = 4
RSA_BITS: Final = range(2048, 4096 + 1)
MAX_PUBLIC_KEY: Final = 2000  # bytes, as the vault takes them
# What an attestation may say, by its format: nothing, or the key's own signature.
_MEMBERS: Final = {"none": set[str](), "packed": {"alg", "sig"}}
# Of flags (WebAuthn section 6.1): attested credential data and extensions are there.
ATTESTED: Final = 0x40
EXTENDED: Final = 0x80
# What py_webauthn and the libraries below it raise at what no authenticator would send.
MALFORMED: Final = (
    WebAuthnException,
    cbor2.CBORError,
    InvalidSignature,
    UnsupportedAlgorithm,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class _NoTags(dict[int, Any]):
    """The decoders of tags: there is none, not even one of cbor2's own."""

    def __missing__(self, tag: int) -> NoReturn:
        """Refuses the tag."""
        raise ValueError("a tag")


def _items(written: bytes, count: int) -> list[Any]:
    """So many CBOR items, and nothing after them. Raises what is in ``MALFORMED``."""
    stream = BytesIO(written)
    decoder = cbor2.CBORDecoder(
        stream,
        semantic_decoders=_NoTags(),
        max_depth=MAX_DEPTH,
        allow_indefinite=False,
        allow_duplicate_keys=False,
    )
    items = [decoder.decode() for _ in range(count)]
    if stream.read(1):
        raise ValueError("bytes are left over")
    return items


def check_authenticator_data(data: bytes, *, attested: bool) -> None:
    """Refuses data with other parts than its ceremony has, or more (WebAuthn section 6.1).

    ``attested`` says that a new key has to be there; otherwise there must be none. Raises what is
    in ``MALFORMED``.
    """
    flags = data[32]
    if bool(flags & ATTESTED) != attested:
        raise ValueError("attested credential data")
    # Behind digest, flags and counter: AAGUID, a length and an id of that length, then the key.
    start = 55 + int.from_bytes(data[53:55]) if attested else 37
    parts = _items(data[start:], attested + bool(flags & EXTENDED))
    if not all(isinstance(part, dict) for part in parts):
        raise ValueError("keys and extensions are maps")


def check_attestation(written: bytes) -> None:
    """Refuses an attestation object that is no strict CBOR, or attests more than was asked for.

    None is asked for: browsers then send none, or what a key says of itself (WebAuthn section 5.1.3
    step 25). Certificates never reach a parser here. Raises what is in ``MALFORMED``.
    """
    [attestation] = _items(written, 1)
    statement = attestation["attStmt"]
    if not isinstance(statement, dict) or set(statement) != _MEMBERS[attestation["fmt"]]:
        raise ValueError("an attestation")
    check_authenticator_data(attestation["authData"], attested=True)


def check_key(public_key: bytes) -> None:
    """Refuses an RSA key that is too short, whenever it was made. Raises as the others."""
    _, key = _decoded(public_key)
    if isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS.start:
        raise ValueError("a key of fewer than 2048 bits")


def check_new_key(public_key: bytes) -> None:
    """Refuses a key that is not of the algorithm which it names (WebAuthn section 5.8.5).

    py_webauthn looks at the name alone. Raises what is in ``MALFORMED``.
    """
    alg, key = _decoded(public_key)
    fits: Mapping[int, bool] = {
        Alg.ECDSA_SHA_256: isinstance(key, EllipticCurvePublicKey) and key.key_size == 256,
        Alg.EDDSA: isinstance(key, Ed25519PublicKey),
        Alg.RSASSA_PKCS1_v1_5_SHA_256: isinstance(key, RSAPublicKey) and key.key_size in RSA_BITS,
    }
    if not fits.get(alg) or len(public_key) > MAX_PUBLIC_KEY:
        raise ValueError("a key of another kind")


def _decoded(public_key: bytes) -> tuple[int, object]:
    """The algorithm that a COSE key names, and the key."""
    decoded = decode_credential_public_key(public_key)
    return decoded.alg, decoded_public_key_to_cryptography(decoded)
