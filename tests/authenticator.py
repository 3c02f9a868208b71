"""A software authenticator with its browser: real keys, real signatures, and hostile answers.

``create`` and ``get`` take the options that a page was given and answer as its script would
(WebAuthn Level 3, sections 5.1, 6.1 and 6.3). ``**changes`` put something else into an answer, and
it is signed as it is then; what each is called is in ``CHANGES``.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

ES256, EDDSA, ES512, RS256 = -7, -8, -36, -257
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

# Flags of authenticator data (section 6.1).
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80

CHANGES = frozenset(
    {
        # What the browser says:
        "type",  # of the ceremony
        "challenge",  # as bytes
        "origin",
        "cross_origin",
        "top_origin",
        "client_extra",  # any other members of client data
        "client_data",  # a function of its bytes
        # What authenticator data says:
        "rp_id",  # whose digest stands there
        "up",
        "uv",
        "be",
        "bs",
        "ed",
        "sign_count",
        "aaguid",
        "alg_claimed",  # in the new public key
        "key_bits",  # of a new RSA key
        "extra_cbor",  # bytes at its end
        "authenticator_data",  # a function of its bytes
        # What is around them:
        "credential",  # which one signs
        "credential_id",
        "raw_id",
        "user_handle",  # None leaves it out
        "signature",  # a function of the right one
        "transports",
        "fmt",
        "att_stmt",
    }
)
# A model that nobody makes.
SOFTWARE = UUID("a07e57ed-50f7-4a4e-8a11-000000000001")


class AlreadyRegistered(Exception):
    """The browser's InvalidStateError: one of the excluded credentials is held here."""


class NothingToShow(Exception):
    """The browser's NotAllowedError: no credential for this site, or none of those listed."""


def base64url(raw: bytes) -> str:
    """Bytes as WebAuthn's JSON has them, without padding."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """The bytes of such a text."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Credential:
    """A credential that an authenticator holds; all of ours are discoverable."""

    id: bytes
    rp_id: str
    user_handle: bytes
    private_key: PrivateKey
    alg: int
    sign_count: int
    synced: bool

    @property
    def public_key(self) -> bytes:
        """Its public key as the site keeps it."""
        return cbor2.dumps(cose_key(self.private_key, self.alg))


def new_private_key(alg: int, *, bits: int = 2048) -> PrivateKey:
    """A key for that algorithm; ``bits`` is for RSA."""
    if alg == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if alg == RS256:
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return ec.generate_private_key({ES256: ec.SECP256R1(), ES512: ec.SECP521R1()}[alg])


