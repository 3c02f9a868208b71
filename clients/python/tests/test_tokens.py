"""Tokens: each is believed as what it is, from whom it is, for whom it is, while it is."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from authsite_client import (
    BadSignature,
    ClaimRefused,
    Epoch,
    KeyUnknown,
    Malformed,
    Overtaken,
    TokenExpired,
    TokenNotYetValid,
    TokenRefused,
    Verifier,
    WrongAlgorithm,
    WrongAudience,
    WrongIssuer,
    WrongNonce,
    WrongType,
)
from authsite_client.testing import FakeProvider, sign_raw

NOW = 1_800_000_000


def encoded(part: object) -> str:
    """A part of a token, however odd."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(token: str, part: int) -> dict[str, Any]:
    """Header (0) or payload (1) of a token."""
    text = token.split(".")[part]
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return value


def private_key(fake: FakeProvider, prefix: str) -> Any:
    """One of the provider's own keys."""
    return next(key for kid, key in fake.keys.items() if kid.startswith(prefix))


# --- What is right -----------------------------------------------------------------------------


def test_access_token_of_this_wiki_says_who_and_how_old(
    fake: FakeProvider, verifier: Verifier
) -> None:
    """RFC 9068: what a wiki acts upon is in it."""
    claims = verifier.access_token(fake.access_token(), now=NOW)
    assert (claims.sub, claims.sid, claims.jti, claims.acr) == ("sub-1", "sid-1", "grant-1", "aal1")
    assert (claims.iat, claims.exp, claims.epoch) == (NOW, NOW + 600, Epoch(1, 1))
    assert claims.scopes == ("openid", "profile", "offline_access")


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_id_and_logout_tokens_of_either_algorithm_are_believed(
    fake: FakeProvider, verifier: Verifier, alg: Any
) -> None:
    """Both that the provider signs with."""
    said = verifier.id_token(fake.id_token(alg=alg, nonce="n"), now=NOW, nonce="n")
    assert (said.sub, said.preferred_username) == ("sub-1", "Ada")
    logout = verifier.logout_token(fake.logout_token(alg=alg), now=NOW)
    assert (logout.sub, logout.sid) == ("sub-1", "sid-1")


# --- Kinds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", ["access_token", "id_token", "logout_token"])
@pytest.mark.parametrize("taken", ["access_token", "id_token", "logout_token"])
def test_token_of_one_kind_is_never_taken_for_another(
    fake: FakeProvider, verifier: Verifier, made: str, taken: str
) -> None:
    """RFC 8725 section 3.11, though one key signs them all."""
    claims = {
        **decoded(fake.access_token(), 1),
        **decoded(fake.id_token(), 1),
        **decoded(fake.logout_token(), 1),
        "aud": fake.client_id,
    }
    typ = decoded(getattr(fake, made)(), 0)["typ"]
    token = fake.sign("ES256", typ, claims)
    more = {"nonce": None} if taken == "id_token" else {}
    if made == taken:
        getattr(verifier, taken)(token, now=NOW, **more)
    else:
        with pytest.raises(WrongType):
            getattr(verifier, taken)(token, now=NOW, **more)


@pytest.mark.parametrize("typ", [None, "", "at", "jwt", 7, ["at+jwt"], "application/jwt"])
def test_access_token_of_another_type_is_refused(
    fake: FakeProvider, verifier: Verifier, typ: Any
) -> None:
    """RFC 9068 section 4: ``at+jwt`` and nothing else."""
    token = fake.sign("ES256", "at+jwt", decoded(fake.access_token(), 1), typ=typ)
    with pytest.raises(WrongType):
        verifier.access_token(token, now=NOW)


# --- Signatures --------------------------------------------------------------------------------


