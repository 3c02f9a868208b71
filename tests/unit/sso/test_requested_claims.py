"""Claims asked for by name: what is kept of a ``claims`` parameter, and how it is asked again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sso.errors import AuthorizationRefused
from sso.services.requested_claims import RequestedClaims, read_claims
from tests.unit.sso.test_requested_assurance import wiki

ALL = ("openid", "profile", "email")
WORDS = (
    *("userinfo.name", "userinfo.preferred_username", "userinfo.email", "userinfo.email_verified"),
    *("id_token.name", "id_token.email", "id_token.email_verified"),
)
sections = st.dictionaries(
    st.sampled_from(["name", "email", "email_verified", "preferred_username", "sub", "x", "acr"]),
    st.one_of(
        st.none(),
        st.booleans(),
        st.text(max_size=5),
        st.fixed_dictionaries(
            {}, optional={"essential": st.booleans(), "value": st.text(max_size=5), "x": st.none()}
        ),
        st.fixed_dictionaries({"values": st.lists(st.text(max_size=5), max_size=3)}),
    ),
    max_size=4,
)


def read(asked: Any, scopes: tuple[str, ...] = ALL, **registered: Any) -> RequestedClaims:
    """What is kept of it."""
    return read_claims(wiki(scopes=ALL, **registered), scopes, {"claims": json.dumps(asked)})


def outcome(text: str) -> RequestedClaims | str:
    """What is kept of it, or the error."""
    try:
        return read_claims(wiki(scopes=ALL), ALL, {"claims": text})
    except AuthorizationRefused as refused:
        return refused.error


@given(
    st.dictionaries(
        st.sampled_from(["userinfo", "id_token", "x"]), st.one_of(st.none(), sections), max_size=3
    )
)
def test_claims_of_any_kind_are_refused_or_known_words_that_can_be_asked_again(
    asked: dict[str, Any],
) -> None:
    """Beginning again leads to the same; nothing is kept that a grant would not take."""
    kept = outcome(json.dumps(asked))
    if isinstance(kept, str):
        assert kept == "invalid_request"
        return
    assert set(kept.told) <= set(WORDS)
    assert len(set(kept.told)) == len(kept.told)
    again = kept.parameters(None)
    assert read(json.loads(again.get("claims", "{}"))) == kept


@given(st.text(max_size=200))
def test_text_of_any_kind_is_refused_or_read(text: str) -> None:
    """Never a failure."""
    assert outcome(text) in ("invalid_request", RequestedClaims())


def test_claims_of_another_than_the_familys_stay_within_the_scopes_that_people_allow() -> None:
    """People are asked by scopes: no claim goes past them."""
    names = ("name", "preferred_username", "email", "email_verified")
    asked = {section: dict.fromkeys(names) for section in ("userinfo", "id_token")}
    assert read(asked, ("openid",)).told == WORDS
    assert read(asked, ("openid",), first_party=False).told == ()
    assert read(asked, ("openid", "email"), first_party=False).told == tuple(
        word for word in WORDS if "email" in word
    )
    assert read(asked, ALL, first_party=False).told == WORDS


@pytest.mark.parametrize(
    ("asked", "subs"),
    [
        ({}, ()),
        ({"id_token": {"sub": None}}, ()),
        ({"id_token": {"sub": {"essential": True}}}, ()),
        ({"id_token": {"sub": {"value": "a"}}}, ("a",)),
        ({"userinfo": {"sub": {"values": ["b", "a", "b"]}}}, ("a", "b")),
        (
            {"userinfo": {"sub": {"values": ["b", "a"]}}, "id_token": {"sub": {"value": "b"}}},
            ("b",),
        ),
    ],
)
def test_subs_that_are_named_are_those_on_every_list(asked: Any, subs: tuple[str, ...]) -> None:
    """Where none is listed, anybody will do."""
    assert read(asked).subs == subs
