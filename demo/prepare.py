"""Brings the demo's databases up to date, in one process as owner, so that Django starts only once:
migrations, signing keys, the wikis, the accounts, static files. What is there already is skipped.

Reads one JSON object from standard input, `{"accounts": [...], "wikis": {origin: metadata}}`;
prints the registration of each wiki by its origin.
"""

import io
import json
import sys
from contextlib import redirect_stdout
from typing import Any

import django
from django.core.management import CommandError, call_command

from vault.accounts import find as find_account


def main() -> int:
    """Prepare: exit status 0, or 1 with what a command said; anything else is a traceback."""
    request = json.load(sys.stdin)
    django.setup()
    try:
        registered = _prepare(request)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    json.dump(registered, sys.stdout)
    return 0


def _prepare(request: dict[str, Any]) -> dict[str, dict[str, str]]:
    with redirect_stdout(sys.stderr):
        call_command("migrate", database="vault", interactive=False, verbosity=1)
        call_command("migrate", database="default", interactive=False, verbosity=1)
        call_command("createsigningkeys")
        _create_accounts(request["accounts"])
        call_command("collectstatic", interactive=False, verbosity=0)
        # Last, because what comes before can be repeated and this would register them twice.
        return {origin: _add_wiki(metadata) for origin, metadata in request["wikis"].items()}


def _add_wiki(metadata: dict[str, Any]) -> dict[str, str]:
    answer = _command("addwiki", metadata["client_name"], "--metadata", "-", given=metadata)
    return {name: answer[name] for name in ("client_id", "client_secret")}


def _create_accounts(accounts: list[dict[str, Any]]) -> None:
    missing = [account for account in accounts if find_account(account["username"]) is None]
    if missing:
        _command("createaccount", "--from", "-", given=missing)


def _command(name: str, *arguments: str, given: Any) -> Any:
    """Run one of our management commands with `given` as JSON on its standard input."""
    said = io.StringIO()
    before, sys.stdin = sys.stdin, io.StringIO(json.dumps(given))
    try:
        call_command(name, *arguments, "--json", stdout=said)
    finally:
        sys.stdin = before
    return json.loads(said.getvalue())


if __name__ == "__main__":
    sys.exit(main())
