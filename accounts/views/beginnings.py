"""Where a flow begins again: with the page that it began with."""

from django.http import HttpRequest, HttpResponse

from accounts.flow.seal import Flow
from accounts.views import login, prove, reset


def begin_again(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """The first page of a flow, with nothing proven, and what to say about that."""
    if flow.page == prove.PAGE:
        return prove.present(request, flow, notice)
    if flow.page == reset.PAGE:
        return reset.present(request, flow, notice)
    return login.present(request, flow, notice)
