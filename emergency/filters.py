"""The filters beside the lists: few, and each with a known cost."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from emergency.words import KINDS

Choices = list[tuple[Any, str | Promise]]


class _Filter(SimpleListFilter, ABC):
    """A filter whose choices stand in its class."""

    template = "emergency/filter.html"
    options: Choices = []

    def lookups(self, _request: HttpRequest, _model_admin: "ModelAdmin[Any]") -> Choices:  # type: ignore[override]
        """The choices."""
        return self.options

    def queryset(self, _request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """The rows of the choice; all of them where it is none of ours."""
        value = self.value()
        if value is None or value not in [key for key, _words in self.options]:
            return queryset
        return self.narrowed(queryset, value)

    @abstractmethod
    def narrowed(self, queryset: "QuerySet[Any]", value: str) -> "QuerySet[Any]":
        """The rows that a choice stands for."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The choices as links."""
        yield from super().choices(changelist)


class LockFilter(_Filter):
    """Locked accounts: by their live lock, which has an index of its own."""

    title = _("State")
    parameter_name = "state"
    options = [("locked", _("Locked only"))]

    def narrowed(self, queryset: "QuerySet[Any]", _value: str) -> "QuerySet[Any]":
        """The locked ones."""
        return queryset.filter(locked_at__isnull=False)


class OperatorFilter(_Filter):
    """Operators are few."""

    title = _("Who")
    parameter_name = "operator"
    options = [("yes", _("Operators only"))]

    def narrowed(self, queryset: "QuerySet[Any]", _value: str) -> "QuerySet[Any]":
        """The operators."""
        return queryset.filter(operator_level__isnull=False)


class SuspendedFilter(_Filter):
    """Wikis are few."""

    title = _("State")
    parameter_name = "state"
    options = [("active", _("In service")), ("suspended", _("Suspended"))]

    def narrowed(self, queryset: "QuerySet[Any]", value: str) -> "QuerySet[Any]":
        """The wikis in that state."""
        return queryset.filter(state=value)


class AlertFilter(_Filter):
    """Alerts are few."""

    title = _("State")
    parameter_name = "state"
    options = [("open", _("Going on")), ("unseen", _("Not acknowledged"))]

    def narrowed(self, queryset: "QuerySet[Any]", value: str) -> "QuerySet[Any]":
        """Those that go on, or that nobody has looked at."""
        if value == "open":
            return queryset.filter(is_open=True)
        return queryset.filter(acknowledged_at__isnull=True)


class JobFilter(_Filter):
    """What was given up has an index, and so has what waits."""

    title = _("State")
    parameter_name = "state"
    options = [("dead", _("Given up")), ("due", _("Waiting")), ("done", _("Sent"))]

    def narrowed(self, queryset: "QuerySet[Any]", value: str) -> "QuerySet[Any]":
        """The jobs in that state."""
        return queryset.filter(
            done_at__isnull=value != "done",
            **({} if value == "done" else {"buried_at__isnull": value != "dead"}),
        )


class KindFilter(_Filter):
    """Kinds of events."""

    title = _("What")
    parameter_name = "kind"
    options = list(KINDS)

    def narrowed(self, queryset: "QuerySet[Any]", value: str) -> "QuerySet[Any]":
        """The events whose tag begins so."""
        return queryset.filter(tag__startswith=value)


class WhenFilter(_Filter):
    """How long ago."""

    title = _("When")
    parameter_name = "within"
    options = [
        ("1", _("The last hour")),
        ("24", _("The last day")),
        ("168", _("The last week")),
    ]

    def narrowed(self, queryset: "QuerySet[Any]", value: str) -> "QuerySet[Any]":
        """The events of the last so many hours."""
        return queryset.filter(at__gte=timezone.now() - timedelta(hours=int(value)))
