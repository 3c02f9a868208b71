"""The way every measure goes: show what it will hit, take a reason, do it, say what was done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emergency.actions.operators import Level, Operator
from emergency.actions.outcome import Done
from emergency.confirmation import is_agreement, seal_agreement
from emergency.errors import MeasureRefused, NotAllowed, ReasonMissing, TargetUnknown
from emergency.forms import MeasureForm
from emergency.middleware import operator_of

Text = str | Promise
_HOLDS = gettext_lazy("It holds from now on.")


@dataclass(frozen=True)
class Measure:
    """A measure as its pages show it. The vault has the last word on who may take it."""

    slug: str
    title: Text
    button: Text
    working: Text
    done: Text
    least: Level
    is_dangerous: bool
    act: Callable[[Any, str, Operator], Done]
    form: type[MeasureForm] = MeasureForm
    after: Text = _HOLDS  # what is so once it was done


@dataclass(frozen=True)
class Target:
    """What a measure is shown for: ``as_shown`` is what the agreement is bound to."""

    key: Any
    name: str
    url: str
    as_shown: Sequence[str]
    hits: Sequence[str] = field(default=())  # what it will do, the numbers first
    wikis: Sequence[str] = field(default=())  # who is told
    undo_url: str | None = None
    url_name: str = ""  # what `url` leads to, where that is not the target


def operator_required(request: HttpRequest) -> Operator:
    """The operator of the request. Raises ``PermissionDenied`` where there is none."""
    operator = operator_of(request)
    if operator is None:
        raise PermissionDenied
    return operator


def take(request: HttpRequest, measure: Measure, target: Target) -> HttpResponse:
    """GET shows what the measure will hit; POST, with a reason and the agreement, takes it."""
    operator = operator_required(request)
    if request.method != "POST":
        return _ask(request, measure, target, measure.form())
    agreed = request.POST.get("agreed", "")
    if not is_agreement(agreed, operator, measure.slug, *target.as_shown):
        form = measure.form(initial={"reason": request.POST.get("reason", "")[:1000]})
        notice = _("Nothing was done: the page was old, or something changed. Please look again.")
        return _ask(request, measure, target, form, notice)
    form = measure.form(request.POST)
    if not form.is_valid():
        return _ask(request, measure, target, form)
    try:
        done = measure.act(target.key, form.cleaned_data["reason"], operator)
    except ReasonMissing as error:
        form.add_error("reason", str(error.message))
        return _ask(request, measure, target, form)
    except MeasureRefused as error:
        return refused(request, measure, target, error)
    context = {"measure": measure, "target": target, "done": done}
    return _page(request, "emergency/measure_done.html", context)


def refused(
    request: HttpRequest, measure: Measure, target: Target, error: MeasureRefused
) -> HttpResponse:
    """Says that nothing was done, and why."""
    status = 403 if isinstance(error, NotAllowed) else 409
    if isinstance(error, TargetUnknown):
        status = 404
    context = {"measure": measure, "target": target, "error": error}
    return _page(request, "emergency/measure_refused.html", context, status=status)


def _ask(
    request: HttpRequest, measure: Measure, target: Target, form: MeasureForm, notice: str = ""
) -> HttpResponse:
    operator = operator_required(request)
    if not operator.reaches(measure.least):
        return refused(request, measure, target, NotAllowed())
    context = {
        "measure": measure,
        "target": target,
        "form": form,
        "notice": notice,
        "agreed": seal_agreement(operator, measure.slug, *target.as_shown),
    }
    return _page(request, "emergency/measure.html", context)


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return render(request, template, {**context, "operator": operator_of(request)}, status=status)
