"""The wiki's clock against ours: every token has a beginning and an end."""

from collections.abc import Iterator
from typing import Final

from sso.services.wiki_checks.findings import Finding, note, ok, wrong
from sso.services.wiki_checks.probe import Probe

_NOTE_SECONDS: Final = 30
_WRONG_SECONDS: Final = 60


def of(probe: Probe) -> Iterator[Finding]:
    """What each host that answered said of the time."""
    for host, ahead in sorted(probe.ahead.items()):
        about = f"clock of {host}"
        off = abs(ahead)
        if off <= _NOTE_SECONDS:
            yield ok(about, "within 30 seconds of ours")
            continue
        if ahead > 0:
            says = f"{off:.0f} seconds ahead: our ID tokens look old there, and expired before time"
        else:
            says = f"{off:.0f} seconds behind: our ID tokens look as if they came from the future"
        yield (wrong if off > _WRONG_SECONDS else note)(about, f"{says}; have it set by NTP")
    if not probe.ahead:
        yield note("clock", "nothing answered with the time, so it is not known")
