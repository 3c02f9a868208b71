"""Lists to read, fast however long they are: never all counted, never sorted without an index."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    _Admin = ModelAdmin[Any]
    _Pages = Paginator[Any]
else:  # Django's own classes take no parameter
    _Admin, _Pages = ModelAdmin, Paginator

_COUNT_UP_TO: Final = 1000


def tag(words: Any, *, is_bad: bool) -> SafeString:
    """A state as a small label."""
    return format_html('<span class="tag{}">{}</span>', " bad" if is_bad else "", words)


class BoundedPaginator(_Pages):
    """Counts no further than one needs to leaf; whoever looks for more should search."""

    object_list: "QuerySet[Any]"

    @cached_property
    def count(self) -> int:
        """How many rows there are, up to a bound."""
        return self.object_list[:_COUNT_UP_TO].count()


class FixedOrderChangeList(ChangeList):
    """A list in the one order that has an index, whatever the address asks for."""

    def get_ordering(self, request: HttpRequest, queryset: "QuerySet[Any]") -> list[Any]:  # noqa: ARG002
        """The admin's own order."""
        return list(self.model_admin.get_ordering(request))

    def url_for_result(self, result: Any) -> str:
        """The page of a row."""
        return reverse(f"admin:emergency_{self.opts.model_name}_change", args=[result.pk])

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than were counted."""
        return bool(self.result_count >= _COUNT_UP_TO)


class ReadOnlyAdmin(_Admin):
    """A list to look at. Django's pages for adding, changing and deleting are not even routed."""

    slug: ClassVar[str]
    search_label: ClassVar[Any] = ""
    note: ClassVar[Any] = ""
    actions = None
    show_full_result_count = False
    preserve_filters = False
    empty_value_display = ""
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 0
    change_list_template = "emergency/change_list.html"
    sortable_by = ()

    def get_changelist(self, *_request: Any, **_more: Any) -> type[ChangeList]:
        """The list whose order is fixed."""
        return FixedOrderChangeList

    def get_urls(self) -> list[URLPattern]:
        """The list; those who have pages of single rows add them."""
        view = self.admin_site.admin_view(require_safe(self.changelist_view))
        return [path("", view, name=f"emergency_{self.opts.model_name}_changelist")]

    def lookup_allowed(self, lookup: str, *_value: Any, **_more: Any) -> bool:
        """The filters that the list offers, whose cost is known, and none by hand."""
        return lookup in {getattr(one, "parameter_name", None) for one in self.list_filter}

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Never: measures are pages of their own."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Never."""
        return False
