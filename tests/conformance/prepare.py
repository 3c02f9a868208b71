"""Makes accounts and wikis by the site's own commands, as owner, in one process.

Reads ``{"accounts": [...], "wikis": {name: metadata}}`` from standard input; prints each wiki's
registration by its name.
"""

import io
import json
import sys
from typing import Any

import django
from django.core.management import call_command


def main() -> None:
    """Make what is asked for."""
    wanted = json.load(sys.stdin)
    django.setup()
    _command("createaccount", "--from", "-", given=wanted["accounts"])
    registered = {
        name: _command("addwiki", name, "--metadata", "-", given=metadata)
        for name, metadata in wanted["wikis"].items()
    }
    json.dump(registered, sys.stdout)


def _command(name: str, *arguments: str, given: Any) -> Any:
    said = io.StringIO()
    before, sys.stdin = sys.stdin, io.StringIO(json.dumps(given))
    try:
        call_command(name, *arguments, "--json", stdout=said)
    finally:
        sys.stdin = before
    return json.loads(said.getvalue())


if __name__ == "__main__":
    main()
