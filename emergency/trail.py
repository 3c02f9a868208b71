"""Reading the audit trail without reading all of it: it grows for years, and has few indexes.

What is about one account has an index, and so has what operators did. Everything else looks at
the newest events only.
"""

from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from emergency.models import Event

LOOK_BACK: Final = 100_000  # events; some tens of milliseconds at the worst
LOCKOUT: Final = "lockout:"
SEARCHES: Final = ("operator:address:", "operator:token:")  # by whom: the console where by nobody


def latest(events: "QuerySet[Event]") -> "QuerySet[Event]":
    """The events of a query that are among the newest ``LOOK_BACK``, newest first."""
    newest = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return events.filter(id__gt=newest - LOOK_BACK).order_by("-id")


def lockouts() -> "QuerySet[Event]":
    """Everything that operators did, newest first."""
    return Event.objects.filter(tag__startswith=LOCKOUT).order_by("-id")


def about_account(account_id: UUID) -> "QuerySet[Event]":
    """All events of one account, newest first."""
    return Event.objects.filter(account_id=account_id).order_by("-id")
