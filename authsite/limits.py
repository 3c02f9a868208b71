"""What is refused before anything reads it: wrong host, plain http, odd methods, excess, bad text.

One check a function, in the order in which a request is judged; the first that fails answers.
Parameters that are well formed but wrong are for the form or endpoint that takes them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase

from authsite import policies, problems
from authsite.client import is_monitor
from authsite.origin import own_site

if TYPE_CHECKING:
    from django.http.request import _ImmutableQueryDict

MAX_BODY_BYTES: Final = 64 * 1024
MAX_URL_BYTES: Final = 8 * 1024
MAX_HEADER_BYTES: Final = 32 * 1024
METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
_URL_ENCODED: Final = "application/x-www-form-urlencoded"
_FORM_TYPES: Final = (_URL_ENCODED, "multipart/form-data")


class Refused(Exception):
    """A request that goes no further: `status` for the client, `reason` for the log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class RequestLimits:
    """Judges each request before any other part reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the refusal, or let the request go on."""
        try:
            for check in CHECKS:
                check(request)
        except Refused as refused:
            return problems.refused(
                request, status=refused.status, reason=refused.reason, allow=METHODS
            )
        return self.get_response(request)


def check_host(request: HttpRequest) -> None:
    """Only our own name, with our own port or none. Probes may name us as they like."""
    if request.META.get("HTTP_HOST") == own_site().netloc or is_monitor(request):
        return
    try:
        host = request.get_host()
    except DisallowedHost:
        raise Refused(400, "host") from None
    port = host.rpartition(":")[2] if not host.endswith("]") and ":" in host else ""
    if port and port != str(own_site().port):
        raise Refused(400, "host")


def check_transport(request: HttpRequest) -> None:
    """An https site answers programs over https only; pages are redirected further in."""
    if request.is_secure() or not own_site().is_secure or is_monitor(request):
        return
    if policies.is_api(request.path_info) or request.method not in {"GET", "HEAD"}:
        raise Refused(403, "plain_http")


def check_method(request: HttpRequest) -> None:
    """Nothing here takes TRACE, PUT or methods of one's own invention."""
    if request.method not in METHODS:
        raise Refused(405, "method")


def check_url(request: HttpRequest) -> None:
    """The address is short, and its path has no NUL."""
    path = request.path_info
    if len(path.encode()) + len(request.META.get("QUERY_STRING", "")) > MAX_URL_BYTES:
        raise Refused(414, "url_length")
    if "\0" in path:  # bytes that are no UTF-8 Django has written as %XX by now
        raise Refused(400, "nul")


def check_headers(request: HttpRequest) -> None:
    """All headers together have room for our cookies many times over, and no more."""
    size = 0
    for name, value in request.META.items():
        if name.startswith("HTTP_") and isinstance(value, str):
            size += len(name) + len(value)
    if size > MAX_HEADER_BYTES:
        raise Refused(431, "header_length")


def check_body_length(request: HttpRequest) -> None:
    """The body says once how long it is, and it is short. Nothing has been read of it yet."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        raise Refused(400 if length else 411, "body_framing")
    if not length:
        return
    if not (length.isascii() and length.isdecimal()):
        raise Refused(400, "body_framing")
    if len(length) > 12 or int(length) > MAX_BODY_BYTES:
        raise Refused(413, "body_length")


def check_embedding(request: HttpRequest) -> None:
    """No other site loads a page of ours as its script, picture, frame or fetch.

    Browsers say what a request is for (Fetch Metadata); what says nothing is judged by the cookies
    it lacks. Navigations from anywhere stay open: that is how wikis send people here.
    """
    site = request.META.get("HTTP_SEC_FETCH_SITE", "none")
    if site in {"same-origin", "none"} or policies.is_api(request.path_info):
        return
    if policies.is_public(request.path_info, static_url=settings.STATIC_URL):
        return
    mode = request.META.get("HTTP_SEC_FETCH_MODE")
    if mode != "navigate" or request.META.get("HTTP_SEC_FETCH_DEST") not in {"document", None}:
        raise Refused(403, "cross_site_embedding")


def check_parameters(request: HttpRequest) -> None:
    """Query and form are UTF-8 without NUL, and have no more fields than any form of ours."""
    query = str(request.META.get("QUERY_STRING", "")).encode("latin-1", "replace")  # PEP 3333
    has_form = request.method == "POST" and request.content_type in _FORM_TYPES
    if has_form and (request.content_params or {}).get("charset", "utf-8").lower() != "utf-8":
        raise Refused(400, "charset")
    try:
        if query:
            request.GET = read_parameters(query)
        if has_form and request.content_type == _URL_ENCODED:
            request.POST = read_parameters(request.body)
        elif has_form:
            check_text(request.body)
            # A part may say base64, and hide there what its bytes don't show.
            for _name, values in request.POST.lists():  # what makes Django count the fields
                check_text("".join(values).encode("utf-8", "surrogatepass"))
    except (SuspiciousOperation, BadRequest, MultiPartParserError):
        raise Refused(400, "form") from None
    except UnreadablePostError:
        raise Refused(400, "body_cut_short") from None


def read_parameters(raw: bytes) -> "_ImmutableQueryDict":
    """Give the parameters of a query or form as Django would, in a single walk over them.

    Raises Refused.
    """
    if b"%00" in raw:
        raise Refused(400, "nul")
    check_text(raw)
    text = raw.decode()
    if text.count("&") >= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
        raise Refused(400, "form")
    lists: dict[str, list[str]] = {}
    try:
        for field in text.split("&"):
            if field:
                name, _equals, value = field.partition("=")
                lists.setdefault(_unquoted(name), []).append(_unquoted(value))
    except UnicodeDecodeError:
        raise Refused(400, "encoding") from None
    parameters = QueryDict()
    dict.update(parameters, lists)  # its own methods are closed, and one by one
    return parameters


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def check_text(raw: bytes) -> None:
    """Raise Refused unless `raw` is UTF-8 without NUL: PostgreSQL stores neither."""
    if b"\0" in raw:
        raise Refused(400, "nul")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "encoding") from None


CHECKS: Final = (
    check_method,
    check_url,
    check_headers,
    check_body_length,
    check_host,
    check_transport,
    check_embedding,
    check_parameters,
)
