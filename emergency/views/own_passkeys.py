"""An operator's own passkeys of this site: the list, and the page on which one is taken away."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from emergency.actions.own_passkeys import own_passkeys, remove_passkey
from emergency.forms import NotedMeasureForm
from emergency.views.measures import Measure, Target, operator_required, take

REMOVE = Measure(
    slug="remove",
    title=gettext_lazy("Remove a passkey"),
    button=gettext_lazy("Remove this passkey"),
    working=gettext_lazy("Removing…"),
    done=gettext_lazy("The passkey is removed"),
    after=gettext_lazy("It opens nothing here any more, and your other sessions here have ended."),
    least="looker",
    is_dangerous=True,
    act=remove_passkey,
    form=NotedMeasureForm,
)


@require_safe
def passkeys(request: HttpRequest) -> HttpResponse:
    """Which passkeys one has for this site, and how one gets another."""
    operator = operator_required(request)
    context = {"operator": operator, "passkeys": own_passkeys(operator)}
    return render(request, "emergency/passkeys.html", context)


def remove(request: HttpRequest, key: str) -> HttpResponse:
    """The page of the measure on one of them. Raises ``Http404`` where one has none such."""
    passkey = own_passkeys(operator_required(request)).get(key)
    if passkey is None:
        raise Http404
    target = Target(
        key=passkey.credential_id,
        name=passkey.name,
        url=reverse("admin:passkeys"),
        url_name=_("your passkeys"),
        as_shown=(key, passkey.name),
        hits=lambda: [
            _("Nobody can sign in here with it any more."),
            _("Your other sessions on this site end; this one goes on."),
        ],
    )
    return take(request, REMOVE, target)