def forged(fake: FakeProvider) -> dict[str, str]:
    """Everything that is not signed by the provider, and says it were."""
    honest = fake.access_token()
    header, payload, signature = honest.split(".")
    said, claims = decoded(honest, 0), decoded(honest, 1)
    rsa_key = private_key(fake, "rs-")
    rsa_kid = next(kid for kid in fake.keys if kid.startswith("rs-"))
    public = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    start = f"{encoded({**said, 'alg': 'HS256', 'kid': rsa_kid})}.{payload}"
    mac = hmac.new(public, start.encode(), hashlib.sha256).digest()
    stranger = ec.generate_private_key(ec.SECP256R1())
    flipped = bytearray(base64.urlsafe_b64decode(signature + "=="))
    flipped[0] ^= 1
    own = {"jwk": {"kty": "EC"}, "jku": "https://evil.example/jwks"}
    return {
        "none": f"{encoded({**said, 'alg': 'none'})}.{payload}.",
        "None": f"{encoded({**said, 'alg': 'None'})}.{payload}.{signature}",
        "no alg": f"{encoded({'kid': said['kid'], 'typ': 'at+jwt'})}.{payload}.{signature}",
        "alg list": f"{encoded({**said, 'alg': ['ES256']})}.{payload}.{signature}",
        "public key as secret": f"{start}.{encoded(mac)}",
        "no signature": f"{header}.{payload}.",
        "half a signature": f"{header}.{payload}.{signature[:40]}",
        "zeros": f"{header}.{payload}.{encoded(bytes(64))}",
        "flipped": f"{header}.{payload}.{encoded(bytes(flipped))}",
        "other claims": f"{header}.{encoded({**claims, 'sub': 'sub-2'})}.{signature}",
        "stranger": fake.sign("ES256", "at+jwt", claims, key=stranger),
        "stranger, own key": fake.sign("ES256", "at+jwt", claims, key=stranger, **own),
        "stranger, own kid": fake.sign("ES256", "at+jwt", claims, key=stranger, kid="mine"),
        "no kid": fake.sign("ES256", "at+jwt", claims, kid=None),
        "kid list": fake.sign("ES256", "at+jwt", claims, kid=[said["kid"]]),
        "ES256 over the RSA key": fake.sign("ES256", "at+jwt", claims, kid=rsa_kid),
        "RS256 over the EC key": fake.sign("RS256", "at+jwt", claims, kid=said["kid"]),
        "PS256": fake.sign("RS256", "at+jwt", claims, alg="PS256"),
        "crit": fake.sign("ES256", "at+jwt", claims, crit=["exp"]),
        "b64": fake.sign("ES256", "at+jwt", claims, b64=False),
    }


def test_access_token_forged_is_refused(fake: FakeProvider, verifier: Verifier) -> None:
    """No algorithm, key or word of the sender's choice, and each refusal has its type."""
    refusals = {}
    for kind, token in forged(fake).items():
        with pytest.raises(TokenRefused) as refused:
            verifier.access_token(token, now=NOW)
        refusals[kind] = refused.type
    assert refusals["none"] is refusals["public key as secret"] is WrongAlgorithm
    assert refusals["ES256 over the RSA key"] is refusals["RS256 over the EC key"] is WrongAlgorithm
    assert refusals["stranger"] is refusals["zeros"] is refusals["no signature"] is BadSignature
    assert refusals["other claims"] is refusals["half a signature"] is BadSignature
    assert refusals["stranger, own kid"] is KeyUnknown
    assert refusals["crit"] is refusals["b64"] is Malformed


def test_algorithm_that_was_not_allowed_is_refused_though_a_key_is_published(
    fake: FakeProvider, verifier: Verifier
) -> None:
    """The list is fixed when the verifier is made; no document widens it."""
    strict = Verifier(
        issuer=fake.issuer,
        client_id=fake.client_id,
        find_key=verifier._find_key,
        algorithms=("ES256",),
    )
    strict.id_token(fake.id_token(alg="ES256"), now=NOW, nonce=None)
    with pytest.raises(WrongAlgorithm):
        strict.id_token(fake.id_token(alg="RS256"), now=NOW, nonce=None)
    for odd in ((), ("none",), ("ES256", "HS256")):
        with pytest.raises(ValueError, match="algorithms may hold"):
            Verifier(issuer="i", client_id="c", find_key=verifier._find_key, algorithms=odd)  # type: ignore[arg-type]


# --- Texts that are no tokens ------------------------------------------------------------------


def signed_payload(fake: FakeProvider, payload: bytes, header: bytes | None = None) -> str:
    """Signed by the provider's own key, whatever it is."""
    kid = next(kid for kid in fake.keys if kid.startswith("es-"))
    said = header or json.dumps({"alg": "ES256", "kid": kid, "typ": "at+jwt"}).encode()
    return sign_raw(said, payload, key=private_key(fake, "es-"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.b.c.d",
        "\x00.\x00.\x00",
        "ü.ü.ü",
        "\ud800..",
        "e30.e30.e30=",
        "e30 .e30.e30",
        "e31.e30.e30",  # spare bits
        "x" * 5000,
        "." * 7999,
        "e30." + "A" * 9000 + ".e30",
    ],
    ids=range(15),
)
def test_text_that_is_no_token_is_malformed(verifier: Verifier, text: str) -> None:
    """Whatever it is, it is one typed error."""
    with pytest.raises(Malformed):
        verifier.access_token(text, now=NOW)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"sub": "a", "sub": "b"}',
        b'{"epoch": {"x": 1, "x": 2}}',
        b'{"exp": NaN}',
        b'{"exp": Infinity}',
        b'{"exp": ' + b"9" * 4900 + b"}",
        b"[" * 5000,
        b'{"a": ' * 900,
    ],
    ids=range(14),
)
def test_payload_that_is_no_plain_json_object_is_malformed(
    fake: FakeProvider, verifier: Verifier, payload: bytes
) -> None:
    """RFC 8725 section 2.4: what two readers read in two ways is refused, signed or not."""
    with pytest.raises(Malformed):
        verifier.access_token(signed_payload(fake, payload), now=NOW)


