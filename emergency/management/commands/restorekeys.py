"""``manage.py restorekeys``: Put back the signing keys that withdrawkeys took."""

from typing import Any

from emergency.actions.signing_key_lockout import restore_keys
from emergency.management.lockout import LockoutCommand


class Command(LockoutCommand):
    """At the owner's console."""

    help = "Put back the signing keys that withdrawkeys took, but for those replaced meanwhile."
    has_dry_run = False

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Puts them back."""
        done = restore_keys(reason, by=None)
        line = f"Back in service: {', '.join(done.kids) or 'none of them is left'}."
        return {"status": "restored", "kids": list(done.kids)}, [line]
