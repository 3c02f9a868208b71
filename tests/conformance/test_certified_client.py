"""A certified client library that nobody here wrote signs in: openid-client 6 (npm).

It checks for itself what a client has to check, the signature, ``iss`` of the answer and ``nonce``
among it, and refuses what is wrong.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.browser import Browser
from tests.conformance.openid_client import installed, sign_in
from tests.conformance.site import EMAIL, LIBRARY, LIBRARY_BY_KEY, USERNAME, Site


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library, installed as it is locked."""
    return installed(tmp_path_factory.mktemp("library"))


@pytest.fixture
def person(site: Site) -> Iterator[Browser]:
    """An empty browser."""
    browser = Browser(site)
    yield browser
    browser.close()


def _has_all_that_a_wiki_needs(told: dict[str, Any]) -> None:
    claims, userinfo = told["claims"], told["userinfo"]
    assert claims["preferred_username"] == userinfo["preferred_username"] == USERNAME
    assert (userinfo["email"], userinfo["email_verified"]) == (EMAIL, True)
    assert claims["sub"] == userinfo["sub"] == told["refreshed_sub"]
    assert told["rotated"]
    assert told["introspected"]["active"] is True
    assert told["introspected"]["sub"] == claims["sub"]
    assert told["revoked"] == {"active": False}
    assert told["back_with_state"]


def test_certified_client_signs_in_refreshes_and_signs_out(
    site: Site, project: Path, person: Browser
) -> None:
    """Discovery, PKCE, code, ID token, userinfo, refresh, introspection, revocation, logout."""
    _has_all_that_a_wiki_needs(sign_in(site, site.clients[LIBRARY], project, person))


def test_certified_client_pushes_its_request_and_signs_its_assertions(
    site: Site, project: Path, person: Browser
) -> None:
    """The same with ``private_key_jwt`` everywhere, by a client that has to push (RFC 9126)."""
    told = sign_in(site, site.clients[LIBRARY_BY_KEY], project, person)
    _has_all_that_a_wiki_needs(told)
    assert told["asked_with"] == ["client_id", "request_uri"]
