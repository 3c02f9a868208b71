"""``manage.py leakedtoken``: whose is a token or cookie that leaked; and its end."""

import getpass
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from emergency.actions.leaked_tokens import Examination, Examined, examine, revoke
from emergency.errors import AlreadyDead, MeasureRefused, PastedTooMuch, TargetUnknown
from emergency.token_words import INSTEAD, LETTERS, ODD, state_words, thing_words, token_words


class Command(ConsoleCommand):
    """At the owner's console. What leaked comes from standard input, and is shown nowhere."""

    help = (
        "Read a token, cookie, link or app password that leaked from standard input, with whatever "
        "stands around it; say whose it is and whether it is alive; end just that with --revoke."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do with what is found."""
        super().add_arguments(parser)
        parser.add_argument(
            "--revoke", action="store_true", help="end what is alive of it, and nothing else"
        )
        parser.add_argument("--reason", default="", help="why; stands in the audit trail")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Looks, and ends what was found where that is asked for."""
        if options["revoke"] != bool(options["reason"].strip()):
            raise CommandError("--revoke and --reason go together")
        try:
            examination = examine(_typed(), by=None)
        except PastedTooMuch as error:
            raise CommandError(str(error.message)) from error
        entries = [_entry(one) for one in examination.found]
        if options["revoke"]:
            _revoke(examination, entries, options["reason"])
        self.say(
            {"found": entries, "odd": list(examination.odd)},
            as_json=options["json"],
            lines=list(_lines(examination, entries)),
        )


def _typed() -> str:
    """What was pasted or piped in; a terminal does not show it."""
    if sys.stdin.isatty():
        return getpass.getpass("What leaked (it is not shown): ")
    return sys.stdin.read()


def _revoke(examination: Examination, entries: list[dict[str, Any]], reason: str) -> None:
    for one, entry in zip(examination.found, entries, strict=True):
        thing = one.thing
        if not thing.can_be_ended or thing.account_id is None or thing.ref is None:
            continue
        try:
            revoke((thing.kind, thing.account_id, thing.ref), reason, by=None)
        except (AlreadyDead, TargetUnknown):
            pass  # with the one before: a browser that several accounts know
        except MeasureRefused as error:
            raise CommandError(str(error.message)) from error
        entry["revoked"] = True


def _entry(one: Examined) -> dict[str, Any]:
    thing = one.thing
    return {
        "token": one.token,
        "state": one.state,
        "username": thing.username or None,
        "account_id": str(thing.account_id) if thing.account_id else None,
        "client_id": thing.client_id or None,
        "sid": str(thing.sid) if thing.sid else None,
        "label": thing.label or None,
        "since": thing.since.isoformat() if thing.since else None,
        "can_be_revoked": thing.can_be_ended,
        "revoked": False,
    }


def _lines(examination: Examination, entries: list[dict[str, Any]]) -> Iterator[str]:
    for one, entry in zip(examination.found, entries, strict=True):
        yield _line(one, entry)
        if entry["revoked"]:
            yield f"  revoked: {thing_words(one.thing.kind)}"
        elif one.thing.can_be_ended:
            yield f"  alive: {thing_words(one.thing.kind)}; --revoke --reason TEXT ends it"
        elif one.token in INSTEAD:
            yield f"  {INSTEAD[one.token]}"
        else:
            yield "  nothing of it is alive"
    for odd in examination.odd:
        yield str(ODD[odd])
    if not examination.found and not examination.odd:
        yield "This is no token of this site, or one that was pruned long after its end."


def _line(one: Examined, entry: Mapping[str, Any]) -> str:
    of = [
        f"of {entry['username']} ({entry['account_id']})" if entry["username"] else "",
        f"at {entry['client_id']}" if entry["client_id"] else "",
        f"({LETTERS.get(entry['label'], entry['label'])})" if entry["label"] else "",
        f"since {entry['since']}" if entry["since"] else "",
    ]
    return " ".join([f"{token_words(one.token)}, {state_words(one.state)}:", *filter(None, of)])