def cose_key(key: PrivateKey, alg: int) -> dict[int, Any]:
    """The public key as authenticator data has it (RFC 9053), claiming that algorithm."""
    public = key.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        return {1: 1, 3: alg, -1: 6, -2: public.public_bytes_raw()}
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        n, e = (value.to_bytes(-(-value.bit_length() // 8)) for value in (numbers.n, numbers.e))
        return {1: 3, 3: alg, -1: n, -2: e}
    point, size = public.public_numbers(), -(-public.key_size // 8)
    curve = {256: 1, 384: 2, 521: 3}[public.key_size]
    return {1: 2, 3: alg, -1: curve, -2: point.x.to_bytes(size), -3: point.y.to_bytes(size)}


def sign(key: PrivateKey, data: bytes) -> bytes:
    """A signature of the algorithm that such a key is for."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), SHA256())
    return key.sign(data, ec.ECDSA(SHA512() if key.key_size == 521 else SHA256()))


class Authenticator:
    """One device, or one account of a password manager, in a browser at ``origin``."""

    def __init__(
        self,
        *,
        origin: str,
        alg: int = ES256,
        verifies_user: bool = True,
        synced: bool = False,
        counts: bool = True,
        aaguid: UUID = SOFTWARE,
    ) -> None:
        """``counts`` says that it has a counter, ``synced`` that its credentials are backed up."""
        self.origin, self.alg, self.aaguid = origin, alg, aaguid
        self.verifies_user, self.synced, self.counts = verifies_user, synced, counts
        self.credentials: list[Credential] = []

    def create(self, options: Mapping[str, Any], **changes: Any) -> str:
        """``RegistrationResponseJSON`` for a new credential; raises ``AlreadyRegistered``."""
        _check(changes)
        rp_id = options["rp"]["id"]
        if self._held(rp_id, options.get("excludeCredentials", ())):
            raise AlreadyRegistered
        credential = changes.get("credential") or self._new_credential(
            rp_id, from_base64url(options["user"]["id"]), changes
        )
        if credential not in self.credentials:
            self.credentials.append(credential)
        client_data = self._client_data("webauthn.create", options["challenge"], changes)
        aaguid: UUID = changes.get("aaguid", self.aaguid)
        key = cose_key(credential.private_key, changes.get("alg_claimed", credential.alg))
        attested = aaguid.bytes + len(credential.id).to_bytes(2) + credential.id + cbor2.dumps(key)
        data = self._authenticator_data(credential, changes, attested)
        fmt = changes.get("fmt", "none")
        statement = {}
        if fmt == "packed":  # self attestation
            statement = {"alg": key[3], "sig": _signed(credential, data, client_data, changes)}
        statement = changes.get("att_stmt", statement)
        attestation = {"fmt": fmt, "attStmt": statement, "authData": data}
        response = {
            "attestationObject": base64url(cbor2.dumps(attestation)),
            "transports": changes.get("transports", ["hybrid", "internal"]),
        }
        extensions = {"credProps": {"rk": True}}
        return _answer(credential.id, client_data, response, extensions, changes)

    def get(self, options: Mapping[str, Any], **changes: Any) -> str:
        """``AuthenticationResponseJSON`` of a credential; raises ``NothingToShow``."""
        _check(changes)
        credential = changes.get("credential") or self._chosen(options)
        credential.sign_count += self.counts
        client_data = self._client_data("webauthn.get", options["challenge"], changes)
        data = self._authenticator_data(credential, changes)
        signature = _signed(credential, data, client_data, changes)
        response = {"authenticatorData": base64url(data), "signature": base64url(signature)}
        user_handle = changes.get("user_handle", credential.user_handle)
        if user_handle is not None:
            response["userHandle"] = base64url(user_handle)
        shown = changes.get("credential_id", credential.id)
        return _answer(shown, client_data, response, {}, changes)

    def _held(self, rp_id: str, listed: Iterable[Mapping[str, Any]]) -> list[Credential]:
        """Its credentials among those that options list."""
        ids = {from_base64url(descriptor["id"]) for descriptor in listed}
        return [one for one in self.credentials if one.rp_id == rp_id and one.id in ids]

    def _chosen(self, options: Mapping[str, Any]) -> Credential:
        """The newest of those listed, or of those for the site where none is."""
        rp_id, listed = options["rpId"], options.get("allowCredentials")
        own = [credential for credential in self.credentials if credential.rp_id == rp_id]
        fitting = self._held(rp_id, listed) if listed else own
        if not fitting:
            raise NothingToShow
        return fitting[-1]

    def _new_credential(
        self, rp_id: str, user_handle: bytes, changes: Mapping[str, Any]
    ) -> Credential:
        """Makes a credential for a site and a user."""
        return Credential(
            id=changes.get("credential_id", secrets.token_bytes(32)),
            rp_id=rp_id,
            user_handle=changes.get("user_handle", user_handle),
            private_key=new_private_key(self.alg, bits=changes.get("key_bits", 2048)),
            alg=self.alg,
            sign_count=int(self.counts),
            synced=self.synced,
        )

    def _client_data(self, kind: str, challenge: str, changes: Mapping[str, Any]) -> bytes:
        """What the browser vouches for (section 5.8.1), as the bytes whose digest is signed."""
        said = {
            "type": changes.get("type", kind),
            "challenge": base64url(changes["challenge"]) if "challenge" in changes else challenge,
            "origin": changes.get("origin", self.origin),
            "crossOrigin": changes.get("cross_origin", False),
        }
        if "top_origin" in changes:
            said["topOrigin"] = changes["top_origin"]
        worded: Callable[[bytes], bytes] = changes.get("client_data", bytes)
        return worded(json.dumps({**said, **changes.get("client_extra", {})}).encode())

    def _authenticator_data(
        self, credential: Credential, changes: Mapping[str, Any], attested: bytes = b""
    ) -> bytes:
        """Authenticator data (section 6.1); ``extra_cbor`` stands at its end, announced or not."""
        flags = (
            UP * changes.get("up", True)
            | UV * changes.get("uv", self.verifies_user)
            | BE * changes.get("be", credential.synced)
            | BS * changes.get("bs", credential.synced)
            | AT * bool(attested)
            | ED * changes.get("ed", False)
        )
        count: int = changes.get("sign_count", credential.sign_count)
        rp_id: str = changes.get("rp_id", credential.rp_id)
        head = sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4)
        built: Callable[[bytes], bytes] = changes.get("authenticator_data", bytes)
        return built(head + attested + changes.get("extra_cbor", b""))


def _check(changes: Mapping[str, Any]) -> None:
    """Refuses a change that does not exist: its test would show nothing."""
    unknown = changes.keys() - CHANGES
    if unknown:
        raise TypeError(f"no such change: {', '.join(sorted(unknown))}")


def _signed(
    credential: Credential, data: bytes, client_data: bytes, changes: Mapping[str, Any]
) -> bytes:
    """The signature over authenticator data and client data, or what is made of it."""
    tamper: Callable[[bytes], bytes] = changes.get("signature", bytes)
    return tamper(sign(credential.private_key, data + sha256(client_data).digest()))


def _answer(
    credential_id: bytes,
    client_data: bytes,
    response: Mapping[str, Any],
    extensions: Mapping[str, Any],
    changes: Mapping[str, Any],
) -> str:
    """The answer's JSON, of either ceremony (section 5.1)."""
    return json.dumps(
        {
            "id": base64url(credential_id),
            "rawId": base64url(changes.get("raw_id", credential_id)),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": extensions,
            "response": {"clientDataJSON": base64url(client_data), **response},
        }
    )
