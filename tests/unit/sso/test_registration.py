"""Which wikis can be registered, by which addresses, and what is kept of them."""

from typing import Any

import pytest

from sso.errors import MetadataInvalid
from sso.services.registration import register_wiki
from tests.unit.sso.registering import GOOD, Addresses
from vault import wikis

ADDRESSES = (
    "",
    "https://",
    "https:///callback",
    "//en.wiki.example/callback",
    "/callback",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://en.wiki.example/callback",
    "http://localhost.evil.example/callback",
    "http://127.0.0.1.evil.example/callback",
    "ftp://en.wiki.example/",
    "https://user@en.wiki.example/callback",
    "https://en.wiki.example@evil.example/",
    "https://en.wiki.example/callback#fragment",
    "https://en.wiki.example/callback#",
    "https://*.wiki.example/callback",
    "https://en.wiki.example\\@evil.example/",
    "https://EN.wiki.example/callback",
    "https://en_wiki.example/callback",
    "https://en.wiki.example:/callback",
    "https://en.wiki.example:0/callback",
    "https://en.wiki.example:99999/callback",
    "https://en.wiki.example:port/callback",
    "https://en.wiki.example;script-src/callback",
    "https://en.wiki.example, https://evil.example/",
    "https://[::1/callback",
    "https://\u00fc.wiki.example/callback",
    "https://en.wiki.example/c\u0000",
    "https://en.wiki.example/c\r\nX: y",
    " https://en.wiki.example/callback",
    "https://en.wiki.example/" + "x" * 2000,
)


@pytest.mark.parametrize("field", ["redirect_uris", "post_logout_redirect_uris"])
def test_address_that_is_not_plain_https_is_not_registered(
    registered: Addresses, field: str
) -> None:
    """V-redirect begins here: what is registered once is believed byte for byte."""
    accepted = []
    for address in ADDRESSES:
        try:
            register_wiki({**GOOD, field: [address]})
        except MetadataInvalid:
            continue
        accepted.append(address)
    assert accepted == []


@pytest.mark.parametrize("field", ["client_uri", "backchannel_logout_uri"])
def test_other_addresses_are_held_to_the_same(registered: Addresses, field: str) -> None:
    """The wiki's own, and the one that we call."""
    for address in ADDRESSES[1:]:
        with pytest.raises(MetadataInvalid):
            register_wiki({**GOOD, field: address})


@pytest.mark.parametrize(
    "address",
    [
        "https://en.wiki.example",
        "https://en.wiki.example:8443/w/index.php?title=Special:Login&x=%2F",
        "https://192.0.2.1/callback",
        "https://[2001:db8::1]:8443/callback",
        "http://en.wiki.localhost:8001/callback",
        "http://127.0.0.1:8001/callback",
    ],
)
def test_address_that_is_good_is_kept_byte_for_byte(registered: Addresses, address: str) -> None:
    """Loopback on http only where the settings say that this is the demo or a test."""
    answer = register_wiki({**GOOD, "redirect_uris": [address]})
    assert answer["redirect_uris"] == [address]
    assert registered() == [address]


def test_address_on_http_at_loopback_is_refused_in_production(
    registered: Addresses, settings: Any
) -> None:
    """What dev.py loosens stays tight elsewhere."""
    settings.LOOPBACK_HTTP = False
    with pytest.raises(MetadataInvalid):
        register_wiki({**GOOD, "redirect_uris": ["http://localhost:8001/callback"]})


def test_registration_shows_the_secret_once_and_stores_its_digest(
    registered: Addresses,
) -> None:
    """256 random bits; defaults are the standard's own."""
    answer = register_wiki(GOOD)
    assert len(answer["client_secret"]) >= 43
    wiki = wikis.find(answer["client_id"])
    assert wiki is not None
    assert answer["client_secret"] not in repr(wiki)
    assert wiki.is_secret(answer["client_secret"])
    assert not wiki.is_secret("")
    assert answer["id_token_signed_response_alg"] == "RS256"
    assert answer["token_endpoint_auth_method"] == "client_secret_basic"
    assert answer["require_pkce"] is True
    assert "client_secret" not in register_wiki({**GOOD, "token_endpoint_auth_method": "none"})


def test_registration_is_not_first_party_unless_it_says_so(registered: Addresses) -> None:
    """A wiki of somebody else's gets nothing by default."""
    answer = register_wiki({name: GOOD[name] for name in GOOD if name != "first_party"})
    wiki = wikis.find(answer["client_id"])
    assert wiki is not None
    assert (answer["first_party"], wiki.first_party) == (False, False)


def test_registration_leaves_out_what_is_not_offered_and_says_so(registered: Addresses) -> None:
    """RFC 7591 section 2: the response tells what was registered, whatever was wished for."""
    answer = register_wiki(
        {
            **GOOD,
            "scope": "openid profile email offline_access address",
            "grant_types": ["authorization_code", "refresh_token"],
            "logo_uri": "https://en.wiki.example/logo.png",
            "initiate_login_uri": None,
        }
    )
    assert answer["scope"] == "openid profile email offline_access"
    assert answer["grant_types"] == ["authorization_code", "refresh_token"]
    plain = register_wiki({**GOOD, "grant_types": ["authorization_code", "refresh_token"]})
    assert plain["grant_types"] == ["authorization_code"]  # without offline_access there is none


def test_registration_without_a_home_takes_the_front_door_of_its_redirect_uri(
    registered: Addresses,
) -> None:
    """client_uri is optional; people still need a way back."""
    answer = register_wiki({name: GOOD[name] for name in GOOD if name != "client_uri"})
    assert answer["client_uri"] == "https://en.wiki.example/"


def test_registration_keeps_the_levels_that_it_asks_for_and_shows_them(
    registered: Addresses,
) -> None:
    """A floor for every sign-in, and what is asked for where a request says nothing."""
    asked = {"least_acr": "aal2", "default_acr_values": ["phr", "aal2", "phr"]}
    answer = register_wiki({**GOOD, **asked})
    assert (answer["least_acr"], answer["default_acr_values"]) == ("aal2", ["phr", "aal2"])
    wiki = wikis.find(answer["client_id"])
    assert wiki is not None
    assert (wiki.least_acr, wiki.default_acr_values) == ("aal2", ("phr", "aal2"))


def test_registration_without_levels_takes_any_sign_in(registered: Addresses) -> None:
    """And says so."""
    answer = register_wiki({**GOOD, "least_acr": None, "default_acr_values": None})
    assert (answer["least_acr"], answer["default_acr_values"]) == ("aal1", [])
