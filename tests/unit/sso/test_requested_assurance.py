"""What a wiki asks for, read from its request, and what follows for sign-ins and ID tokens."""

import json
from itertools import permutations
from typing import Any, Final

import pytest

from accounts.services.assurance import LEVELS, Demand, Level, reaches
from sso.errors import AuthorizationRefused
from sso.services.requested_assurance import Requested, read_requested
from sso.services.requested_claims import RequestedClaims
from vault.wikis import Wiki

AMR: Final[dict[Level, tuple[str, ...]]] = {
    "aal1": ("pwd",),
    "aal2": ("pwd", "otp", "mfa"),
    "phr": ("hwk", "user", "mfa"),
}


def wiki(**changes: Any) -> Wiki:
    """A registered wiki."""
    fields: dict[str, Any] = {
        "client_id": "wiki",
        "name": "A wiki",
        "first_party": True,
        "state": "active",
        "secret_hash": None,
        "token_endpoint_auth_method": "none",
        "home_uri": "https://wiki.example/",
        "redirect_uris": ("https://wiki.example/callback",),
        "post_logout_redirect_uris": (),
        "backchannel_logout_uri": None,
        "response_types": ("code",),
        "require_pkce": True,
        "id_token_alg": "RS256",
        "scopes": ("openid",),
    }
    return Wiki(**{**fields, **changes})


def claim(**members: Any) -> str:
    """The ``claims`` parameter with an ``acr`` claim for the ID token."""
    return json.dumps({"id_token": {"acr": members}})


def read(**values: str) -> Requested:
    """What a wiki without defaults asks for."""
    return read_requested(wiki(), values)


# --- Reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, Requested()),
        ({"acr_values": "aal2"}, Requested(("aal2",))),
        ({"acr_values": " phr  aal2 phr "}, Requested(("phr", "aal2"))),
        ({"acr_values": "urn:mace:incommon:iap:silver aal2 AAL1"}, Requested(("aal2",))),
        ({"acr_values": "0 1"}, Requested()),
        ({"claims": claim(value="phr")}, Requested(("phr",))),
        ({"claims": claim(values=["aal2", "x", "phr"])}, Requested(("aal2", "phr"))),
        ({"claims": claim(value="x")}, Requested()),
        ({"claims": claim(essential=False, value="aal2")}, Requested(("aal2",))),
        ({"claims": claim(essential=True, value="aal2")}, Requested(("aal2",), True)),
        (
            {"claims": claim(essential=True, values=["phr", "aal3", "aal2"])},
            Requested(("phr", "aal2"), True),
        ),
        # The claim is the narrower way to ask; where it names no level, the parameter counts.
        ({"claims": claim(value="phr"), "acr_values": "aal2"}, Requested(("phr",))),
        ({"claims": claim(essential=True), "acr_values": "aal2"}, Requested(("aal2",))),
        ({"claims": '{"id_token":{"acr":null}}', "acr_values": "aal2"}, Requested(("aal2",))),
    ],
)
def test_levels_asked_for_are_those_known_in_the_order_of_preference(
    values: dict[str, str], expected: Requested
) -> None:
    """Unknown values are ignored; only an essential claim makes one of them a must."""
    assert read(**values) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"id_token":{}}',
        '{"id_token":null}',
        '{"id_token":{"auth_time":{"essential":true},"sub":{"value":"x"}}}',
        '{"userinfo":{"acr":{"essential":true,"value":"phr"}},"x":[1]}',
        '{"userinfo":"no object","id_token":{"email":7}}',
        '{"id_token":{"acr":{"purpose":"to know"}}}',
        '{"id_token":{"acr":{"essential":true}}}',
    ],
)
def test_claims_that_list_no_level_are_ignored(text: str) -> None:
    """Core 5.5: what is not understood is no error. ``acr`` is in every ID token anyway."""
    assert read(claims=text) == Requested()


@pytest.mark.parametrize(
    "text",
    [
        "acr",
        "null",
        "[]",
        '"{}"',
        "7",
        '{"id_token":[]}',
        '{"id_token":"acr"}',
        '{"id_token":{"acr":true}}',
        '{"id_token":{"acr":"phr"}}',
        '{"id_token":{"acr":["phr"]}}',
        claim(essential="true", value="aal2"),
        claim(essential=1, value="aal2"),
        claim(essential=None, value="aal2"),
        claim(value=None),
        claim(value=["phr"]),
        claim(value=2),
        claim(values="phr"),
        claim(values={"phr": 1}),
        claim(values=[]),
        claim(values=["phr", 2]),
        claim(values=["phr", None]),
        claim(value="phr", values=["aal1"]),
        claim(values=["x"] * 21),
        '{"id_token":{"acr":{"value":"phr"}},"id_token":{}}',
        '{"id_token":{"acr":{"essential":true,"essential":false,"value":"phr"}}}',
        '{"id_token":{"acr":{"value":"phr"}}',
        "[" * 1999,
        '{"a":' * 399,
        claim(value="x" * 2000),
        '{"n":' + "9" * 1900 + "}x",
    ],
)
def test_claims_that_are_malformed_are_refused(text: str) -> None:
    """Nothing is guessed at: a level that was meant to be a must would be lost."""
    with pytest.raises(AuthorizationRefused) as refusal:
        read(claims=text)
    assert refusal.value.error == "invalid_request"


