"""The audit trail's vocabulary in words, and what an event's details say."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

TAGS: Final[Mapping[str, str | Promise]] = {
    "account:app_password:added": gettext_lazy("App password added"),
    "account:app_password:refused": gettext_lazy("App password refused"),
    "account:app_password:revoked": gettext_lazy("App password revoked"),
    "account:app_password:right": gettext_lazy("App password used"),
    "account:browser:distrusted": gettext_lazy("Browser trusted no more"),
    "account:browser:spared": gettext_lazy("Code not asked for in a trusted browser"),
    "account:browser:trusted": gettext_lazy("Browser trusted"),
    "account:create:console": gettext_lazy("Account created at the console"),
    "account:email:asked": gettext_lazy("New e-mail address asked for"),
    "account:email:changed": gettext_lazy("E-mail address changed"),
    "account:email:confirmed": gettext_lazy("E-mail address confirmed"),
    "account:email:removed": gettext_lazy("E-mail address removed"),
    "account:email:restored": gettext_lazy("Change of e-mail address undone by letter"),
    "account:factor:exhausted": gettext_lazy("Sign-in ended: ten wrong second factors"),
    "account:factor:right": gettext_lazy("Right second factor"),
    "account:factor:throttled": gettext_lazy("Second factor not tried: too many guesses"),
    "account:factor:unjudged": gettext_lazy(
        "Tried a second factor and did not wait for the answer"
    ),
    "account:factor:wrong": gettext_lazy("Wrong second factor"),
    "account:passkey:added": gettext_lazy("Passkey added"),
    "account:passkey:counter": gettext_lazy("Passkey refused: its counter went back"),
    "account:passkey:refused": gettext_lazy("Passkey refused"),
    "account:passkey:removed": gettext_lazy("Passkey removed"),
    "account:passkey:right": gettext_lazy("Signed in by passkey"),
    "account:password:changed": gettext_lazy("Password changed"),
    "account:password:closed": gettext_lazy("Tried a password while sign-in was closed"),
    "account:password:locked": gettext_lazy("Tried a password on a locked account"),
    "account:password:removed": gettext_lazy("Password removed"),
    "account:password:reset": gettext_lazy("Password set anew by letter"),
    "account:password:right": gettext_lazy("Right password"),
    "account:password:throttled": gettext_lazy("Password not tried: too many guesses"),
    "account:password:unjudged": gettext_lazy("Tried a password and did not wait for the answer"),
    "account:password:upgraded": gettext_lazy("Password stored more strongly"),
    "account:password:wrong": gettext_lazy("Wrong password"),
    "account:recovery_codes:replaced": gettext_lazy("Recovery codes replaced"),
    "account:session:disowned": gettext_lazy("Session ended by letter: “that was not me”"),
    "account:session:ended": gettext_lazy("Session ended"),
    "account:session:opened": gettext_lazy("Signed in"),
    "account:sign_up:refused": gettext_lazy("Sign-up refused"),
    "account:sign_up:success": gettext_lazy("Signed up"),
    "account:token:mailed": gettext_lazy("Letter with a link asked for"),
    "account:token:redeemed": gettext_lazy("Link of a letter used"),
    "account:token:refused": gettext_lazy("Link of a letter refused"),
    "account:token:requested": gettext_lazy("Way back in asked for"),
    "account:totp:added": gettext_lazy("Authenticator app added"),
    "account:totp:opened": gettext_lazy("Code of an authenticator app tried"),
    "account:totp:removed": gettext_lazy("Authenticator app removed"),
    "lockout:account:locked": gettext_lazy("Account locked"),
    "lockout:account:unlocked": gettext_lazy("Account unlocked"),
    "lockout:accounts:locked": gettext_lazy("List of accounts locked"),
    "lockout:accounts:unlocked": gettext_lazy("List of accounts unlocked"),
    "lockout:alert:acknowledged": gettext_lazy("Alert acknowledged"),
    "lockout:backends:ended": gettext_lazy("Database connections ended"),
    "lockout:guesses:cleared": gettext_lazy("Wrong guesses forgotten"),
    "lockout:outbox:dropped": gettext_lazy("Dead letter dropped"),
    "lockout:outbox:revived": gettext_lazy("Dead letter tried again"),
    "lockout:reset:sent": gettext_lazy("Letter for a new password sent by an operator"),
    "lockout:sessions:ended": gettext_lazy("Sessions ended by an operator"),
    "lockout:signing_keys:restored": gettext_lazy("Signing keys put back"),
    "lockout:signing_keys:withdrawn": gettext_lazy("Signing keys taken out of service"),
    "lockout:site:closed": gettext_lazy("Closed"),
    "lockout:site:opened": gettext_lazy("Opened again"),
    "lockout:site:sessions_ended": gettext_lazy("Every session of the site ended"),
    "lockout:token:revoked": gettext_lazy("Leaked token revoked by an operator"),
    "lockout:wiki:resumed": gettext_lazy("Wiki put back into service"),
    "lockout:wiki:suspended": gettext_lazy("Wiki suspended"),
    "operator:address:searched": gettext_lazy("Somebody looked up by an e-mail address"),
    "operator:grant:console": gettext_lazy("Made an operator at the console"),
    "operator:invite:console": gettext_lazy("Link for an operator's passkey made at the console"),
    "operator:passkey:enrolled": gettext_lazy("Operator's passkey enrolled"),
    "operator:passkey:removed": gettext_lazy("Operator's passkey removed"),
    "operator:token:examined": gettext_lazy("Leaked token looked up"),
    "site:alert:raised": gettext_lazy("Alert raised"),
    "site:keys:changed": gettext_lazy("Keys changed"),
    "site:restore:applied": gettext_lazy("Restore of a dump finished"),
    "site:restore:reapplied": gettext_lazy("Event applied again after a restore"),
    "site:row:refused": gettext_lazy("A row that is not ours was refused"),
    "site:signing_key:added": gettext_lazy("Signing key added"),
    "site:signing_key:withdrawn": gettext_lazy("Signing keys withdrawn"),
    "wiki:code:redeemed": gettext_lazy("Wiki redeemed a code"),
    "wiki:code:refused": gettext_lazy("Wiki was refused a code"),
    "wiki:grant:revoked": gettext_lazy("Wiki gave its tokens back"),
    "wiki:refresh:refused": gettext_lazy("Wiki was refused a refresh"),
    "wiki:refresh:rotated": gettext_lazy("Wiki refreshed its tokens"),
    "wiki:register:console": gettext_lazy("Wiki registered at the console"),
    "wiki:register:operator": gettext_lazy("Wiki registered"),
    "wiki:registration:changed": gettext_lazy("Registration of a wiki changed"),
    "wiki:assertion:replayed": gettext_lazy("Assertion of a wiki shown a second time"),
    "account:consent:given": gettext_lazy("Consent given to a wiki"),
    "account:consent:withdrawn": gettext_lazy("Consent withdrawn from a wiki"),
    "wiki:sign_in:issued": gettext_lazy("Signed in to a wiki"),
}

# Kinds of events to choose from, by how their tags begin.
KINDS: Final[tuple[tuple[str, str | Promise], ...]] = (
    ("lockout:", gettext_lazy("What operators did")),
    ("account:password:wrong", gettext_lazy("Wrong passwords")),
    ("account:password:", gettext_lazy("Passwords")),
    ("account:session:", gettext_lazy("Sessions")),
    ("account:factor:", gettext_lazy("Second factors")),
    ("account:token:", gettext_lazy("Letters with a link")),
    ("account:sign_up:", gettext_lazy("Sign-ups")),
    ("wiki:", gettext_lazy("Wikis")),
    ("operator:", gettext_lazy("Operators")),
    ("site:", gettext_lazy("The site")),
)

_NAMES: Final[Mapping[str, str | Promise]] = {
    "accounts": gettext_lazy("accounts"),
    "alert": gettext_lazy("alert"),
    "amr": gettext_lazy("proven by"),
    "by": gettext_lazy("by"),
    "count": gettext_lazy("times"),
    "how": gettext_lazy("how"),
    "job": gettext_lazy("job"),
    "kids": gettext_lazy("keys"),
    "kind": gettext_lazy("kind"),
    "level": gettext_lazy("level"),
    "list": gettext_lazy("list"),
    "name": gettext_lazy("unknown name"),
    "names": gettext_lazy("names"),
    "others": gettext_lazy("others"),
    "purpose": gettext_lazy("purpose"),
    "subject": gettext_lazy("which"),
    "usual": gettext_lazy("usual"),
    "what": gettext_lazy("what"),
    "why": gettext_lazy("why"),
}

_JOBS: Final[Mapping[str, str | Promise]] = {
    "alert": gettext_lazy("Letter to operators"),
    "backchannel_logout": gettext_lazy("Logout at a wiki"),
    "letter": gettext_lazy("Letter"),
    "measure": gettext_lazy("Letter to an operator"),
}

_LEVELS: Final[Mapping[str, str | Promise]] = {
    "looker": gettext_lazy("looker: sees everything, changes nothing"),
    "locker": gettext_lazy("locker: locks accounts"),
    "chief": gettext_lazy("chief: locks accounts, suspends wikis"),
}


_DOORS: Final[Mapping[str, str | Promise]] = {
    "sign_up": gettext_lazy("signing up"),
    "sign_in": gettext_lazy("signing in"),
    "unknown_devices": gettext_lazy("signing in from unknown browsers"),
}


def door_words(door: str) -> str:
    """A door of the site in words; the door itself where it is newer than these words."""
    return str(_DOORS.get(door, door))


def lockout_words(kind: str, accounts: int, wiki: str) -> str:
    """What a lockout closes, in words."""
    if kind == "accounts":
        return ngettext(
            "A list: %(count)d account is locked", "A list: %(count)d accounts are locked", accounts
        ) % {"count": accounts}
    if kind == "wiki":
        return _("%(wiki)s is suspended") % {"wiki": wiki}
    if kind == "signing_keys":
        return _("The signing keys are out of service")
    return _("Closed: %(door)s") % {"door": door_words(kind)}


_LEFT_ALONE: Final[Mapping[str, str | Promise]] = {
    "already": gettext_lazy("locked already, and left as they are"),
    "forbidden": gettext_lazy("operators above your level, and left open"),
    "last_operator": gettext_lazy("the last operator who can undo it, and left open"),
    "self": gettext_lazy("your own account, and left open"),
    "unknown": gettext_lazy("gone meanwhile"),
}


def left_alone_words(status: str) -> str:
    """Why an account of a list was not locked."""
    return str(_LEFT_ALONE.get(status, status))


def tag_words(tag: str) -> str:
    """A tag in words; the tag itself where it is newer than these words."""
    return str(TAGS.get(tag, tag))


def job_words(kind: str) -> str:
    """A kind of job in words; the kind itself where it is newer than these words."""
    return str(_JOBS.get(kind, kind))


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
    if "door" in known:
        parts.append(door_words(str(known.pop("door"))))
    if known.pop("rest", False):
        parts.append(_("its sessions rest"))
    if known.pop("longer", False):
        parts.append(_("for longer"))
    if known.pop("by_itself", False):
        parts.append(_("by itself"))
    if "until" in known:
        until = datetime.fromtimestamp(int(known.pop("until")), UTC)
        parts.append(_("until %(when)s") % {"when": f"{until:%Y-%m-%d %H:%M} UTC"})
    for name, value in sorted(known.items()):
        text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        parts.append(f"{_NAMES.get(name, name)}: {text}")
    return " · ".join(parts)
