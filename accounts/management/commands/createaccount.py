"""``manage.py createaccount``: accounts from the console, one by its name or many from a list."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from django.core.management.base import CommandError, CommandParser

from accounts.errors import AccountError
from accounts.management.console import ConsoleCommand, json_of, sentence, text_of
from accounts.services.email_addresses import EmailAddress, parse_address
from accounts.services.password_rules import check_new_password
from accounts.services.registration import CreatedAccount, Level, create_account, find_account
from accounts.services.second_factors import secret_from_base32
from accounts.services.usernames import creatable_username, username_skeletons

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_FIELDS: Final = {"username", "email", "password", "operator", "totp_secret"}


@dataclass(frozen=True)
class Wanted:
    """An account to make, found in order as far as that can be known beforehand."""

    username: str
    password: str | None = field(repr=False)
    address: EmailAddress | None
    operator: Level | None
    totp_secret: bytes | None = field(repr=False, default=None)


class Command(ConsoleCommand):
    """Nothing is made until everything asked for has been found in order."""

    help = (
        "Create an account, or those of a JSON list of {username, email, password, operator, "
        "totp_secret}. Addresses are taken as confirmed; whoever gets a second factor gets "
        "recovery codes as well, and an operator a link by which to enrol a passkey: both are "
        "printed, and kept nowhere else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """A name and its options, or ``--from``."""
        super().add_arguments(parser)
        parser.add_argument("name", nargs="?", help="the user name")
        parser.add_argument("--email", help="an address, taken as confirmed")
        parser.add_argument(
            "--operator",
            nargs="?",
            const="chief",
            choices=LEVELS,
            help="make them an operator of that level (chief, unless you say less)",
        )
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input, one line",
        )
        parser.add_argument(
            "--from",
            dest="file",
            metavar="FILE",
            help="read a JSON list of accounts from a file; - for standard input",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Makes the account or accounts, and prints their ids."""
        if options["file"]:
            self._make_list(options)
            return
        if not options["name"]:
            raise CommandError("give a user name, or a list with --from")
        password = _line_of_stdin() if options["password_stdin"] else None
        wanted = _check(options["name"], password, options["email"], options["operator"])
        [made] = self._make([wanted], [])
        self.say(made, as_json=options["json"], lines=_lines(wanted, made))

    def _make_list(self, options: Mapping[str, Any]) -> None:
        if any(options[name] for name in ("name", "email", "operator", "password_stdin")):
            raise CommandError("with --from, the list says everything: give no other option")
        wanted = _read_list(options["file"])
        made: list[dict[str, Any]] = []
        try:
            self._make(wanted, made)
        finally:
            # Also where it stopped on the way: codes and links are kept nowhere else.
            if made or not wanted:
                # A list is for programs: the answer is one too, with --json or without.
                self.say(made, as_json=True, lines=[])

    def _make(self, wanted: list[Wanted], made: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Makes one after the other, and adds to ``made`` what it can say of each."""
        for one in wanted:
            try:
                created = create_account(
                    one.username,
                    one.password,
                    one.address,
                    operator=one.operator,
                    totp_secret=one.totp_secret,
                )
            except AccountError as error:
                before = f" ({len(made)} before it in the list were created)" if made else ""
                raise CommandError(f"{one.username}: {sentence(error)}{before}") from error
            made.append(_answer(one, created))
        return made


def _answer(wanted: Wanted, created: CreatedAccount) -> dict[str, Any]:
    return {
        "username": created.username,
        "id": str(created.account_id),
        "email": wanted.address.address if wanted.address else None,
        "operator": wanted.operator,
        "has_password": wanted.password is not None,
        **({"recovery_codes": created.recovery_codes} if created.recovery_codes else {}),
        **(
            {"operator_enrolment_url": created.operator_enrolment_url}
            if created.operator_enrolment_url
            else {}
        ),
    }


def _lines(wanted: Wanted, made: Mapping[str, Any]) -> list[str]:
    lines = [f"Created {made['username']}, id {made['id']}."]
    if wanted.operator:
        lines.append(f"They are an operator: {wanted.operator}. Once, within three days, they")
        lines.append("enrol a passkey for the operator's site at")
        lines.append(made["operator_enrolment_url"])
    if wanted.password is None:
        lines.append("The account has no password, so nobody can sign in to it by one.")
    return lines


def _check(
    name: str,
    password: str | None,
    email: str | None,
    operator: Level | None,
    totp_secret: bytes | None = None,
) -> Wanted:
    """Finds one account in order. Raises ``CommandError``, with the name and what is wrong."""
    try:
        username = creatable_username(name)
        address = parse_address(email) if email else None
        if password is not None:
            has_second_factor = totp_secret is not None
            check_new_password(
                password, username=username, email=email, has_second_factor=has_second_factor
            )
        if find_account(username) is not None:
            raise CommandError(f"{username}: This user name is taken.")
    except AccountError as error:
        raise CommandError(f"{name}: {sentence(error)}") from error
    return Wanted(username, password, address, operator, totp_secret)


def _line_of_stdin() -> str:
    password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not password:
        raise CommandError("there is no password on standard input")
    return password


def _read_list(name: str) -> list[Wanted]:
    entries = json_of(name)
    if not isinstance(entries, list):
        raise CommandError(f"{name}: it must be a JSON list of accounts")
    wanted = [_check_entry(entry, f"entry {n}") for n, entry in enumerate(entries, start=1)]
    skeletons: dict[str, str] = {}
    for one in wanted:
        for skeleton in username_skeletons(one.username):
            if skeleton in skeletons:
                other = skeletons[skeleton]
                raise CommandError(f"{one.username} and {other}: two names of the list look alike")
        skeletons |= dict.fromkeys(username_skeletons(one.username), one.username)
    return wanted


def _check_entry(entry: Any, where: str) -> Wanted:
    if not isinstance(entry, dict):
        raise CommandError(f"{where}: it must be a JSON object")
    unknown = sorted(set(entry) - _FIELDS)
    if unknown:
        raise CommandError(f"{where}: {unknown[0]} is no field of an account")
    name = text_of(entry, "username", where)
    if not name:
        raise CommandError(f"{where}: username is missing")
    return _check(
        name,
        text_of(entry, "password", name),
        text_of(entry, "email", name),
        _level(entry, name),
        _secret(entry, name),
    )


def _secret(entry: Mapping[str, Any], name: str) -> bytes | None:
    """``totp_secret`` of an entry; what is wrong with it is said without it."""
    text = text_of(entry, "totp_secret", name)
    if text is None:
        return None
    try:
        return secret_from_base32(text)
    except ValueError as error:
        raise CommandError(f"{name}: totp_secret: {error}") from None


def _level(entry: Mapping[str, Any], name: str) -> Level | None:
    """``operator`` of an entry: true stands for chief."""
    given = entry.get("operator", False)
    if given is None or given is False:
        return None
    if given is True:
        return "chief"
    for level in LEVELS:
        if given == level:
            return level
    raise CommandError(f"{name}: operator must be true, false or one of {', '.join(LEVELS)}")
