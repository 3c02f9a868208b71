"""What the last calls to a wiki, and of it, came to."""

from collections.abc import Iterator
from datetime import datetime

from sso.services.wiki_checks.findings import Finding, note, ok, wrong
from vault.wikis import Calls, Wiki


def of(wiki: Wiki, last: Calls) -> Iterator[Finding]:
    """When it was last used, and whether logouts reach it."""
    if last.issued_at is None:
        yield note("last used", "never")
    elif last.redeemed_at is None and "code" in wiki.response_types:
        yield wrong(
            "last used",
            f"somebody was sent back to it {_at(last.issued_at)}, and no code was ever redeemed:"
            " its own log says what became of them",
        )
    else:
        yield ok("last used", _at(last.issued_at))
    if last.refused_at is not None:
        says = f"refused {_at(last.refused_at)}: {last.refused_why or 'nobody knows why'}"
        if last.redeemed_at is None:
            yield wrong("codes", says)
        elif last.refused_at > last.redeemed_at:
            yield note("codes", f"{says}; it was not redeemed since")
    if wiki.backchannel_logout_uri is None:
        return
    if last.given_up or (last.waiting and last.last_error):
        yield wrong(
            "logouts",
            f"{last.waiting} wait, {last.given_up} were given up; the last error was"
            f" {last.last_error or 'unknown'}",
        )
    elif last.told_at is not None:
        yield ok("logouts", f"last told {_at(last.told_at)}")


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