def test_header_with_a_member_twice_is_malformed(fake: FakeProvider, verifier: Verifier) -> None:
    """One reader would take the first algorithm, another the last."""
    kid = next(iter(fake.keys))
    header = f'{{"alg": "none", "alg": "ES256", "kid": "{kid}", "typ": "at+jwt"}}'.encode()
    with pytest.raises(Malformed):
        verifier.access_token(signed_payload(fake, b"{}", header), now=NOW)


# --- Claims ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "https://evil.example"}, WrongIssuer),
        ({"iss": "https://auth.example.org/"}, WrongIssuer),
        ({"iss": None}, WrongIssuer),
        ({"aud": "french-wiki"}, WrongAudience),
        ({"aud": ["https://auth.example.org"]}, WrongAudience),
        ({"aud": ["https://auth.example.org", "french-wiki"]}, WrongAudience),
        ({"aud": ["english-wiki", 7]}, WrongAudience),
        ({"aud": {"english-wiki": 1}}, WrongAudience),
        ({"aud": None}, WrongAudience),
        ({"client_id": "french-wiki"}, WrongAudience),
        ({"client_id": None}, WrongAudience),
        ({"iat": NOW - 700, "exp": NOW - 100}, TokenExpired),
        ({"iat": NOW - 630, "exp": NOW - 30}, TokenExpired),
        ({"iat": NOW + 31, "exp": NOW + 600}, TokenNotYetValid),
        ({"nbf": NOW + 31}, TokenNotYetValid),
        ({"nbf": "now"}, ClaimRefused),
        ({"exp": None}, ClaimRefused),
        ({"exp": str(NOW + 600)}, ClaimRefused),
        ({"exp": NOW + 600.5}, ClaimRefused),
        ({"exp": True}, ClaimRefused),
        ({"exp": -1}, ClaimRefused),
        ({"exp": 2**60}, ClaimRefused),
        ({"exp": NOW + 86401}, ClaimRefused),
        ({"exp": NOW}, ClaimRefused),
        ({"iat": None}, ClaimRefused),
        ({"sub": None}, ClaimRefused),
        ({"sub": ""}, ClaimRefused),
        ({"sub": 7}, ClaimRefused),
        ({"sub": "s" * 256}, ClaimRefused),
        ({"sid": ["sid-1"]}, ClaimRefused),
        ({"jti": None}, ClaimRefused),
        ({"acr": None}, ClaimRefused),
        ({"auth_time": None}, ClaimRefused),
        ({"scope": None}, ClaimRefused),
        ({"epoch": None}, ClaimRefused),
        ({"epoch": 1}, ClaimRefused),
        ({"epoch": [1]}, ClaimRefused),
        ({"epoch": [1, 1, 1]}, ClaimRefused),
        ({"epoch": [1, "1"]}, ClaimRefused),
        ({"epoch": [1, -1]}, ClaimRefused),
        ({"epoch": [True, 1]}, ClaimRefused),
    ],
)
def test_access_token_with_a_wrong_claim_is_refused(
    fake: FakeProvider, verifier: Verifier, changes: dict[str, Any], error: type[TokenRefused]
) -> None:
    """Each claim is looked at, and says which it was."""
    with pytest.raises(error):
        verifier.access_token(fake.access_token(**changes), now=NOW)


def test_leeway_is_small_and_to_both_sides(fake: FakeProvider, verifier: Verifier) -> None:
    """Clocks half a minute apart are no error."""
    verifier.access_token(fake.access_token(iat=NOW - 629, exp=NOW - 29), now=NOW)
    verifier.access_token(fake.access_token(iat=NOW + 30, exp=NOW + 600), now=NOW)