def test_more_than_twenty_levels_are_refused() -> None:
    """Nobody has so many; twenty are read."""
    assert read(acr_values="x " * 19 + "phr") == Requested(("phr",))
    with pytest.raises(AuthorizationRefused) as refusal:
        read(acr_values="x " * 20 + "phr")
    assert refusal.value.error == "invalid_request"


def test_essential_level_that_nobody_knows_is_unmet() -> None:
    """Core 5.5.1.1: the answer must be one of them, and none can be."""
    with pytest.raises(AuthorizationRefused) as refusal:
        read(claims=claim(essential=True, values=["aal3", "gold"]))
    assert refusal.value.error == "unmet_authentication_requirements"


def test_wikis_default_counts_only_where_the_request_says_nothing() -> None:
    """Registration 1.0 section 2: ``acr_values`` and the claim override it."""
    registered = wiki(default_acr_values=("phr", "aal2"))
    for values, expected in (
        ({}, Requested(("phr", "aal2"))),
        ({"claims": "{}"}, Requested(("phr", "aal2"))),
        ({"acr_values": "aal1"}, Requested(("aal1",))),
        ({"acr_values": "gold"}, Requested()),
        ({"claims": claim(value="aal2")}, Requested(("aal2",))),
    ):
        assert read_requested(registered, values) == expected


def test_request_is_asked_again_by_the_parameters_that_it_gives() -> None:
    """Beginning again leads to the same demand."""
    for requested in (
        Requested(),
        Requested(("phr", "aal1")),
        Requested(("aal2",), is_essential=True),
        Requested(("phr", "aal2"), is_essential=True),
    ):
        asked = {**requested.parameters(), **RequestedClaims().parameters(requested.claim())}
        sent = {name: text for name, text in asked.items() if text is not None}
        assert read(**sent) == requested


# --- What follows ------------------------------------------------------------------------------

ALL_LISTS: Final = [values for count in range(4) for values in permutations(LEVELS, count)]


@pytest.mark.parametrize(
    ("values", "is_essential", "floor", "demand"),
    [
        ((), False, "aal1", Demand("aal1", "aal1")),
        ((), False, "aal2", Demand("aal2", "aal2")),
        (("aal2",), False, "aal1", Demand("aal1", "aal2")),
        (("phr", "aal2"), False, "aal1", Demand("aal1", "phr")),
        (("aal1", "phr"), False, "aal1", Demand("aal1", "aal1")),
        (("aal1",), False, "phr", Demand("phr", "phr")),
        (("phr",), False, "aal2", Demand("aal2", "phr")),
        (("aal2",), True, "aal1", Demand("aal2", "aal2")),
        (("phr", "aal2"), True, "aal1", Demand("aal2", "phr")),
        (("aal2", "phr"), True, "aal1", Demand("aal2", "aal2")),
        (("aal1",), True, "aal2", Demand("aal2", "aal2")),
        (("phr",), True, "aal1", Demand("phr", "phr")),
    ],
)
def test_demand_is_the_table_in_the_docstring(
    values: tuple[Level, ...], is_essential: bool, floor: Level, demand: Demand
) -> None:
    """Essential: the lowest is the least. Voluntary: only the wiki's own floor is. First wanted."""
    assert Requested(values, is_essential).demand(floor) == demand


def test_demand_is_never_below_the_floor_nor_wants_less_than_it_demands() -> None:
    """Whatever a request lists: it cannot talk a wiki's registration down."""
    for values in ALL_LISTS:
        for floor in LEVELS:
            for is_essential in (False, True):
                demand = Requested(values, is_essential).demand(floor)
                assert reaches(demand.least, floor)
                assert reaches(demand.wanted, demand.least)


@pytest.mark.parametrize(
    ("values", "own", "said"),
    [
        ((), "aal1", "aal1"),
        ((), "phr", "phr"),
        (("aal2",), "aal1", "aal1"),
        (("aal2",), "aal2", "aal2"),
        (("aal2",), "phr", "aal2"),
        (("phr", "aal2"), "aal2", "aal2"),
        (("phr", "aal2"), "phr", "phr"),
        (("aal1", "phr"), "phr", "aal1"),
        (("phr", "aal1"), "aal2", "aal1"),
        (("phr",), "aal2", "aal2"),
    ],
)
def test_acr_is_the_first_listed_that_is_reached_or_the_sessions_own(
    values: tuple[Level, ...], own: Level, said: str
) -> None:
    """A level that was listed below the session's is satisfied by it, and named as asked."""
    assert Requested(values).acr(AMR[own]) == said


def test_acr_is_never_above_what_was_proven_and_one_of_the_essential_ones() -> None:
    """No list of levels makes an ID token say more than the session has shown."""
    for values in ALL_LISTS:
        for own in LEVELS:
            requested = Requested(values, is_essential=True)
            acr = requested.acr(AMR[own])
            assert reaches(own, acr)
            if values and reaches(own, requested.demand("aal1").least):
                assert acr in values
