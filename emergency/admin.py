"""The lists of accounts, wikis and events, and the way to each one's page and measures.

What is wrong has lists of its own (emergency/trouble.py).
"""

import uuid
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.errors import UsernameInvalid
from accounts.services.usernames import canonical_username
from accounts.templatetags.times import time_ago
from emergency.filters import KindFilter, LockFilter, OperatorFilter, SuspendedFilter, WhenFilter
from emergency.lists import ReadOnlyAdmin, tag
from emergency.models import Account, Alert, Event, Job, Wiki
from emergency.site import OperatorSite
from emergency.trail import LOCKOUT, SEARCHES, latest
from emergency.trouble import AlertAdmin, JobAdmin
from emergency.views import account_measures, pages, wiki_measures, wiki_registration
from emergency.views.measures import Measure
from emergency.wiki_words import logouts_label
from emergency.words import detail_words, tag_words

site = OperatorSite(name="admin")


def names_like(typed: str) -> set[str]:
    """A name as typed and as wikis read it (first letter raised, underscores as spaces)."""
    names = {typed}
    try:
        names.add(canonical_username(typed))
    except UsernameInvalid:
        # A part of a name need not be one.
        names.add(typed[:1].upper() + typed[1:])
    return names


class AccountAdmin(ReadOnlyAdmin):
    """Accounts, by name or id."""

    slug = "accounts"
    search_label = _("User name, or how it begins, or id")
    list_display = ("username", "shown_state", "level", "signed_in", "created")
    list_display_links = ("username",)
    list_filter = (LockFilter, OperatorFilter)
    search_fields = ("username",)
    ordering = ("username",)

    def get_urls(self) -> list[URLPattern]:
        """The list, the page of an account, and a page for each measure."""
        view = self.admin_site.admin_view
        return [
            *super().get_urls(),
            path("<uuid:account_id>/", view(pages.account), name="emergency_account_change"),
            *(
                path(
                    f"<uuid:account_id>/{measure.slug}/",
                    view(partial(self._measure, measure)),
                    name=f"emergency_account_{measure.slug}",
                )
                for measure in account_measures.MEASURES
            ),
        ]

    @staticmethod
    def _measure(measure: Measure, request: HttpRequest, account_id: UUID) -> HttpResponse:
        return account_measures.account_measure(request, measure, pages.find_account(account_id))

    def get_search_results(
        self, _request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Names that begin so, or the one account of an id."""
        typed = search_term.strip()
        if not typed:
            return queryset, False
        try:
            return queryset.filter(id=uuid.UUID(typed)), False
        except ValueError:
            wanted = Q()
            for name in names_like(typed):
                wanted |= Q(username__startswith=name)
            return queryset.filter(wanted), False

    def shown_state(self, account: Account) -> SafeString | str:
        """Locked since when, and why."""
        if not account.is_locked or account.locked_at is None:
            return ""
        return format_html(
            "{} {} · {}",
            tag(_("Locked"), is_bad=True),
            time_ago(account.locked_at),
            account.lock_reason,
        )

    shown_state.short_description = _("State")  # type: ignore[attr-defined]

    def signed_in(self, account: Account) -> str:
        """In how many browsers."""
        count = account.live_sessions
        if not count:
            return ""
        return ngettext("%(count)d session", "%(count)d sessions", count) % {"count": count}

    signed_in.short_description = _("Signed in")  # type: ignore[attr-defined]

    def level(self, account: Account) -> str:
        """The operator's level."""
        return account.operator_level or ""

    level.short_description = _("Operator")  # type: ignore[attr-defined]

    def created(self, account: Account) -> SafeString:
        """How long ago."""
        return time_ago(account.created_at)

    created.short_description = _("Created")  # type: ignore[attr-defined]


class WikiAdmin(ReadOnlyAdmin):
    """Wikis, by name, address or client id."""

    slug = "wikis"
    search_label = _("Name, address or client id")
    list_display = ("name", "shown_state", "heard", "told", "home_uri", "family")
    list_display_links = ("name",)
    list_filter = (SuspendedFilter,)
    search_fields = ("name", "home_uri", "client_id")
    ordering = ("name", "client_id")

    def get_urls(self) -> list[URLPattern]:
        """The list, the page of a wiki, those that register and change one, and the measures."""
        view = self.admin_site.admin_view
        measures = [
            path(
                f"<path:client_id>/{measure.slug}/",
                view(partial(self._measure, measure)),
                name=f"emergency_wiki_{measure.slug}",
            )
            for measure in wiki_measures.MEASURES
        ]
        page = path("<path:client_id>/", view(pages.wiki), name="emergency_wiki_change")
        registering = [
            path("register/", view(wiki_registration.register), name="emergency_wiki_register"),
            path(
                "<path:client_id>/change/",
                view(wiki_registration.change),
                name="emergency_wiki_registration",
            ),
            path(
                "<path:client_id>/renew-secret/",
                view(wiki_registration.renew_secret),
                name="emergency_wiki_renew_secret",
            ),
        ]
        return [*super().get_urls(), *registering, *measures, page]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """The wikis with their last calls, which are looked up for those of the page alone."""
        return super().get_queryset(request).prefetch_related("calls")

    @staticmethod
    def _measure(measure: Measure, request: HttpRequest, client_id: str) -> HttpResponse:
        return wiki_measures.wiki_measure(request, measure, pages.find_wiki(client_id))

    def shown_state(self, wiki: Wiki) -> SafeString:
        """In service, or suspended and why."""
        if wiki.is_suspended:
            return format_html("{} {}", tag(_("Suspended"), is_bad=True), wiki.state_reason)
        return tag(_("In service"), is_bad=False)

    shown_state.short_description = _("State")  # type: ignore[attr-defined]

    def heard(self, wiki: Wiki) -> SafeString | str:
        """How long ago somebody signed in to it, or it asked us something."""
        at = wiki.calls.heard_at
        return format_html("{} {}", _("used"), time_ago(at)) if at else str(_("never used"))

    heard.short_description = _("Last used")  # type: ignore[attr-defined]

    def told(self, wiki: Wiki) -> SafeString | str:
        """Whether it hears of logouts."""
        return logouts_label(wiki)

    told.short_description = _("Logouts")  # type: ignore[attr-defined]

    def family(self, wiki: Wiki) -> str:
        """Whether it is the family's own."""
        return str(_("the family's own") if wiki.first_party else _("somebody else's"))

    family.short_description = _("Whose")  # type: ignore[attr-defined]


class EventAdmin(ReadOnlyAdmin):
    """The audit trail, newest first; all of one account's, or the newest of everybody's."""

    slug = "events"
    search_label = _("User name or account id")
    note = _(
        "Without a name, this looks at the newest 100,000 events, and at everything operators did."
    )
    list_display = ("when", "what", "who", "client_id", "by", "more")
    list_display_links = None
    list_filter = (KindFilter, WhenFilter)
    search_fields = ("username",)
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """All events of one account by name or id, all of operators; else of the newest."""
        typed = search_term.strip()
        if not typed:
            is_indexed = request.GET.get(KindFilter.parameter_name) == LOCKOUT
            return (queryset if is_indexed else latest(queryset)), False
        try:
            account_id: UUID | None = uuid.UUID(typed)
        except ValueError:
            named = Account.objects.filter(username__in=names_like(typed)).order_by("username")
            account_id = named.values_list("id", flat=True).first()
            if account_id is None:
                return queryset.none(), False
        return queryset.filter(account_id=account_id), False

    def when(self, event: Event) -> SafeString:
        """How long ago, the exact time beside it."""
        return time_ago(event.at)

    when.short_description = _("When")  # type: ignore[attr-defined]

    def what(self, event: Event) -> SafeString:
        """In words, with the tag for those who search the logs."""
        return format_html('<span title="{}">{}</span>', event.tag, tag_words(event.tag))

    what.short_description = _("What")  # type: ignore[attr-defined]

    def who(self, event: Event) -> SafeString | str:
        """Whose account, with a way there."""
        if event.account_id is None:
            return ""
        address = reverse("admin:emergency_account_change", args=[event.account_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', address, event.username)

    who.short_description = _("Account")  # type: ignore[attr-defined]

    def by(self, event: Event) -> str:
        """The operator who acted."""
        if event.detail.get("by_itself"):
            return str(_("by itself"))
        if event.actor is None and event.tag.startswith((LOCKOUT, *SEARCHES)):
            return str(_("console"))
        return event.actor or ""

    by.short_description = _("Operator")  # type: ignore[attr-defined]

    def more(self, event: Event) -> str:
        """The details."""
        return detail_words(event.detail)

    more.short_description = _("Details")  # type: ignore[attr-defined]


site.register(Alert, AlertAdmin)
site.register(Job, JobAdmin)
site.register(Account, AccountAdmin)
site.register(Wiki, WikiAdmin)
site.register(Event, EventAdmin)
