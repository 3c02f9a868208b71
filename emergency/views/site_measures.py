"""The measures on the whole site: its doors, every session, the signing keys."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emergency.actions.doors import Door, close_door, open_door
from emergency.actions.end_all_sessions import end_all_sessions
from emergency.actions.operators import Operator
from emergency.actions.outcome import Done
from emergency.actions.reach import reach
from emergency.actions.signing_key_lockout import restore_keys, withdraw_keys
from emergency.errors import AlreadyClosed, KeysInService, KeysWithdrawn, NotClosed
from emergency.forms import EndingMeasureForm
from emergency.models import Lockout
from emergency.reach_words import reach_words
from emergency.views.measures import Measure, Target, operator_required, refused, take
from emergency.words import door_words

DOORS: Final[tuple[Door, ...]] = ("sign_up", "unknown_devices", "sign_in")

CLOSE = Measure(
    slug="close",
    title=gettext_lazy("Close a door of the site"),
    button=gettext_lazy("Close it"),
    working=gettext_lazy("Closing…"),
    done=gettext_lazy("It is closed"),
    least="chief",
    is_dangerous=True,
    command="closedoor",
    act=close_door,
    form=EndingMeasureForm,
)
OPEN = Measure(
    slug="open",
    title=gettext_lazy("Open a door of the site"),
    button=gettext_lazy("Open it again"),
    working=gettext_lazy("Opening…"),
    done=gettext_lazy("It is open again"),
    least="chief",
    is_dangerous=False,
    command="opendoor",
    act=open_door,
    after=gettext_lazy("People come through it from now on."),
)


def _end_all(_target: None, reason: str, /, *, by: Operator) -> Done:
    return end_all_sessions(reason, by=by)


def _withdraw(_target: None, reason: str, /, *, by: Operator, ends_at: datetime | None) -> Done:
    done = withdraw_keys(reason, by=by, ends_at=ends_at)
    return Done(
        "withdrawn",
        said=(
            _("Out of service: %(kids)s") % {"kids": ", ".join(done.kids)},
            _("New keys are made at the console: manage.py rotatekeys --signing --compromised"),
        ),
    )


def _restore(_target: None, reason: str, /, *, by: Operator) -> Done:
    done = restore_keys(reason, by=by)
    kids = ", ".join(done.kids) or _("none of them is left")
    return Done("restored", said=(_("Back in service: %(kids)s") % {"kids": kids},))


END_ALL = Measure(
    slug="end-all-sessions",
    title=gettext_lazy("End every session of the site"),
    button=gettext_lazy("End every session"),
    working=gettext_lazy("Ending…"),
    done=gettext_lazy("Every session has ended"),
    least="chief",
    is_dangerous=True,
    command="endallsessions",
    act=_end_all,
    after=gettext_lazy("Yours too: sign in again to go on. Wikis learn when they next ask."),
)
WITHDRAW = Measure(
    slug="withdraw-keys",
    title=gettext_lazy("Take the signing keys out of service"),
    button=gettext_lazy("Take them out of service"),
    working=gettext_lazy("Taking them out…"),
    done=gettext_lazy("The signing keys are out of service"),
    least="chief",
    is_dangerous=True,
    command="withdrawkeys",
    act=_withdraw,
    form=EndingMeasureForm,
)
RESTORE = Measure(
    slug="restore-keys",
    title=gettext_lazy("Put the signing keys back into service"),
    button=gettext_lazy("Put them back"),
    working=gettext_lazy("Putting them back…"),
    done=gettext_lazy("The signing keys are back in service"),
    least="chief",
    is_dangerous=False,
    command="restorekeys",
    act=_restore,
)


def door_measure(request: HttpRequest, measure: Measure, door: Door) -> HttpResponse:
    """The page of closing or opening one door. One with an end can be closed for longer."""
    operator = operator_required(request)
    live = _live(door)
    target = Target(
        key=door,
        name=door_words(door),
        console_name=door.replace("_", "-"),
        url=reverse("admin:lockouts"),
        url_name=_("the lockouts"),
        as_shown=(door, str(live and live.ends_at), str(live is not None)),
        hits=partial(_hits_of_door, door, operator)
        if measure is CLOSE
        else partial(_hits_of_opening, door),
        undo_url=reverse("admin:door_open", args=[door]) if measure is CLOSE else None,
    )
    if request.method != "POST":
        if measure is CLOSE and live is not None and live.ends_at is None:
            return refused(request, measure, target, AlreadyClosed())
        if measure is OPEN and live is None:
            return refused(request, measure, target, NotClosed())
    return take(request, measure, target)


def _hits_of_door(door: Door, operator: Operator) -> list[str]:
    hits = reach_words(reach(door, by=operator))
    if door == "sign_up":
        return [*hits, _("Nobody can create an account; everybody else goes on as before.")]
    hits.append(_("Whoever is signed in stays so, here and on every wiki."))
    if door == "unknown_devices":
        hits.append(
            _(
                "People can sign in only in a browser where they have signed in before, with a "
                "password or a passkey. App passwords do not work meanwhile."
            )
        )
        hits.append(
            _(
                "Whoever sets a new password by letter, or was locked and unlocked, is known in no "
                "browser: they have to wait until it is open again."
            )
        )
    else:
        hits.append(_("Nobody can sign in anew, by password, passkey, code or app password."))
    hits.append(_("Operators get in here as always."))
    return hits


def _hits_of_opening(door: Door) -> list[str]:
    return [
        _("People can come through it again: %(door)s.") % {"door": door_words(door)},
        _("Other doors that are closed stay closed."),
    ]


def end_all_measure(request: HttpRequest) -> HttpResponse:
    """The page of ending every session."""
    operator = operator_required(request)
    return take(request, END_ALL, _site_target("sessions", partial(_hits_of_ending, operator)))


def _hits_of_ending(operator: Operator) -> list[str]:
    return [
        *reach_words(reach("sessions", by=operator)),
        _("Every code and token, and every sign-in that is under way, ends too."),
        _("Everybody may sign in again at once. Wikis learn when they next ask."),
        _("Operators are signed out here as well: you too."),
        _("This cannot be undone."),
    ]


def keys_measure(request: HttpRequest, measure: Measure) -> HttpResponse:
    """The page of taking the signing keys out of service, or putting them back.

    Keys that came since they were taken can be taken as well.
    """
    operator = operator_required(request)
    is_locked = _live("signing_keys") is not None
    target = _site_target(
        f"signing_keys {is_locked}",
        partial(_hits_of_keys, operator)
        if measure is WITHDRAW
        else lambda: [_("What they signed counts again, and they sign again.")],
        undo_url=reverse("admin:restore_keys") if measure is WITHDRAW else None,
    )
    if request.method != "POST":
        if measure is WITHDRAW and not any(hit.total for hit in reach("signing_keys", by=operator)):
            return refused(request, measure, target, KeysWithdrawn())
        if measure is RESTORE and not is_locked:
            return refused(request, measure, target, KeysInService())
    return take(request, measure, target)


def _hits_of_keys(operator: Operator) -> list[str]:
    return [
        *reach_words(reach("signing_keys", by=operator)),
        _("Whatever they signed is refused within a minute, by us and by wikis that look."),
        _("Nobody is sent to a wiki until there are new keys, or these are put back."),
        _("Sessions on this site go on."),
    ]


def _site_target(
    as_shown: str, hits: Callable[[], list[str]], *, undo_url: str | None = None
) -> Target:
    return Target(
        key=None,
        name=_("the whole site"),
        console_name=None,
        url=reverse("admin:lockouts"),
        url_name=_("the lockouts"),
        as_shown=(as_shown,),
        hits=hits,
        undo_url=undo_url,
    )


def _live(kind: str) -> Lockout | None:
    return Lockout.objects.filter(kind=kind, subject="", lifted_at__isnull=True).first()


close = partial(door_measure, measure=CLOSE)
reopen = partial(door_measure, measure=OPEN)
withdraw = partial(keys_measure, measure=WITHDRAW)
restore = partial(keys_measure, measure=RESTORE)
