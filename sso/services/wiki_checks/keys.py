"""The wiki's own keys, with which it signs its assertions (RFC 7523): by address or by value."""

import json
from collections.abc import Iterator
from typing import Any

from outbox.errors import FetchFailed
from sso.services.client_keys import KeysUnusable, read_key_set
from sso.services.wiki_checks import failures
from sso.services.wiki_checks.findings import Finding, note, ok, wrong
from sso.services.wiki_checks.probe import Probe
from vault.wikis import Wiki

_FAMILY = {"P-256": "ES256", "Ed25519": "EdDSA"}
_OF_RSA = "RS256 or PS256"


def given(wiki: Wiki, probe: Probe) -> Iterator[Finding]:
    """Whether the keys can be had, are public, and are of use."""
    if wiki.jwks is not None:
        yield from _judged("keys", json.loads(wiki.jwks), wiki)
    if wiki.jwks_uri is None:
        return
    about = f"keys {wiki.jwks_uri}"
    if wiki.token_endpoint_auth_method != "private_key_jwt":  # noqa: S105 - a method's name
        yield note(about, "not used: the wiki is registered to authenticate in another way")
    answer = probe.ask("GET", wiki.jwks_uri, headers={"Accept": "application/json"})
    if isinstance(answer, FetchFailed):
        yield wrong(about, f"{failures.words(answer)}; the wiki cannot authenticate")
        return
    if answer.response.status != 200:
        yield wrong(about, f"{answer.response.status} instead of 200: the wiki cannot authenticate")
        return
    try:
        document = json.loads(answer.response.body)
    except (ValueError, RecursionError):
        yield wrong(about, "it is not JSON: the wiki cannot authenticate")
        return
    yield from _judged(about, document, wiki)


def _judged(about: str, document: Any, wiki: Wiki) -> Iterator[Finding]:
    try:
        found = read_key_set(document)
    except KeysUnusable as error:
        yield wrong(about, error.reason)
        return
    algorithms = [_algorithm(key.as_dict(private=False)) for key in found.keys]
    said = [
        f"{key.kid or 'without kid'} ({alg})"
        for key, alg in zip(found.keys, algorithms, strict=True)
    ]
    yield ok(about, ", ".join(said))
    if wiki.assertion_alg and not any(wiki.assertion_alg in alg for alg in algorithms):
        yield wrong(about, f"none is for {wiki.assertion_alg}, which the wiki is registered with")
    if len(found.keys) == 1 and found.keys[0].kid is None:
        yield note(about, "give the key a kid, so that the next one can stand beside it")


def _algorithm(key: dict[str, Any]) -> str:
    return str(key.get("alg") or _FAMILY.get(str(key.get("crv")), _OF_RSA))
