"""The way every measure goes: show what it will hit, take a reason, do it, say what was done.

What harms somebody takes the operator's passkey as well, shown for this very measure.
"""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import AccountError
from accounts.services.sessions import new_secret
from accounts.views.guards import origin_of
from emergency.actions import fresh_proof
from emergency.actions.fresh_proof import CeremonyRefused
from emergency.actions.operators import Level, Operator
from emergency.actions.outcome import Done
from emergency.confirmation import agreed_challenge, seal_agreement
from emergency.errors import MeasureRefused, NotAllowed, ReasonMissing, TargetUnknown
from emergency.forms import MeasureForm
from emergency.middleware import operator_of

Text = str | Promise
_HOLDS = gettext_lazy("It holds from now on.")


# An action of ``emergency.actions``: on its target, for a reason, ``by`` an operator, in the way
# that the options of its form say.
Act = Callable[..., Done]


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
    act: Act
    form: type[MeasureForm] = MeasureForm
    after: Text = _HOLDS  # what is so once it was done
    takes_passkey: bool = True  # the vault asks for a fresh proof
    command: str = ""  # what does the same at the console
    done_template: str = "emergency/measure_done.html"


@dataclass(frozen=True)
class Target:
    """What a measure is shown for: ``as_shown`` is what the agreement is bound to."""

    key: Any
    name: str
    url: str
    as_shown: Sequence[str]
    # What it will do, the numbers first: asked for when a page shows it, since to count takes time.
    hits: Callable[[], Sequence[str]] = tuple
    wikis: Sequence[str] = field(default=())  # who is told
    undo_url: str | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)  # what its form carries along
    url_name: str = ""  # what `url` leads to, where that is not the target
    console_name: str | None = ""  # how the console names it, where that is not its name, or not
    can_amend: bool = False  # its page has a way back to what was filled in


def operator_required(request: HttpRequest) -> Operator:
    """The operator of the request. Raises ``PermissionDenied`` where there is none."""
    operator = operator_of(request)
    if operator is None:
        raise PermissionDenied
    return operator


def take(request: HttpRequest, measure: Measure, target: Target) -> HttpResponse:
    """GET shows what the measure will hit; POST takes it.

    That takes a reason, the agreement of the page that was shown, and a passkey's answer to it.
    """
    operator = operator_required(request)
    if request.method != "POST":
        return ask(request, measure, target)
    agreed = request.POST.get("agreed", "")
    challenge = agreed_challenge(agreed, operator, measure.slug, *target.as_shown)
    if challenge is None:
        form = measure.form(initial={"reason": request.POST.get("reason", "")[:1000]})
        notice = _("Nothing was done: the page was old, or something changed. Please look again.")
        return _ask(request, measure, target, form, notice=notice)
    form = measure.form(request.POST)
    if not form.is_valid():
        fresh_proof.discard(challenge)
        return _ask(request, measure, target, form)
    return _act(request, measure, target, form, challenge)


def ask(request: HttpRequest, measure: Measure, target: Target) -> HttpResponse:
    """The page that shows what the measure will hit, and asks for a reason."""
    return _ask(request, measure, target, measure.form())


def _act(
    request: HttpRequest, measure: Measure, target: Target, form: MeasureForm, challenge: bytes
) -> HttpResponse:
    operator = operator_required(request)
    try:
        if measure.takes_passkey:
            credential = request.POST.get("credential", "")
            fresh_proof.prove(operator, credential, challenge, origin=origin_of(request))
        reason = form.cleaned_data["reason"]
        done = measure.act(target.key, reason, by=operator, **form.options())
    except CeremonyRefused as error:
        return _ask(request, measure, target, form, problem=error)
    except ReasonMissing as error:
        form.add_error("reason", str(error.message))
        return _ask(request, measure, target, form)
    except MeasureRefused as error:
        return refused(request, measure, target, error)
    context = {"measure": measure, "target": target, "done": done}
    return _page(request, measure.done_template, context)


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
    request: HttpRequest,
    measure: Measure,
    target: Target,
    form: MeasureForm,
    *,
    notice: str = "",
    problem: AccountError | None = None,
) -> HttpResponse:
    operator = operator_required(request)
    if not operator.reaches(measure.least):
        return refused(request, measure, target, NotAllowed())
    challenge = new_secret()
    options = fresh_proof.options_to_prove(operator, challenge) if measure.takes_passkey else None
    context = {
        "measure": measure,
        "target": target,
        "form": form,
        "notice": notice,
        "problem": problem,
        "agreed": seal_agreement(operator, challenge, measure.slug, *target.as_shown),
        "passkey_options": json.dumps(options),
        "console": _at_the_console(measure, target),
    }
    return _page(request, "emergency/measure.html", context)


def _at_the_console(measure: Measure, target: Target) -> str:
    """The command that does the same, as it is typed; nothing where there is none."""
    if not measure.command:
        return ""
    if target.console_name is None:
        return f'manage.py {measure.command} --reason "…"'
    name = shlex.quote(target.console_name or target.name)
    return f'manage.py {measure.command} {name} --reason "…"'


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return render(request, template, {**context, "operator": operator_of(request)}, status=status)
