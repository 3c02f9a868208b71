"""Asks the auth site, once a browser session, whether an anonymous reader is signed in there."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from demo.wiki import cookies, flows, sessions
from demo.wiki.provider import ProviderUnavailable, patience

_View = Callable[..., HttpResponse]


def recognises_reader(view: _View) -> _View:
    """Before the first page of a browser session, tries `prompt=none` by a top-level redirect.

    Reading never depends on it: where the auth site does not answer, the page simply comes.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not _should_ask(request):
            return view(request, *args, **kwargs)
        try:
            app = patience().app_if_alive()
        except ProviderUnavailable:
            return view(request, *args, **kwargs)
        response = flows.begin(
            request,
            app=app,
            next_path=flows.safe_path(request.get_full_path()),
            prompt="none",
        )
        cookies.put(response, name=cookies.ASKED, value="1")
        return response

    return wrapped


def _should_ask(request: HttpRequest) -> bool:
    """Only for a person opening a page, once; once more where a session here has ended.

    A dead session's cookie goes away with this very answer, so that this cannot turn in circles.
    """
    if request.method != "GET" or sessions.current(request) is not None:
        return False
    if cookies.ASKED in request.COOKIES and cookies.SESSION not in request.COOKIES:
        return False
    if "text/html" not in request.headers.get("Accept", ""):
        return False
    if "prefetch" in request.headers.get("Sec-Purpose", ""):
        return False
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"
