"""What the commands for wikis share: client metadata as options, and what they print of it."""

from argparse import BooleanOptionalAction
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import json_of
from sso.errors import MetadataInvalid, RegistrationMoved, WikiUnknown

_TEXTS: Final = {
    "--home": ("client_uri", "the wiki's own address"),
    "--backchannel-logout-uri": ("backchannel_logout_uri", "where ended sessions are told"),
    "--auth-method": (
        "token_endpoint_auth_method",
        "client_secret_basic, client_secret_post, private_key_jwt or none",
    ),
    "--jwks-uri": ("jwks_uri", "where it publishes its keys, for private_key_jwt"),
    "--assertion-alg": (
        "token_endpoint_auth_signing_alg",
        "the one algorithm of its assertions; any that is offered unless said",
    ),
    "--id-token-alg": ("id_token_signed_response_alg", "RS256 unless said; ES256 is faster"),
    "--scope": ("scope", 'what it may ask for, such as "openid profile email"'),
    "--least-acr": ("least_acr", "the level that every sign-in to it has to reach"),
    "--policy-uri": ("policy_uri", "what it does with what it is told, for people to read"),
}
_LISTS: Final = {
    "--redirect-uri": ("redirect_uris", "where codes may go; may be repeated"),
    "--post-logout-redirect-uri": (
        "post_logout_redirect_uris",
        "where people may come back to after signing out; may be repeated",
    ),
    "--response-type": ("response_types", "code unless said; may be repeated"),
    "--default-acr": (
        "default_acr_values",
        "a level that is wanted where a request says nothing; may be repeated",
    ),
}
_SWITCHES: Final = {
    "--pkce": ("require_pkce", "whether it has to use PKCE"),
    "--nonce": ("require_nonce", "whether it has to send a nonce, where it is excused from PKCE"),
    "--require-par": (
        "require_pushed_authorization_requests",
        "whether it has to push its requests (RFC 9126)",
    ),
    "--first-party": ("first_party", "one of the family's own: no consent is asked"),
}
_FIELDS: Final = (
    *(field for group in (_TEXTS, _LISTS, _SWITCHES) for field, _help in group.values()),
    "jwks",
)


def add_metadata_options(parser: CommandParser) -> None:
    """The metadata's fields as options, and ``--metadata`` for those that have none."""
    parser.add_argument("--metadata", help="a file of RFC 7591 client metadata; - for stdin")
    for option, (field, text) in _TEXTS.items():
        parser.add_argument(option, dest=field, help=text)
    for option, (field, text) in _LISTS.items():
        parser.add_argument(option, dest=field, action="append", help=text)
    for option, (field, text) in _SWITCHES.items():
        parser.add_argument(option, dest=field, action=BooleanOptionalAction, help=text)
    parser.add_argument("--jwks", help="a file with its public keys (JWK Set), or - for stdin")


def metadata_of(options: dict[str, Any]) -> dict[str, Any]:
    """The fields that were given; an empty value takes one away. Raises ``CommandError``."""
    if options["metadata"] == options["jwks"] == "-":
        raise CommandError("standard input can be read once: --metadata - or --jwks -")
    metadata = _object(options["metadata"]) if options["metadata"] else {}
    given = {field: options[field] for field in _FIELDS if options[field] is not None}
    if given.get("jwks"):
        given["jwks"] = _object(given["jwks"])
    return {**metadata, **{field: _value(value) for field, value in given.items()}}


def _value(value: Any) -> Any:
    return None if value in ("", [""]) else value


def _object(name: str) -> dict[str, Any]:
    """The JSON object of a file, or of standard input."""
    value = json_of(name)
    if not isinstance(value, dict):
        raise CommandError(f"{name}: this must be one JSON object")
    return value


@contextmanager
def refusals_in_one_line() -> Iterator[None]:
    """Says why a registration cannot be, as a ``CommandError``."""
    try:
        yield
    except MetadataInvalid as error:
        raise CommandError(error.description) from error
    except WikiUnknown as error:
        raise CommandError(f"no wiki is registered as {error.client_id}") from error
    except RegistrationMoved as error:
        raise CommandError(
            f"{error.client_id} was changed by somebody else in this moment: look at it again"
        ) from error


def shown(value: Any) -> str:
    """A field's value in one line."""
    if value is None or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        kids = [str(key.get("kid", "without a kid")) for key in value.get("keys", [])]
        return f"{len(kids)} keys ({', '.join(kids)})"
    return ", ".join(value) if isinstance(value, list) else str(value)


def moment(seconds: int) -> str:
    """A time for people."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def secret_lines(registration: dict[str, Any]) -> list[str]:
    """The secret, where there is a new one, and until when the one before it is good."""
    lines = []
    if "client_secret" in registration:
        lines += [
            f"client_secret: {registration['client_secret']}",
            "The client_secret is not stored and will not be shown again.",
        ]
    if "older_client_secret_expires_at" in registration:
        until = moment(registration["older_client_secret_expires_at"])
        lines.append(f"The secret before this one is good until {until}.")
    return lines
