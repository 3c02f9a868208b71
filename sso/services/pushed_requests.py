"""Pushed authorization requests (RFC 9126): handed over by the wiki's server, named by the browser.

Nothing is stored. The ``request_uri`` is the request itself, sealed, with the id of the one grant
that may answer it: the vault takes each id once, so that one request gives one code at the most.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings

from accounts.errors import FlowUnusable
from accounts.flow.sealing import decrypt, encrypt_for_any, is_over
from sso.errors import AuthorizationRefused, InvalidRequest, PushRefused, RequestUnanswerable
from sso.services.authorization_request import (
    AuthorizationRequest,
    Pushed,
    ReturnAddress,
    read_request,
    read_return_address,
)
from sso.services.clients import Wiki, find_wiki, shown_name
from sso.services.parameters import single_values

SECONDS: Final = 90
_URN: Final = "urn:ietf:params:oauth:request_uri:"
_USE: Final = "pushed_request"
# Sealed it has to fit into an address (MAX_QUERY), with room to be sealed once more.
_MAX_CHARACTERS: Final = 7000
# How a wiki proves that it is itself is no part of what it asks for (section 2.1).
_AUTHENTICATION: Final = ("client_secret", "client_assertion", "client_assertion_type")

_Read = tuple[ReturnAddress, dict[str, str], list[str]]


def push(wiki: Wiki, form: dict[str, str]) -> str:
    """The ``request_uri`` of a request that passes every check, good for ``SECONDS``.

    Raises ``InvalidRequest``, and ``PushRefused`` with what the authorization endpoint would say.
    """
    if "request_uri" in form:
        raise InvalidRequest("a pushed request is not named by request_uri")
    if form.get("client_id", wiki.client_id) != wiki.client_id:
        raise InvalidRequest("client_id differs from the one that authenticated")
    sent = {name: value for name, value in form.items() if name not in _AUTHENTICATION}
    sent["client_id"] = wiki.client_id
    pushed = Pushed(uuid4(), int(time.time()), "")
    try:
        address, values, repeated = read_return_address(_pairs(sent))
        read_request(replace(address, pushed=pushed), values, repeated)
    except (RequestUnanswerable, AuthorizationRefused) as error:
        raise PushRefused(error.error, error.description) from None
    named = _named(pushed.id, pushed.at, sent)
    if len(urlencode(named)) > _MAX_CHARACTERS:
        raise InvalidRequest("the request is too long")
    return named["request_uri"]


def pushed_again(asked: AuthorizationRequest, parameters: dict[str, str]) -> dict[str, str]:
    """The parameters by which a request that was pushed begins again; it stays the one it was.

    For as long as the page that leads there: whoever reads it has no more to hurry than in a flow.
    """
    seconds = settings.FLOW_SECONDS
    return _named(UUID(asked.pushed_id), asked.pushed_at, parameters, seconds=seconds)


def read_sent(pairs: Iterable[tuple[str, list[str]]]) -> _Read:
    """As ``read_return_address``, of what was sent, or of what was pushed where that is named.

    Beside a ``request_uri`` of ours only ``client_id`` counts (RFC 9101 section 5): nothing in an
    address changes what was pushed. Raises ``RequestUnanswerable``.
    """
    sent = list(pairs)
    # Most requests name none: they are read once, there.
    named = next((given for name, given in sent if name == "request_uri"), [])
    if len(named) != 1 or not named[0].startswith(_URN):
        return read_return_address(sent)
    values, repeated = single_values(sent)
    if "client_id" in repeated:
        raise RequestUnanswerable("invalid_request", "client_id is repeated")
    wiki = find_wiki(values.get("client_id"))
    if wiki is None:
        raise RequestUnanswerable("invalid_client", "client_id names no wiki that we know")
    claims = _opened(wiki, named[0])
    address, values, repeated = read_return_address(_pairs(claims["sent"]))
    pushed = Pushed(UUID(claims["id"]), claims["at"], named[0])
    return replace(address, pushed=pushed), values, repeated


def _named(
    grant_id: UUID, at: int, sent: dict[str, str], *, seconds: int = SECONDS
) -> dict[str, str]:
    """The two parameters that stand for a sealed request."""
    sealed = encrypt_for_any(_USE, seconds, {"id": str(grant_id), "at": at, "sent": sent})
    return {"client_id": sent["client_id"], "request_uri": f"{_URN}{sealed}"}


def _opened(wiki: Wiki, request_uri: str) -> dict[str, Any]:
    """What was sealed, for this wiki, not long ago."""
    try:
        claims = decrypt(_USE, request_uri.removeprefix(_URN))
    except FlowUnusable:
        raise _invalid(wiki, "request_uri is not one of ours") from None
    if claims["sent"]["client_id"] != wiki.client_id:
        raise _invalid(wiki, "request_uri is another wiki's")
    # Sealed in what is the future by now: a clock was set back, and it would be good for too long.
    if is_over(claims) or claims["iat"] > time.time() + SECONDS:
        raise _invalid(wiki, "request_uri has expired")
    return claims


def _invalid(wiki: Wiki, description: str) -> RequestUnanswerable:
    return RequestUnanswerable(
        "invalid_request_uri", description, wiki_name=shown_name(wiki), home_uri=wiki.home_uri
    )


def _pairs(values: dict[str, str]) -> list[tuple[str, list[str]]]:
    return [(name, [value]) for name, value in values.items()]
