"""Assertions of wikis, whatever is in them: refused with a word, or exactly what was asked for."""

import json
import re
import time
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from sso.errors import InvalidClient
from sso.services.client_assertions import read_assertion, verify_assertion
from sso.services.client_keys import canonical
from tests.environment import ISSUER
from vault.wikis import Wiki

KEY = ECKey.generate_key("P-256")
WIKI = Wiki(
    client_id="wiki-a",
    name="Wiki",
    first_party=True,
    state="active",
    secret_hash=None,
    token_endpoint_auth_method="private_key_jwt",
    home_uri="https://wiki.example/",
    redirect_uris=("https://wiki.example/callback",),
    post_logout_redirect_uris=(),
    backchannel_logout_uri=None,
    response_types=("code",),
    require_pkce=True,
    id_token_alg="RS256",
    scopes=("openid",),
    jwks=canonical({"keys": [dict(KEY.as_dict(private=False))]}),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
OFFSETS = st.sampled_from([-400, -70, -6, -4, 0, 8, 55, 65, 3590, 3655, 3670, 10**6])
unhurried = hypothesis_settings(max_examples=300, deadline=None)


def passes(text: str, wiki: Wiki = WIKI) -> bool:
    """Whether an assertion is good, as far as that can be said without the vault."""
    refusal = None
    try:
        verify_assertion(read_assertion(text), wiki)
    except InvalidClient as error:
        refusal = error.description
    # The characters of an error_description (RFC 6749 section 5.2).
    assert re.fullmatch(r"[ !#-\[\]-~]*", refusal or "")
    return refusal is None


def good(now: int) -> dict[str, Any]:
    """The claims that pass."""
    name = WIKI.client_id
    return {"iss": name, "sub": name, "aud": ISSUER, "exp": now + 60, "jti": "1", "iat": now}


def signed(claims: Any) -> str:
    """Signed by the wiki."""
    return jws.serialize_compact({"alg": "ES256"}, json.dumps(claims), KEY)


@unhurried
@given(text=st.text() | st.lists(st.text("AZaz09-_=", max_size=60), max_size=5).map(".".join))
def test_text_of_any_kind_is_refused_with_a_word(text: str) -> None:
    """No error but the one that the endpoint answers."""
    assert not passes(text)


@unhurried
@given(changes=st.dictionaries(st.sampled_from(sorted(good(0))), ANYTHING, min_size=1))
def test_claims_of_any_type_pass_only_if_they_are_what_was_asked_for(
    changes: dict[str, Any],
) -> None:
    """Whatever JSON can hold in the place of each claim."""
    moment = int(time.time())
    claims = {**good(moment), **changes}
    is_passed = passes(signed(claims))
    if is_passed:
        assert (claims["iss"], claims["sub"], claims["aud"]) == ("wiki-a", "wiki-a", ISSUER)
        assert isinstance(claims["jti"], str)
        assert 1 <= len(claims["jti"]) <= 255
        assert moment - 6 < claims["exp"] < moment + 3700


@unhurried
@given(exp=OFFSETS, iat=OFFSETS, nbf=OFFSETS | st.none())
def test_times_pass_exactly_within_their_leeway(exp: int, iat: int, nbf: int | None) -> None:
    """An hour ahead at most, not over, and begun by a clock that is a minute ahead at most."""
    moment = int(time.time())
    claims = {**good(moment), "exp": moment + exp, "iat": moment + iat}
    if nbf is not None:
        claims["nbf"] = moment + nbf
    expected = -5 < exp <= 3660 and iat <= 60 and (nbf is None or nbf <= 60)
    assert passes(signed(claims)) is expected


@unhurried
@given(position=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_"))
def test_assertion_with_one_letter_changed_is_not_the_wikis(position: int, letter: str) -> None:
    """In header, claims or signature, but for the spare bits at the end of a part."""
    text = signed(good(int(time.time())))
    position %= len(text)
    is_spare = position + 1 == len(text) or text[position + 1] == "."
    if text[position] not in (letter, ".") and not is_spare:
        assert not passes(text[:position] + letter + text[position + 1 :])


def test_assertion_passes_for_its_own_wiki_and_key_alone() -> None:
    """The statements above are about something: the plain one passes."""
    text = signed(good(int(time.time())))
    assert passes(text)
    other = ECKey.generate_key("P-256").as_dict(private=False)
    assert not passes(text, replace(WIKI, client_id="wiki-b"))
    assert not passes(text, replace(WIKI, jwks=canonical({"keys": [dict(other)]})))
    for jwks in (None, '{"keys": []}', '{"keys": {}}'):
        assert not passes(text, replace(WIKI, jwks=jwks))
    assert not passes(text, replace(WIKI, assertion_alg="PS256"))
