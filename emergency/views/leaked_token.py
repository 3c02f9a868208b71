"""A token leaked: whose is it, and its end. It is looked at once, and nowhere shown or kept.

What was found has an address of its own that names an account and an id: no token, and no digest.
"""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.services.throttling import charge
from emergency.actions.leaked_tokens import KINDS, Examination, Thing, describe, examine, revoke
from emergency.actions.operators import Operator
from emergency.errors import AlreadyDead, NotAllowed, PastedTooMuch
from emergency.forms import LeakedTokenForm
from emergency.models import Session
from emergency.token_words import HITS, ODD, thing_words
from emergency.views.measures import Measure, Target, operator_required, refused, take

REVOKE = Measure(
    slug="revoke",
    title=gettext_lazy("Revoke what leaked"),
    button=gettext_lazy("Revoke it"),
    working=gettext_lazy("Revoking…"),
    done=gettext_lazy("It is revoked"),
    after=gettext_lazy("Whoever has the token has nothing by it from now on."),
    least="locker",
    is_dangerous=True,
    act=revoke,
)


@require_http_methods(["GET", "HEAD", "POST"])
def leaked_token(request: HttpRequest) -> HttpResponse:
    """GET asks for the token; POST says what it is, whose, and whether it is alive."""
    operator = operator_required(request)
    if not operator.reaches("locker"):
        return _page(request, operator, error=NotAllowed(), status=403)
    if request.method != "POST":
        return _page(request, operator)
    charge(request, "operator-search", settings.RATE_OPERATOR)
    form = LeakedTokenForm(request.POST)
    if not form.is_valid():
        return _page(request, operator, form=form)
    try:
        found = examine(form.cleaned_data["token"], by=operator)
    except NotAllowed as error:
        return _page(request, operator, error=error, status=403)
    except PastedTooMuch as error:
        form.add_error("token", str(error.message))
        return _page(request, operator, form=form)
    return _page(request, operator, examination=found)


def revoke_leaked(request: HttpRequest, kind: str, account_id: UUID, ref: UUID) -> HttpResponse:
    """The page of the measure on what was found. Raises ``Http404`` where there is none such."""
    operator = operator_required(request)
    if kind not in KINDS:
        raise Http404
    if not operator.reaches("locker"):
        target = Target(None, thing_words(kind), reverse("admin:leaked_token"), ())
        return refused(request, REVOKE, target, NotAllowed())
    thing = describe(kind, account_id, ref, by=operator)
    if thing is None:
        raise Http404
    target = _target(thing, account_id, ref)
    if request.method != "POST" and not thing.can_be_ended:
        return refused(request, REVOKE, target, AlreadyDead())
    return take(request, REVOKE, target)


def _target(thing: Thing, account_id: UUID, ref: UUID) -> Target:
    hits = [str(hit) for hit in HITS[thing.kind]]
    if thing.wiki:
        hits.append(_("The wiki is %(wiki)s.") % {"wiki": thing.wiki})
    told = Session.objects.filter(sid=ref).first() if thing.kind == "session" else None
    return Target(
        key=(thing.kind, account_id, ref),
        name=_("%(thing)s of %(name)s")
        % {"thing": thing_words(thing.kind), "name": thing.username},
        url=reverse("admin:emergency_account_change", args=[account_id]),
        url_name=thing.username,
        as_shown=(thing.kind, str(account_id), str(ref), thing.state),
        hits=lambda: hits,
        wikis=told.wikis if told else (),
    )


def _page(
    request: HttpRequest,
    operator: Operator,
    *,
    form: LeakedTokenForm | None = None,
    examination: Examination | None = None,
    error: NotAllowed | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "operator": operator,
        "form": form or LeakedTokenForm(),
        "examination": examination,
        "odd": [ODD[one] for one in examination.odd] if examination else [],
        "error": error,
    }
    return render(request, "emergency/leaked_token.html", context, status=status)
