"""The measures on a list of accounts: paste it, see whom it means, lock them as one; undo it."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from emergency.actions.account_lists import (
    MOST_AT_ONCE,
    FoundList,
    ListDone,
    find_accounts,
    lock_accounts,
    names_in,
    unlock_accounts,
)
from emergency.actions.lock_account import Lock
from emergency.actions.operators import Operator
from emergency.actions.outcome import Done
from emergency.actions.reach import reach
from emergency.errors import ListUndone
from emergency.forms import AccountListForm, LockForm
from emergency.models import Lockout
from emergency.reach_words import reach_words
from emergency.views.measures import Measure, Target, ask, operator_required, refused, take
from emergency.words import left_alone_words

_ID_BYTES = 16


def _lock(accounts: Sequence[UUID], reason: str, /, *, by: Operator, how: Lock) -> Done:
    done = lock_accounts(accounts, reason, by=by, how=how)
    return Done("listed", said=tuple(_said(done, rest=how.keeps_sessions)))


def _said(done: ListDone, *, rest: bool) -> list[str]:
    locked = ngettext(
        "%(count)d account is locked, as list %(list)d.",
        "%(count)d accounts are locked, as list %(list)d.",
        done.accounts,
    )
    ended = ngettext(
        "%(count)d session was ended.", "%(count)d sessions were ended.", done.sessions_ended
    )
    return [
        locked % {"count": done.accounts, "list": done.list_id},
        _("Their sessions rest.") if rest else ended % {"count": done.sessions_ended},
        *(f"{count} {left_alone_words(status)}." for status, count in done.left_alone),
    ]


def _unlock(list_id: int, reason: str, /, *, by: Operator) -> Done:
    done = unlock_accounts(list_id, reason, by=by)
    unlocked = ngettext(
        "%(count)d account is unlocked.", "%(count)d accounts are unlocked.", done.accounts
    )
    said = [unlocked % {"count": done.accounts}]
    if done.still_locked:
        left = _("%(count)d are still locked by it: once more, or all the rest at the console.")
        said.append(left % {"count": done.still_locked})
    return Done("unlisted", said=tuple(said))


LOCK_LIST = Measure(
    slug="lock-list",
    title=gettext_lazy("Lock a list of accounts"),
    button=gettext_lazy("Lock these accounts"),
    working=gettext_lazy("Locking…"),
    done=gettext_lazy("The list is locked"),
    least="locker",
    is_dangerous=True,
    act=_lock,
    form=LockForm,
)
UNLOCK_LIST = Measure(
    slug="unlock-list",
    title=gettext_lazy("Unlock a list of accounts"),
    button=gettext_lazy("Unlock these accounts"),
    working=gettext_lazy("Unlocking…"),
    done=gettext_lazy("Accounts of the list are unlocked"),
    least="locker",
    is_dangerous=False,
    command="unlockaccounts",
    act=_unlock,
)


@require_http_methods(["GET", "HEAD", "POST"])
def lock_list(request: HttpRequest) -> HttpResponse:
    """GET asks for the list; POST of one shows whom it means; POST of that page locks them."""
    operator = operator_required(request)
    if request.method != "POST":
        return _page(request, AccountListForm())
    if "listed" in request.POST:
        accounts = _unpacked(request.POST["listed"])
        return take(request, LOCK_LIST, _target(accounts, (), operator))
    form = AccountListForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    names = names_in(form.cleaned_data["names"])
    if len(names) > MOST_AT_ONCE:
        form.add_error("names", _("These are more than 1,000; the console takes any number."))
        return _page(request, form)
    found = find_accounts(names, by=operator)
    if not found.accounts:
        form.add_error("names", _("No line of this list means an account."))
        return _page(request, form)
    return _ask(request, found, operator)


def _ask(request: HttpRequest, found: FoundList, operator: Operator) -> HttpResponse:
    accounts = [one.account_id for one in found.accounts]
    return ask(request, LOCK_LIST, _target(accounts, found.unknown, operator))


def _target(accounts: Sequence[UUID], unknown: Sequence[str], operator: Operator) -> Target:
    packed = _packed(accounts)
    many = ngettext("%(count)d account", "%(count)d accounts", len(accounts))
    return Target(
        key=accounts,
        name=many % {"count": len(accounts)},
        url=reverse("admin:lockouts"),
        url_name=_("the lockouts"),
        as_shown=(hashlib.sha256(packed.encode()).hexdigest(),),
        hits=lambda: _hits(accounts, unknown, operator),
        hidden={"listed": packed},
    )


def _hits(accounts: Sequence[UUID], unknown: Sequence[str], operator: Operator) -> list[str]:
    hits = reach_words(reach("accounts", by=operator, accounts=accounts))
    if unknown:
        words = ngettext(
            "%(count)d line means no account: %(names)s",
            "%(count)d lines mean no account: %(names)s",
            len(unknown),
        )
        names = ", ".join(unknown[:10]) + (", …" if len(unknown) > 10 else "")
        hits.append(words % {"count": len(unknown), "names": names})
    return [
        *hits,
        _("Nobody can sign in to them until an operator unlocks them, alone or as a list."),
        _("Those who have a confirmed e-mail address get a letter."),
    ]


def _packed(accounts: Sequence[UUID]) -> str:
    return base64.urlsafe_b64encode(b"".join(one.bytes for one in accounts)).decode()


def _unpacked(text: str) -> list[UUID]:
    """The accounts that a page carries along; none where that is not what it carried."""
    try:
        raw = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return []
    if len(raw) % _ID_BYTES or len(raw) > MOST_AT_ONCE * _ID_BYTES:
        return []
    return [UUID(bytes=raw[at : at + _ID_BYTES]) for at in range(0, len(raw), _ID_BYTES)]


def unlock_list(request: HttpRequest, list_id: int) -> HttpResponse:
    """The page of undoing a list. Raises ``Http404``."""
    listed = Lockout.objects.filter(id=list_id, kind="accounts").first()
    if listed is None:
        raise Http404
    count = listed.accounts or 0
    still = ngettext(
        "%(count)d account that it locked is still locked, and is unlocked.",
        "%(count)d accounts that it locked are still locked, and are unlocked.",
        count,
    )
    target = Target(
        key=list_id,
        name=_("list %(number)d") % {"number": list_id},
        console_name=str(list_id),
        url=reverse("admin:lockouts"),
        url_name=_("the lockouts"),
        as_shown=(str(list_id), str(listed.lifted_at)),
        hits=lambda: [
            still % {"count": count},
            *([_("Here 1,000 at once; the console does all.")] if count > MOST_AT_ONCE else []),
            _("What was locked otherwise, before or since, stays locked."),
            _("Sessions that ended stay ended; those that were left to rest go on."),
        ],
    )
    if request.method != "POST" and listed.lifted_at is not None:
        return refused(request, UNLOCK_LIST, target, ListUndone())
    return take(request, UNLOCK_LIST, target)


def _page(request: HttpRequest, form: AccountListForm) -> HttpResponse:
    context = {"operator": operator_required(request), "form": form}
    return render(request, "emergency/lock_list.html", context)
