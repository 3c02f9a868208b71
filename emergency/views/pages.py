"""The page of one account and of one wiki: what is so, what happened, what can be done."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emergency.account_words import ended_sessions, factor_lines
from emergency.actions.register_wiki import check_command
from emergency.details import Factor, Letter, Logout, WikiCalls
from emergency.models import Account, Event, Session, Wiki
from emergency.trail import LOCKOUT, about_account, latest
from emergency.views.measures import operator_required

_EVENTS, _SESSIONS, _LOCKS, _LETTERS, _LOGOUTS = 30, 50, 20, 20, 100


def find_account(account_id: UUID) -> Account:
    """The account of that id. Raises ``Http404``."""
    account = Account.objects.filter(id=account_id).first()
    if account is None:
        raise Http404
    return account


def find_wiki(client_id: str) -> Wiki:
    """The wiki of that client id. Raises ``Http404``."""
    wiki = Wiki.objects.filter(client_id=client_id).first()
    if wiki is None:
        raise Http404
    return wiki


@require_safe
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """An account: its state, how it proves itself, where it is signed in, and what happened."""
    operator = operator_required(request)
    found = find_account(account_id)
    # Those that have not ended have an index, and so have those that ended within the hour; of the
    # others the events tell.
    sessions = Session.objects.filter(account_id=account_id, ended_at__isnull=True, is_live=True)
    logouts = Logout.objects.filter(account_id=account_id).order_by("-ended_at", "sid", "wiki")
    letters = Letter.objects.filter(account_id=account_id).order_by("-id")
    events = about_account(account_id)
    context = {
        "operator": operator,
        "account": found,
        "factors": factor_lines(Factor.objects.filter(account_id=account_id)),
        "sessions": sessions.order_by("-last_seen_at")[:_SESSIONS],
        "ended": ended_sessions(logouts[:_LOGOUTS]),
        "letters": letters[:_LETTERS],
        "locks": events.filter(tag__startswith=LOCKOUT)[:_LOCKS],
        "events": events[:_EVENTS],
        "may_act": operator.reaches("locker"),
        "is_own": found.id == operator.session.account_id,
    }
    return render(request, "emergency/account.html", context)


@require_safe
def wiki(request: HttpRequest, client_id: str) -> HttpResponse:
    """A wiki: its state, its last calls, its registration, and what happened lately."""
    operator = operator_required(request)
    found = find_wiki(client_id)
    context = {
        "operator": operator,
        "wiki": found,
        "calls": WikiCalls.objects.filter(wiki_id=client_id).first(),
        "events": latest(Event.objects.filter(client_id=client_id))[:_EVENTS],
        "may_act": operator.reaches("chief"),
        "check_command": check_command(client_id),
    }
    return render(request, "emergency/wiki.html", context)
