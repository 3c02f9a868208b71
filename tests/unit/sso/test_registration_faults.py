"""What is said when a wiki cannot be registered: all of it, each fault with its field (RFC 7591
section 3.2.2)."""

from typing import Any

import pytest
from joserfc.jwk import ECKey

from sso.errors import MetadataInvalid
from sso.services.client_keys import ASSERTION_ALGORITHMS
from sso.services.client_metadata import read_metadata
from sso.services.clients import AUTH_METHODS
from sso.services.registration import register_wiki
from tests.unit.sso.registering import GOOD, Addresses

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
