"""Discovery and keys: what is said is so, and nothing that is refused is advertised."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from tests.environment import ISSUER
from tests.web.assertions import Signer, by_key, new_key, shown
from tests.web.people import Browser, WikiClient, post_form

ENDPOINTS = ("token", "introspection", "revocation")
CONFIGURATION = "/.well-known/openid-configuration"


@pytest.fixture
def metadata(browser: Browser) -> dict[str, object]:
    """The discovery document."""
    document: dict[str, object] = browser.get(CONFIGURATION).json()
    return document


def test_metadata_names_exactly_the_issuer_and_addresses_that_exist(
    metadata: dict[str, object],
) -> None:
    """oidcc-discovery-endpoint-verification: https, no doubled path, nothing that leads nowhere."""
    assert metadata["issuer"] == ISSUER
    addresses = {k: str(v) for k, v in metadata.items() if k.endswith(("_endpoint", "_uri"))}
    assert addresses.keys() == {
        "authorization_endpoint",
        "pushed_authorization_request_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
        "jwks_uri",
    }
    for address in addresses.values():
        assert address.startswith(f"{ISSUER}/")
        resolve(urlsplit(address).path)


def test_metadata_has_what_the_clients_in_the_field_demand(metadata: dict[str, object]) -> None:
    """docs/wikis.md: each of these breaks some relying party when it is missing."""
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]  # type: ignore[operator]
    assert metadata["subject_types_supported"] == ["public"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True
    assert metadata["scopes_supported"] == ["openid", "profile", "email", "offline_access"]


def test_metadata_says_which_levels_can_be_asked_for(metadata: dict[str, object]) -> None:
    """Core 5.5.1.1: by ``acr_values``, or as a claim; the lowest first."""
    assert metadata["acr_values_supported"] == ["aal1", "aal2", "phr"]
    assert metadata["claims_parameter_supported"] is True
    assert "acr" in metadata["claims_supported"]  # type: ignore[operator]


def test_metadata_advertises_nothing_that_is_refused(metadata: dict[str, object]) -> None:
    """ASVS 10.6.1, 10.4.4: no token in a redirect, no plain PKCE, no request objects, no none."""
    assert metadata["response_types_supported"] == ["code", "id_token"]
    assert metadata["response_modes_supported"] == ["query", "form_post"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    grants = ["authorization_code", "implicit", "refresh_token"]
    assert metadata["grant_types_supported"] == grants
    for feature in ("request", "request_uri"):
        assert metadata[f"{feature}_parameter_supported"] is False
    assert "none" not in metadata["id_token_signing_alg_values_supported"]  # type: ignore[operator]
    for endpoint in ENDPOINTS:
        algs = metadata[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert algs == ["ES256", "Ed25519", "EdDSA", "PS256", "RS256"]


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_way_to_authenticate_that_is_advertised_works_and_is_the_wikis_only_one(
    metadata: dict[str, object], add_wiki: Callable[..., WikiClient], endpoint: str
) -> None:
    """RFC 8414 section 2: a wiki of each method, and each method of each of them."""
    methods = metadata[f"{endpoint}_endpoint_auth_methods_supported"]
    assert methods == ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
    path = urlsplit(str(metadata[f"{endpoint}_endpoint"])).path
    works = {
        (registered, method)
        for registered in methods
        for client in [_client(add_wiki, registered)]
        for method in methods
        if _status(path, *_authentication(client, method)) != 401
    }
    assert works == {(method, method) for method in methods}


def _client(add_wiki: Callable[..., WikiClient], method: str) -> tuple[WikiClient, Signer]:
    if method == "private_key_jwt":
        return by_key(add_wiki)
    wiki = add_wiki("English wiki", token_endpoint_auth_method=method)
    return wiki, Signer(new_key(), client_id=wiki.client_id)


def _authentication(
    client: tuple[WikiClient, Signer], method: str
) -> tuple[dict[str, str], str | None]:
    """Form fields and header with what this client has; a secret that it hasn't is made up."""
    wiki, signer = client
    wiki.registration.setdefault("client_secret", "x")
    if method == "client_secret_basic":
        return {}, wiki.basic()
    if method == "private_key_jwt":
        return shown(signer.sign()), None
    secret = {"client_secret": wiki.registration["client_secret"]}
    by_form = {"client_id": wiki.client_id}
    return (by_form | secret if method == "client_secret_post" else by_form), None


def _status(path: str, fields: dict[str, str], authorization: str | None) -> int:
    form = {"grant_type": "authorization_code", "token": "none", **fields}
    status: int = post_form(path, form, authorization=authorization).status_code
    return status


def test_metadata_is_the_same_at_both_addresses(browser: Browser) -> None:
    """RFC 8414 section 3: OAuth's own address for it."""
    other = browser.get("/.well-known/oauth-authorization-server")
    assert other.json() == browser.get(CONFIGURATION).json()


@pytest.mark.parametrize("path", [CONFIGURATION, "/.well-known/jwks.json"])
def test_public_document_may_be_kept_and_read_by_any_origin(browser: Browser, path: str) -> None:
    """Wikis fetch it again and again, some from a browser; nothing in it is about anybody."""
    response = browser.get(path)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies
    assert browser.head(path).status_code == 200
    assert browser.post(path).status_code >= 400


def test_keys_are_public_halves_with_what_clients_choose_by(browser: Browser) -> None:
    """ASVS 11.2.3: ``kid``, ``alg`` and ``use``, RSA 3072 and P-256, and not one private number."""
    keys = browser.get("/.well-known/jwks.json").json()["keys"]
    assert sorted(key["alg"] for key in keys) == ["ES256", "RS256"]
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] == "sig"
        assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & key.keys()
    (rsa,) = [key for key in keys if key["kty"] == "RSA"]
    assert len(rsa["n"]) == 512  # 3072 bits in base64url
    assert "private" not in json.dumps(keys)
