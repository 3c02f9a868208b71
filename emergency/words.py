"""The audit trail's vocabulary in words, and what an event's details say."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

TAGS: Final[Mapping[str, str | Promise]] = {
    "account:create:console": gettext_lazy("Account created at the console"),
    "account:password:changed": gettext_lazy("Password changed"),
    "account:password:closed": gettext_lazy("Tried a password while sign-in was closed"),
    "account:password:locked": gettext_lazy("Tried a password on a locked account"),
    "account:password:right": gettext_lazy("Right password"),
    "account:password:throttled": gettext_lazy("Password not tried: too many guesses"),
    "account:password:unjudged": gettext_lazy("Tried a password and did not wait for the answer"),
    "account:password:upgraded": gettext_lazy("Password stored more strongly"),
    "account:password:wrong": gettext_lazy("Wrong password"),
    "account:session:ended": gettext_lazy("Session ended"),
    "account:session:opened": gettext_lazy("Signed in"),
    "account:sign_up:refused": gettext_lazy("Sign-up refused"),
    "account:sign_up:success": gettext_lazy("Signed up"),
    "lockout:account:locked": gettext_lazy("Account locked"),
    "lockout:account:unlocked": gettext_lazy("Account unlocked"),
    "lockout:backends:ended": gettext_lazy("Database connections ended"),
    "lockout:sessions:ended": gettext_lazy("Sessions ended by an operator"),
    "lockout:site:sessions_ended": gettext_lazy("Every session of the site ended"),
    "lockout:wiki:resumed": gettext_lazy("Wiki put back into service"),
    "lockout:wiki:suspended": gettext_lazy("Wiki suspended"),
    "operator:grant:console": gettext_lazy("Made an operator at the console"),
    "site:keys:changed": gettext_lazy("Keys changed"),
    "site:signing_key:added": gettext_lazy("Signing key added"),
    "site:signing_key:withdrawn": gettext_lazy("Signing keys withdrawn"),
    "wiki:code:redeemed": gettext_lazy("Wiki redeemed a code"),
    "wiki:code:refused": gettext_lazy("Wiki was refused a code"),
    "wiki:register:console": gettext_lazy("Wiki registered at the console"),
    "wiki:sign_in:issued": gettext_lazy("Signed in to a wiki"),
}

# Kinds of events to choose from, by how their tags begin.
KINDS: Final[tuple[tuple[str, str | Promise], ...]] = (
    ("lockout:", gettext_lazy("What operators did")),
    ("account:password:wrong", gettext_lazy("Wrong passwords")),
    ("account:password:", gettext_lazy("Passwords")),
    ("account:session:", gettext_lazy("Sessions")),
    ("account:sign_up:", gettext_lazy("Sign-ups")),
    ("wiki:", gettext_lazy("Wikis")),
    ("operator:", gettext_lazy("Operators")),
)

_NAMES: Final[Mapping[str, str | Promise]] = {
    "amr": gettext_lazy("proven by"),
    "kind": gettext_lazy("kind"),
    "level": gettext_lazy("level"),
    "purpose": gettext_lazy("purpose"),
    "why": gettext_lazy("why"),
}

_LEVELS: Final[Mapping[str, str | Promise]] = {
    "looker": gettext_lazy("looker: sees everything, changes nothing"),
    "locker": gettext_lazy("locker: locks accounts"),
    "chief": gettext_lazy("chief: locks accounts, suspends wikis"),
}


def tag_words(tag: str) -> str:
    """A tag in words; the tag itself where it is newer than these words."""
    return str(TAGS.get(tag, tag))


def level_words(level: str) -> str:
    """An operator's level and what it may do."""
    return str(_LEVELS.get(level, level))


def detail_words(detail: Mapping[str, Any]) -> str:
    """An event's details in one line, its reason first."""
    known = dict(detail)
    parts = []
    if "reason" in known:
        parts.append(_("“%(reason)s”") % {"reason": known.pop("reason")})
    if "sessions_ended" in known:
        count = int(known.pop("sessions_ended"))
        parts.append(ngettext("%(count)d session", "%(count)d sessions", count) % {"count": count})
    for name, value in sorted(known.items()):
        text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        parts.append(f"{_NAMES.get(name, name)}: {text}")
    return " · ".join(parts)
