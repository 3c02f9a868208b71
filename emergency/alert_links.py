"""Where to look when an alert came: the list that has more about it."""

from collections.abc import Mapping
from typing import Final

from django.urls import reverse
from django.utils.http import urlencode

from emergency.models import Alert

_EVENTS: Final[Mapping[str, str]] = {  # by how their tags begin: see emergency/words.py
    "failures_over_accounts": "account:password:",
    "one_network_many_names": "account:password:",
    "right_password_wrong_factor": "account:factor:",
    "factor_openings": "account:factor:",
    "token_requests": "account:token:",
    "assertions_replayed": "wiki:",
    "unjudged": "account:password:",
    "rows_refused": "site:",
}
_JOBS: Final[Mapping[str, str]] = {"dead_letters": "dead", "outbox_behind": "due"}


def where_to_look(alert: Alert) -> str:
    """The address of that list; empty for a kind that is newer than this."""
    if alert.kind in _JOBS:
        query = {"state": _JOBS[alert.kind]}
        return f"{reverse('admin:emergency_job_changelist')}?{urlencode(query)}"
    if alert.account_id is not None:
        query = {"q": str(alert.account_id)}
    elif alert.kind in _EVENTS:
        query = {"kind": _EVENTS[alert.kind]}
    else:
        return ""
    return f"{reverse('admin:emergency_event_changelist')}?{urlencode(query)}"
