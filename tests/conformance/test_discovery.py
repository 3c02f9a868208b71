"""Discovery says what a client needs to know, and the truth (OpenID Connect Discovery 1.0)."""

from typing import Any
from urllib.parse import urlsplit

from tests.conformance.modules import module
from tests.conformance.plans import BACKCHANNEL, CONFIG, LOGOUT
from tests.conformance.suite import Suite

_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def _metadata(suite: Suite) -> dict[str, Any]:
    answer = suite.http.get(f"{suite.site.issuer}/.well-known/openid-configuration")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    metadata: dict[str, Any] = answer.json()
    return metadata


def _all_addresses_are_https(metadata: dict[str, Any]) -> None:
    addresses = [value for name, value in metadata.items() if name.endswith(("_endpoint", "_uri"))]
    assert addresses
    for address in addresses:
        parts = urlsplit(address)
        assert parts.scheme == "https"
        assert parts.netloc
        assert "//" not in parts.path


@module("oidcc-discovery-endpoint-verification", CONFIG)
def test_discovery_has_what_the_specifications_require(suite: Suite) -> None:
    """Section 3, and RFC 8414 section 2; the keys are public ones, each with a name of its own."""
    metadata = _metadata(suite)
    assert metadata["issuer"] == suite.site.issuer
    _all_addresses_are_https(metadata)
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert metadata[name].startswith(f"{suite.site.issuer}/")
    assert "code" in metadata["response_types_supported"]
    assert set(metadata["subject_types_supported"]) <= {"public", "pairwise"}
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert {"authorization_code", "implicit"} <= set(metadata["grant_types_supported"])
    assert isinstance(metadata["code_challenge_methods_supported"], list)
    suite.note("OIDCCCheckDiscEndpointClaimsSupported", passed=bool(metadata["claims_supported"]))
    keys = suite.http.get(metadata["jwks_uri"]).json()["keys"]
    assert {key["kty"] for key in keys} <= {"RSA", "EC", "OKP"}
    assert not any(_PRIVATE & set(key) for key in keys)
    assert len({key["kid"] for key in keys}) == len(keys)


@module("oidcc-rp-initiated-logout-discovery-endpoint-verification", LOGOUT)
def test_discovery_has_an_end_session_endpoint(suite: Suite) -> None:
    """RP-Initiated Logout section 2.1."""
    metadata = _metadata(suite)
    _all_addresses_are_https(metadata)
    assert metadata["end_session_endpoint"].startswith(f"{suite.site.issuer}/")


@module("oidcc-backchannel-logout-discovery-endpoint-verification", BACKCHANNEL)
def test_discovery_offers_backchannel_logout_with_sessions(suite: Suite) -> None:
    """Back-Channel Logout section 2.1."""
    metadata = _metadata(suite)
    _all_addresses_are_https(metadata)
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True
    assert metadata["end_session_endpoint"].startswith(f"{suite.site.issuer}/")
