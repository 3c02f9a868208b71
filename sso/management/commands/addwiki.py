"""``manage.py addwiki``: registers a wiki and prints what its client needs."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from sso.errors import MetadataInvalid
from sso.services.registration import register_wiki


class Command(ConsoleCommand):
    """From options, or from a file of RFC 7591 client metadata."""

    help = "Register a wiki. Prints the registration, with the client secret, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """The metadata's fields as options, or ``--metadata``."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the name that people see")
        parser.add_argument("--metadata", help="a file of RFC 7591 client metadata; - for stdin")
        parser.add_argument("--home", dest="client_uri", help="the wiki's own address")
        parser.add_argument("--redirect-uri", dest="redirect_uris", action="append")
        parser.add_argument(
            "--post-logout-redirect-uri", dest="post_logout_redirect_uris", action="append"
        )
        parser.add_argument("--backchannel-logout-uri", dest="backchannel_logout_uri")
        parser.add_argument("--auth-method", dest="token_endpoint_auth_method")
        parser.add_argument("--id-token-alg", dest="id_token_signed_response_alg")
        parser.add_argument("--response-type", dest="response_types", action="append")
        parser.add_argument("--scope", dest="scope")
        parser.add_argument(
            "--least-acr", dest="least_acr", help="the level that every sign-in to it has to reach"
        )
        parser.add_argument(
            "--no-pkce", dest="require_pkce", action="store_const", const=False, default=None
        )
        parser.add_argument(
            "--first-party",
            dest="first_party",
            action="store_const",
            const=True,
            default=None,
            help="one of the family's own: no consent is asked",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Registers the wiki, or says in one line what is wrong with the metadata."""
        metadata = self._metadata(options)
        try:
            registered = register_wiki(metadata)
        except MetadataInvalid as error:
            raise CommandError(error.description) from error
        if options["json"] or options["metadata"]:
            self.stdout.write(json.dumps(registered))
            return
        for field, value in registered.items():
            shown = ", ".join(value) if isinstance(value, list) else value
            self.stdout.write(f"{field}: {shown}")
        if not registered["first_party"]:
            self.stdout.write("Nobody can sign in to it yet: only --first-party wikis are served.")
        if "client_secret" in registered:
            self.stdout.write("The client_secret is not stored and will not be shown again.")

    def _metadata(self, options: dict[str, Any]) -> dict[str, Any]:
        metadata: dict[str, Any] = {}
        if options["metadata"]:
            metadata = self._read(options["metadata"])
        fields = (
            "client_uri",
            "redirect_uris",
            "post_logout_redirect_uris",
            "backchannel_logout_uri",
            "token_endpoint_auth_method",
            "id_token_signed_response_alg",
            "response_types",
            "scope",
            "least_acr",
            "require_pkce",
            "first_party",
        )
        given = {name: options[name] for name in fields if options[name] is not None}
        return {**metadata, "client_name": options["name"], **given}

    @staticmethod
    def _read(name: str) -> dict[str, Any]:
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
            value = json.loads(text)
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}") from error
        except ValueError as error:
            raise CommandError(f"{name}: this is not JSON") from error
        if not isinstance(value, dict):
            raise CommandError(f"{name}: the metadata must be one JSON object")
        return value
