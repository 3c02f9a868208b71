"""The measures on one account: lock it, unlock it, end its sessions, send its owner a letter."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from emergency.actions.end_sessions import end_sessions
from emergency.actions.lock_account import lock_account
from emergency.actions.operators import Operator
from emergency.actions.send_reset import send_reset
from emergency.actions.unlock_account import unlock_account
from emergency.errors import AlreadyLocked, NotLocked
from emergency.forms import LockForm
from emergency.models import Account, Session
from emergency.views.measures import Measure, Target, operator_required, refused, take

LOCK = Measure(
    slug="lock",
    title=gettext_lazy("Lock an account"),
    button=gettext_lazy("Lock this account"),
    working=gettext_lazy("Locking…"),
    done=gettext_lazy("The account is locked"),
    least="locker",
    is_dangerous=True,
    command="lockaccount",
    act=lock_account,
    form=LockForm,
)
UNLOCK = Measure(
    slug="unlock",
    title=gettext_lazy("Unlock an account"),
    button=gettext_lazy("Unlock this account"),
    working=gettext_lazy("Unlocking…"),
    done=gettext_lazy("The account is unlocked"),
    least="locker",
    is_dangerous=False,
    command="unlockaccount",
    act=unlock_account,
)
END_SESSIONS = Measure(
    slug="end-sessions",
    title=gettext_lazy("End an account's sessions"),
    button=gettext_lazy("End these sessions"),
    working=gettext_lazy("Ending…"),
    done=gettext_lazy("The sessions have ended"),
    least="locker",
    is_dangerous=True,
    command="endsessions",
    act=end_sessions,
)
SEND_RESET = Measure(
    slug="send-reset",
    title=gettext_lazy("Send a letter for a new password"),
    button=gettext_lazy("Send the letter"),
    working=gettext_lazy("Sending…"),
    done=gettext_lazy("The letter is on its way"),
    least="locker",
    is_dangerous=False,
    command="sendreset",
    act=send_reset,
    after=gettext_lazy("The password is as it was until its owner sets a new one."),
)
MEASURES = (LOCK, UNLOCK, END_SESSIONS, SEND_RESET)


def account_measure(request: HttpRequest, measure: Measure, account: Account) -> HttpResponse:
    """The page of one measure on one account."""
    operator = operator_required(request)
    target = _target(measure, account, operator)
    # One with an end can be locked for longer.
    if measure is LOCK and request.method != "POST" and account.is_locked_for_good:
        return refused(request, measure, target, AlreadyLocked())
    if request.method != "POST" and measure is UNLOCK and not account.is_locked:
        return refused(request, measure, target, NotLocked())
    return take(request, measure, target)


def _target(measure: Measure, account: Account, operator: Operator) -> Target:
    sessions = list(
        Session.objects.filter(account_id=account.id, ended_at__isnull=True, is_live=True)
    )
    is_own = account.id == operator.session.account_id
    return Target(
        key=account.id,
        name=account.username,
        url=reverse("admin:emergency_account_change", args=[account.id]),
        as_shown=(str(account.id), account.username, account.state),
        hits=lambda: _hits(measure, account, len(sessions), is_own=is_own),
        wikis=[]
        if measure in (UNLOCK, SEND_RESET)
        else sorted({w for s in sessions for w in s.wikis}),
        undo_url=reverse("admin:emergency_account_unlock", args=[account.id])
        if measure is LOCK
        else None,
    )


def _hits(measure: Measure, account: Account, live: int, *, is_own: bool) -> list[str]:
    if measure is UNLOCK:
        return [
            _("They can sign in again at once, with the password that they had."),
            _("Its sessions were left to rest: those of its browsers go on.")
            if account.sessions_rest
            else _("Sessions that ended stay ended."),
        ]
    if measure is SEND_RESET:
        return [
            _("A letter goes to their confirmed e-mail address; nobody here sees what is in it."),
            _("Their password and their sessions stay as they are until they set a new one."),
            _("Where a second factor is held, it is asked for as well."),
        ]
    hits = [
        ngettext(
            "%(count)d live session ends, here and on every wiki.",
            "%(count)d live sessions end, here and on every wiki.",
            live,
        )
        % {"count": live},
        _("Sign-ins that are under way end too."),
    ]
    if measure is LOCK:
        hits.append(_("Nobody can sign in to this account until an operator unlocks it."))
        hits.append(_("If they have a confirmed e-mail address, they get a letter."))
    else:
        hits.append(_("They can sign in again at once, with the password that they have."))
    if is_own:
        hits.append(_("This is your own account: you will be signed out here as well."))
    elif account.operator_level:
        hits.append(
            _("This is an operator's account (%(level)s).") % {"level": account.operator_level}
        )
    return hits
