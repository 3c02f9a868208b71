"""WebAuthn ceremonies (Level 3): what a browser is asked for, and whether its answer holds.

py_webauthn does the parsing and the cryptography; this adds what it leaves to its caller, and asks
nothing of the vault. Challenges are made here and spent by whoever takes an answer.
"""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    options_to_json_dict,
    parse_authentication_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Alg
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from twofactor.errors import CeremonyRefused, UserNotVerified
from twofactor.services.authenticator_data import (
    MALFORMED,
    check_attestation,
    check_authenticator_data,
    check_key,
    check_new_key,
)
from vault.passkeys import NewPasskey, Offered, Passkey

CHALLENGE_BYTES: Final = 32
# As long as a page of a flow is good for: a passkey offered in a name field waits with its page.
TIMEOUT_MILLISECONDS: Final = 5 * 60 * 1000
MAX_ANSWER: Final = 24_000  # characters: an attestation that nobody asked for may come along
# Bytes (WebAuthn sections 4 and 5.8.3).
MIN_CREDENTIAL_ID: Final = 16
MAX_CREDENTIAL_ID: Final = 1023
# What new passkeys may sign with, the preferred one first. Passkeys that people bring along may use
# others, which only verify.
OFFERED_ALGORITHMS: Final = (
    Alg.ECDSA_SHA_256,
    Alg.EDDSA,
    Alg.RSASSA_PKCS1_v1_5_SHA_256,
)
TRANSPORTS: Final = frozenset({"ble", "hybrid", "internal", "nfc", "smart-card", "usb"})

Verification = Literal["required", "preferred"]
# What an answer has in base64url, which is read strictly: Python's decoder leaves out what is none.
_ENCODED: Final = (
    "attestationObject",
    "authenticatorData",
    "clientDataJSON",
    "signature",
    "userHandle",
)
_BASE64URL: Final = re.compile("[A-Za-z0-9_-]*")


def origin() -> str:
    """The one origin at which ceremonies happen: this site's own."""
    return str(settings.OWN_ORIGIN)


def rp_id() -> str:
    """The relying party's id: this site's own host name. No other host can use its passkeys."""
    return urlsplit(origin()).hostname or ""


def new_challenge() -> bytes:
    """A challenge for one ceremony: 256 random bits."""
    return secrets.token_bytes(CHALLENGE_BYTES)


def new_user_handle() -> bytes:
    """By what an authenticator knows an account: 256 random bits that say nothing about it."""
    return secrets.token_bytes(32)


def _descriptors(passkeys: Iterable[Offered]) -> list[PublicKeyCredentialDescriptor]:
    # py_webauthn's enum of transports is shorter than what browsers know: theirs go in below.
    return [PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in passkeys]


def _with_transports(listed: list[dict[str, Any]], passkeys: Iterable[Offered]) -> None:
    for descriptor, passkey in zip(listed, passkeys, strict=True):
        if passkey.transports:
            descriptor["transports"] = list(passkey.transports)


def registration_options(
    challenge: bytes,
    *,
    user_handle: bytes,
    username: str,
    verification: Verification = "required",
    held: Iterable[Offered] = (),
) -> dict[str, Any]:
    """``PublicKeyCredentialCreationOptionsJSON`` (WebAuthn section 5.4) for a new passkey.

    No attestation; not on a device that holds one. ``required`` asks for one that is discoverable
    and verifies its user, as the only way in has to be; ``preferred`` takes a key that only needs a
    touch as well, which is good after a password.
    """
    held = list(held)
    options: dict[str, Any] = options_to_json_dict(
        generate_registration_options(
            rp_id=rp_id(),
            rp_name=settings.SITE_NAME,
            user_id=user_handle,
            user_name=username,
            user_display_name=username,
            challenge=challenge,
            timeout=TIMEOUT_MILLISECONDS,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement(verification),
                require_resident_key=verification == "required",
                user_verification=UserVerificationRequirement(verification),
            ),
            exclude_credentials=_descriptors(held),
            supported_pub_key_algs=list(OFFERED_ALGORITHMS),
        )
    )
    _with_transports(options["excludeCredentials"], held)
    options["extensions"] = {"credProps": True}
    return options


def authentication_options(
    challenge: bytes, *, offered: Iterable[Offered] = (), verification: Verification
) -> dict[str, Any]:
    """``PublicKeyCredentialRequestOptionsJSON`` (WebAuthn section 5.5) for showing a passkey.

    With none ``offered``, for whichever the person chooses: nobody learns which accounts have any.
    """
    offered = list(offered)
    options: dict[str, Any] = options_to_json_dict(
        generate_authentication_options(
            rp_id=rp_id(),
            challenge=challenge,
            timeout=TIMEOUT_MILLISECONDS,
            allow_credentials=_descriptors(offered) or None,
            user_verification=UserVerificationRequirement(verification),
        )
    )
    if offered:
        _with_transports(options["allowCredentials"], offered)
    return options


@dataclass(frozen=True)
class Answer:
    """What a browser sent for a passkey, read and not verified."""

    credential_id: bytes
    user_handle: bytes | None
    as_sent: dict[str, Any] = field(repr=False)


