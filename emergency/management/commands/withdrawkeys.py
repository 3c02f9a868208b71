"""``manage.py withdrawkeys``: Take the signing keys out of service."""

from collections.abc import Sequence
from typing import Any

from emergency.actions.reach import Hit, reach
from emergency.actions.signing_key_lockout import withdraw_keys
from emergency.management.lockout import LockoutCommand, ends_words


class Command(LockoutCommand):
    """At the owner's console."""

    help = (
        "Take every signing key out of service: what it signed is refused within a minute, and"
        " nobody is sent to a wiki until there are new keys (rotatekeys --signing --compromised) or"
        " these are put back (restorekeys)."
    )
    takes_end = True

    def hits(self, target: Any, options: dict[str, Any]) -> Sequence[Hit]:
        """The keys."""
        return reach("signing_keys", by=None)

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Withdraws them."""
        done = withdraw_keys(reason, by=None, ends_at=options["ends_at"])
        lines = [
            f"Out of service: {', '.join(done.kids)}. {ends_words(options['ends_at'])}",
            "New keys: manage.py rotatekeys --signing --compromised --reason ...",
            "Undo: manage.py restorekeys --reason ...",
        ]
        return {"status": "withdrawn", "kids": list(done.kids)}, lines
