"""Good answers with anything changed: refused, or said the same as before (V-webauthn).

The registration attests itself, so that all which the authenticator says is signed in both.
"""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.authenticator import base64url, from_base64url
from tests.unit.twofactor import authenticating, registering
from tests.unit.twofactor.hostile_answers import GONE, edited, read
from twofactor.errors import CeremonyRefused
from twofactor.services.ceremonies import TRANSPORTS, Shown
from vault.passkeys import NewPasskey

ADA = authenticating.a_passkey(synced=True)
SHOWN = ADA.answer()
MADE = registering.answer(fmt="packed")
UNSIGNED = registering.answer()

unhurried = hypothesis_settings(max_examples=500, deadline=None)

# Any text at all, lone surrogates and all, and what is nearly right.
texts = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["public-key", "webauthn.get", "webauthn.create", "none", "platform", "AA", "", "\0"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def paths(text: str) -> list[str]:
    """Every member of an answer."""
    answer = json.loads(text)
    return [*answer, *(f"response.{name}" for name in answer["response"]), "more", "response.more"]


def encoded(text: str) -> list[str]:
    """Those of them that are bytes."""
    names = json.loads(text)["response"].keys() - {"transports"}
    return ["id", "rawId", *(f"response.{name}" for name in sorted(names))]


@st.composite
def retyped(draw: st.DrawFn, text: str) -> str:
    """An answer of which one to three members are lost, replaced or of another type."""
    chosen = draw(st.lists(st.sampled_from(paths(text)), min_size=1, max_size=3, unique=True))
    for path in sorted(chosen, reverse=True):  # what is within the response before the response
        text = edited(text, path, draw(values | st.just(GONE)))
    return text


@st.composite
def rewritten(draw: st.DrawFn, text: str) -> str:
    """An answer in which some bytes of one member are others, more, or gone."""
    path = draw(st.sampled_from(encoded(text)))
    raw = bytearray(from_base64url(read(text, path)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw)))
        new = draw(st.binary(max_size=3))
        raw[at : at + draw(st.integers(0, 3))] = new
    write = draw(st.sampled_from([base64url, lambda raw: urlsafe_b64encode(raw).decode()]))
    return edited(text, path, write(bytes(raw)))


@st.composite
def reworded(draw: st.DrawFn, text: str) -> str:
    """An answer whose client data has one member that is another, unsigned."""
    said = json.loads(from_base64url(read(text, "response.clientDataJSON")))
    name = draw(st.sampled_from([*said, "topOrigin", "more"]))
    said[name] = draw(values)
    return edited(text, "response.clientDataJSON", base64url(json.dumps(said).encode()))


@st.composite
def cut(draw: st.DrawFn, text: str) -> str:
    """An answer whose text itself has letters that are others, more, or gone."""
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(texts) + text[at + draw(st.integers(0, 3)) :]


def changed(text: str) -> st.SearchStrategy[str]:
    """An answer with something changed."""
    return retyped(text) | rewritten(text) | reworded(text) | cut(text)


def verified(text: str) -> Shown | None:
    """What an authentication says; None for one that is refused."""
    try:
        return authenticating.verify(text, ADA.passkey)
    except CeremonyRefused:
        return None


def made(text: str) -> NewPasskey | None:
    """What a registration makes; None for one that is refused."""
    try:
        return registering.verify(text)
    except CeremonyRefused:
        return None


GOOD_SHOWN = verified(SHOWN)
GOOD_MADE = made(MADE)


def test_answers_that_are_changed_below_are_good() -> None:
    """Otherwise nothing would be shown by their being refused."""
    assert GOOD_SHOWN is not None
    assert GOOD_MADE is not None
    assert made(UNSIGNED) is not None


@unhurried
@given(changed(SHOWN))
def test_authentication_with_anything_changed_is_refused_or_the_same(text: str) -> None:
    """Nothing else is ever raised, and nothing else is ever accepted."""
    assert verified(text) in (None, GOOD_SHOWN)


@unhurried
@given(changed(MADE))
def test_registration_with_anything_changed_is_refused_or_the_same(text: str) -> None:
    """Save for transports: those are the browser's word, and of a closed list."""
    assert GOOD_MADE is not None
    passkey = made(text)
    if passkey is not None:
        assert TRANSPORTS.issuperset(passkey.transports)
        assert replace(passkey, transports=GOOD_MADE.transports) == GOOD_MADE


@unhurried
@given(changed(UNSIGNED))
def test_registration_that_is_unsigned_is_refused_or_is_a_passkey(text: str) -> None:
    """Whoever attests nothing may say anything: but it is a key of an id that we can keep."""
    passkey = made(text)
    if passkey is not None:
        assert base64url(passkey.credential_id) == read(text, "id")
        assert passkey.is_synced or not passkey.backed_up
        assert passkey.user_handle == registering.USER_HANDLE
        assert len(passkey.public_key) == len(registering.verify(UNSIGNED).public_key)


@unhurried
@given(texts | st.text('{}[]":,\\u0d1-e', max_size=200))
def test_answer_of_any_text_is_refused(text: str) -> None:
    """Neither ceremony takes what nobody has made."""
    assert verified(text) is None
    assert made(text) is None


@unhurried
@given(st.binary(max_size=300), st.integers(0, 200))
def test_attestation_of_any_bytes_is_refused(raw: bytes, kept: int) -> None:
    """Alone, or behind the beginning of a good one."""
    right = from_base64url(read(UNSIGNED, "response.attestationObject"))
    for written in (raw, right[:kept] + raw):
        if written != right:
            assert made(edited(UNSIGNED, "response.attestationObject", base64url(written))) is None


@unhurried
@given(st.binary(max_size=300), st.integers(0, 255))
def test_extensions_of_any_bytes_are_a_map_or_refused(raw: bytes, flags: int) -> None:
    """Signed by the authenticator, whatever they are and whatever is announced."""
    text = ADA.answer(authenticator_data=lambda data: data[:32] + bytes([flags]) + data[33:] + raw)
    shown = verified(text)
    if shown is not None:
        assert shown.user_verified
        assert not raw or raw[0] >> 5 == 5, "a map"