def _read(text: str) -> dict[str, Any]:
    """The answer's JSON, of a size that is worth looking at."""
    if not text or len(text) > MAX_ANSWER:
        raise CeremonyRefused("size")
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        raise CeremonyRefused("json") from None
    if not isinstance(sent, dict) or not isinstance(sent.get("response"), dict):
        raise CeremonyRefused("json")
    encoded = [sent.get("id"), sent.get("rawId"), *map(sent["response"].get, _ENCODED)]
    if not all(_BASE64URL.fullmatch(part) for part in encoded if isinstance(part, str)):
        raise CeremonyRefused("base64url")
    return sent


def _check_client_data(sent: Mapping[str, Any], challenge: bytes) -> None:
    """Refuses what nobody began, or a foreign frame (WebAuthn section 7.1 steps 10 and 11)."""
    if not challenge:
        raise CeremonyRefused("challenge")
    try:
        client_data = json.loads(base64url_to_bytes(sent["response"]["clientDataJSON"]).decode())
        is_cross = client_data.get("crossOrigin", False) is not False or "topOrigin" in client_data
    except MALFORMED:
        raise CeremonyRefused("client data") from None
    if is_cross:
        raise CeremonyRefused("cross-origin")


def read_answer(text: str) -> Answer:
    """Reads which passkey a browser presents. Raises ``CeremonyRefused`` for what is none."""
    sent = _read(text)
    try:
        credential = parse_authentication_credential_json(sent)
    except MALFORMED:
        raise CeremonyRefused("malformed") from None
    if not 1 <= len(credential.raw_id) <= MAX_CREDENTIAL_ID:
        raise CeremonyRefused("credential id")
    # Some browsers give an empty user handle for a key that holds none.
    return Answer(credential.raw_id, credential.response.user_handle or None, sent)


@dataclass(frozen=True)
class Shown:
    """What a verified authentication said: for the vault to judge and to keep."""

    sign_count: int
    backed_up: bool
    user_verified: bool


def verify_authentication(
    answer: Answer, passkey: Passkey, *, challenge: bytes, verification: Verification
) -> Shown:
    """Verifies an authentication ceremony (WebAuthn section 7.2), save the counter.

    The counter is the vault's to judge, since it is the vault's to move. Raises
    ``CeremonyRefused``, and ``UserNotVerified`` where that alone was missing.
    """
    if answer.credential_id != passkey.credential_id:
        raise CeremonyRefused("credential id")
    # Whose it says it is; a security key that holds no name says nothing.
    if answer.user_handle and answer.user_handle != passkey.user_handle:
        raise CeremonyRefused("user handle")
    _check_client_data(answer.as_sent, challenge)
    try:
        data = base64url_to_bytes(answer.as_sent["response"]["authenticatorData"])
        check_authenticator_data(data, attested=False)
        check_key(passkey.public_key)
        verified = verify_authentication_response(
            credential=answer.as_sent,
            expected_challenge=challenge,
            expected_rp_id=rp_id(),
            expected_origin=origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=False,
        )
    except MALFORMED:
        raise CeremonyRefused("authentication") from None
    # Eligible for backup it is from the beginning, or never (section 7.2 step 19).
    if (verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE) != passkey.is_synced:
        raise CeremonyRefused("backup eligibility")
    if verification == "required" and not verified.user_verified:
        raise UserNotVerified
    return Shown(verified.new_sign_count, verified.credential_backed_up, verified.user_verified)


def verify_registration(
    text: str, *, challenge: bytes, user_handle: bytes, verification: Verification = "required"
) -> NewPasskey:
    """Verifies a registration ceremony (WebAuthn section 7.1); gives the passkey to store.

    That nobody has it yet is for the vault to say. Raises ``CeremonyRefused``, and
    ``UserNotVerified`` where that alone was missing.
    """
    sent = _read(text)
    _check_client_data(sent, challenge)
    try:
        check_attestation(base64url_to_bytes(sent["response"]["attestationObject"]))
        verified = verify_registration_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=rp_id(),
            expected_origin=origin(),
            require_user_verification=False,
            supported_pub_key_algs=list(OFFERED_ALGORITHMS),
        )
        check_new_key(verified.credential_public_key)
        claimed = base64url_to_bytes(sent["rawId"])
    except MALFORMED:
        raise CeremonyRefused("registration") from None
    known_size = MIN_CREDENTIAL_ID <= len(claimed) <= MAX_CREDENTIAL_ID
    if claimed != verified.credential_id or not known_size:
        raise CeremonyRefused("credential id")
    if verification == "required" and not verified.user_verified:
        raise UserNotVerified
    return NewPasskey(
        credential_id=verified.credential_id,
        user_handle=user_handle,
        public_key=verified.credential_public_key,
        aaguid=UUID(verified.aaguid),
        is_synced=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
        transports=_transports(sent["response"]),
        sign_count=verified.sign_count,
        knows_user=verified.user_verified,
    )


def _transports(response: Mapping[str, Any]) -> tuple[str, ...]:
    """By which ways the browser says the passkey can be reached, of those that we know."""
    listed = response.get("transports")
    given = listed if isinstance(listed, list) else []
    return tuple(sorted(TRANSPORTS.intersection(way for way in given if isinstance(way, str))))