@pytest.mark.parametrize("highest", [Epoch(2, 1), Epoch(1, 2), Epoch(2, 2)])
def test_access_token_of_a_lower_epoch_is_overtaken(
    fake: FakeProvider, verifier: Verifier, highest: Epoch
) -> None:
    """The site's number and the account's, each for itself; an equal or higher one is fine."""
    with pytest.raises(Overtaken):
        verifier.access_token(fake.access_token(), now=NOW, highest=highest)
    token = fake.access_token(epoch=[2, 2])
    assert verifier.access_token(token, now=NOW, highest=highest).epoch == Epoch(2, 2)


@pytest.mark.parametrize("said", [None, "", "other", 7, ["n"]])
def test_id_token_without_the_nonce_of_the_request_is_refused(
    fake: FakeProvider, verifier: Verifier, said: Any
) -> None:
    """Core 3.1.3.7, step 11; an empty nonce of one's own is no nonce."""
    with pytest.raises(WrongNonce):
        verifier.id_token(fake.id_token(nonce=said), now=NOW, nonce="n")
    with pytest.raises(WrongNonce):
        verifier.id_token(fake.id_token(nonce=said), now=NOW, nonce="")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"aud": ["english-wiki", "french-wiki"]}, WrongAudience),
        ({"sid": None}, ClaimRefused),
        ({"preferred_username": ["Ada"]}, ClaimRefused),
        ({"preferred_username": ""}, ClaimRefused),
    ],
)
def test_id_token_with_a_wrong_claim_is_refused(
    fake: FakeProvider, verifier: Verifier, changes: dict[str, Any], error: type[TokenRefused]
) -> None:
    """It is for this wiki alone; a name is a name or is not there."""
    with pytest.raises(error):
        verifier.id_token(fake.id_token(**changes), now=NOW, nonce=None)
    said = verifier.id_token(fake.id_token(preferred_username=None), now=NOW, nonce=None)
    assert said.preferred_username is None


@pytest.mark.parametrize(
    "changes",
    [
        {"events": None},
        {"events": []},
        {"events": {}},
        {"events": "http://schemas.openid.net/event/backchannel-logout"},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": "yes"}},
        {"events": {"http://example.org/other": {}}},
        {"nonce": "n"},
        {"jti": None},
        {"jti": ["a"]},
        {"sid": None, "sub": None},
        {"sid": ""},
        {"sub": 7},
    ],
)
def test_logout_token_with_a_wrong_claim_is_refused(
    fake: FakeProvider, verifier: Verifier, changes: dict[str, Any]
) -> None:
    """Back-Channel Logout 1.0 section 2.6."""
    with pytest.raises(ClaimRefused):
        verifier.logout_token(fake.logout_token(**changes), now=NOW)


def test_refusal_says_nothing_of_the_token(fake: FakeProvider, verifier: Verifier) -> None:
    """Errors end in logs: no claim, no key, no part of a token is in one."""
    secret = "sub-of-somebody"
    for change in ({"iss": secret}, {"aud": secret}, {"client_id": secret}, {"nbf": secret}):
        with pytest.raises(TokenRefused) as refused:
            verifier.access_token(fake.access_token(**change), now=NOW)
        assert secret not in str(refused.value)


def test_weak_or_odd_keys_of_a_key_set_are_never_used() -> None:
    """Short RSA, other curves, other uses, a point beside the curve, numbers that are none."""
    from authsite_client.jwk import read_keys
    from authsite_client.testing import public_jwk

    good = public_jwk("good", ec.generate_private_key(ec.SECP256R1()))
    short = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    odd = [
        {**good, "kid": "use", "use": "enc"},
        {**good, "kid": "alg", "alg": "ES384"},
        {**good, "kid": "hs", "alg": "HS256", "kty": "oct", "k": "AAAA"},
        {**good, "kid": "crv", "crv": "P-384"},
        {**good, "kid": "off", "x": good["y"]},
        {**good, "kid": "no number", "x": "!"},
        {**good, "kid": "missing", "y": None},
        {**good, "kid": None},
        {**good, "kid": ""},
        {
            "kty": "RSA",
            "kid": "short",
            "n": encoded(short.n.to_bytes(128, "big")),
            "e": encoded(b"\x01\x00\x01"),
        },
        {"kty": "RSA", "kid": "e3", "n": encoded(b"\xff" * 256), "e": encoded(b"\x03")},
        "text",
        None,
    ]
    assert read_keys({"keys": [*odd, good]}).keys() == {"good"}
    for document in ({}, {"keys": {}}, {"keys": [good, good]}, {"keys": [good] * 51}):
        with pytest.raises(Malformed):
            read_keys(document)
