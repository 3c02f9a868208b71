"""Which wikis can be registered, and what is said when one cannot (RFC 7591 section 3.2.2)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from joserfc.jwk import ECKey

from sso.errors import MetadataInvalid
from sso.services.client_keys import ASSERTION_ALGORITHMS
from sso.services.client_metadata import read_metadata
from sso.services.clients import AUTH_METHODS
from sso.services.registration import register_wiki
from vault import wikis

Addresses = Callable[[], list[str]]

GOOD: dict[str, Any] = {
    "client_name": "English wiki",
    "client_uri": "https://en.wiki.example/",
    "redirect_uris": ["https://en.wiki.example/callback"],
    "first_party": True,
}


@pytest.fixture
def registered(
    admin: psycopg.Connection, playing: Callable[[str], AbstractContextManager[None]]
) -> Iterator[Callable[[], list[str]]]:
    """Lets this process register wikis as the owner; tells the addresses of those there are."""

    def addresses() -> list[str]:
        return [uri for (uri,) in admin.execute("SELECT unnest(redirect_uris) FROM vault.wikis")]

    with playing("owner"):
        yield addresses


BAD: dict[str, dict[str, Any]] = {
    "no name": {"client_name": ""},
    "blank name": {"client_name": "   "},
    "long name": {"client_name": "x" * 101},
    "name with a control": {"client_name": "a\u202eb"},
    "name no text": {"client_name": 1},
    "no address": {"redirect_uris": []},
    "address missing": {"redirect_uris": None},
    "addresses no list": {"redirect_uris": "https://en.wiki.example/callback"},
    "addresses too many": {"redirect_uris": [f"https://w.example/{n}" for n in range(21)]},
    "response type token": {"response_types": ["token"]},
    "response type hybrid": {"response_types": ["code id_token"]},
    "grant types apart": {"grant_types": ["implicit"]},
    "method unknown": {"token_endpoint_auth_method": "tls_client_auth"},
    "alg none": {"id_token_signed_response_alg": "none"},
    "alg HMAC": {"id_token_signed_response_alg": "HS256"},
    "scope without openid": {"scope": "profile"},
    "public without PKCE": {"token_endpoint_auth_method": "none", "require_pkce": False},
    "first_party no truth": {"first_party": "yes"},
    "least level unknown": {"least_acr": "aal3"},
    "least level empty": {"least_acr": ""},
    "least level a list": {"least_acr": ["aal2"]},
    "default level unknown": {"default_acr_values": ["aal2", "aal3"]},
    "default levels no list": {"default_acr_values": "aal2"},
    "default level no text": {"default_acr_values": [2]},
}


@pytest.mark.parametrize("case", BAD)
def test_metadata_that_cannot_be_is_refused_with_what_to_mend(
    registered: Addresses, case: str
) -> None:
    """Nothing is registered half."""
    with pytest.raises(MetadataInvalid) as refusal:
        register_wiki({**GOOD, **BAD[case]})
    assert refusal.value.description
    assert registered() == []


def faults_of(metadata: dict[str, Any]) -> set[str]:
    """What is said against it, each once."""
    with pytest.raises(MetadataInvalid) as refusal:
        read_metadata(metadata, client_id="x")
    faults = [str(fault) for fault in refusal.value.faults]
    assert len(faults) == len(set(faults))
    return set(faults)


@pytest.mark.parametrize("case", BAD)
def test_metadata_with_several_faults_is_told_all_of_them_at_once(case: str) -> None:
    """Whoever mistypes two things hears of both: nobody mends a registration fault by fault."""
    alone = faults_of({**GOOD, **BAD[case]})
    for other, changes in BAD.items():
        fields = [*BAD[case], *changes]
        # Which grant types are needed follows from the response types.
        if len(fields) == len(set(fields)) and {"response_types", "grant_types"} - set(fields):
            both = faults_of({**GOOD, **BAD[case], **changes})
            assert both == alone | faults_of({**GOOD, **changes}), other


KEYS = {"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}
NONE_CAN_SIGN = (
    f"no key of the set can sign with {', '.join(ASSERTION_ALGORITHMS)}"
    " (P-256, Ed25519, or RSA of 2048 bits and more)"
)
ONE_OF = "this must be one of"
HOST = "this must have its host in lower case, and its port in digits"
USELESS = "this is of use with private_key_jwt only"
# What is wrong, and all that is said of it: not what follows from a field that is wrong itself.
TOGETHER: dict[str, tuple[dict[str, Any], set[str]]] = {
    "method unknown, keys of no use, keys given twice, nonce": (
        {
            "token_endpoint_auth_method": "tls_client_auth",
            "jwks": {"keys": []},
            "jwks_uri": "http://w.example/jwks",
            "require_nonce": False,
        },
        {
            f"token_endpoint_auth_method: {ONE_OF} {', '.join(AUTH_METHODS)}",
            f"jwks: {NONE_CAN_SIGN}",
            "jwks_uri: this must be https",
            "give jwks or jwks_uri, not both",
            "require_nonce: this can be false only beside require_pkce false",
        },
    ),
    "name, keys missing, response type": (
        {
            "client_name": "",
            "token_endpoint_auth_method": "private_key_jwt",
            "response_types": ["token"],
            "grant_types": ["password"],
        },
        {
            "client_name: this must be a name of 1 to 100 characters",
            "private_key_jwt needs the wiki's public keys: jwks_uri or jwks",
            "response_types: this may hold code and id_token",
        },
    ),
    "name, public without PKCE, algorithm and keys of no use": (
        {
            "client_name": "",
            "token_endpoint_auth_method": "none",
            "require_pkce": False,
            "jwks": KEYS,
            "token_endpoint_auth_signing_alg": "HS256",
        },
        {
            "client_name: this must be a name of 1 to 100 characters",
            "a public wiki cannot be excused from PKCE",
            f"jwks: {USELESS}",
            f"token_endpoint_auth_signing_alg: {USELESS}",
            f"token_endpoint_auth_signing_alg: {ONE_OF} {', '.join(ASSERTION_ALGORITHMS)}",
        },
    ),
    "several addresses, and its own": (
        {
            "client_uri": "w.example",
            "redirect_uris": ["https://a.example/", "http://b.example/", "https://c.example/#f"],
            "post_logout_redirect_uris": ["https://W.example/"],
        },
        {
            "client_uri: this must be a whole address, such as https://wiki.example.org/",
            "redirect_uris: address 2 must be https",
            "redirect_uris: address 3 may have no user, no fragment and no wildcard",
            f"post_logout_redirect_uris: {HOST}",
        },
    ),
    "addresses no list, and its own": (
        {"redirect_uris": "https://a.example/", "client_uri": "http://w.example/"},
        {
            "redirect_uris: this must be a list of strings",
            "client_uri: this must be https",
        },
    ),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_faults_that_do_not_follow_from_each_other_are_told_at_once(case: str) -> None:
    """Each that can be known while the others stand, and none that cannot."""
    changes, said = TOGETHER[case]
    assert faults_of({**GOOD, **changes}) == said


def test_metadata_with_three_faults_is_refused_in_one_line_that_has_them_all(
    registered: Addresses,
) -> None:
    """For the console, in the order of the fields; the name is no more than one of them."""
    wrong = {"client_name": "", "redirect_uris": ["http://w.example/"], "scope": "profile"}
    with pytest.raises(MetadataInvalid) as refusal:
        register_wiki({**GOOD, **wrong})
    said = refusal.value.description
    assert [fault.split(":")[0] for fault in said.split("; ")] == [*wrong]
    assert "\n" not in said
    assert registered() == []


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
