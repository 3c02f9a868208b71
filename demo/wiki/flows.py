"""One sign-in on its way, in one tab: begun here, remembered in a signed cookie of its own.

Nothing is stored for a visitor who walks away, and tabs do not disturb each other. The cookie is
named after `state`; whoever comes back without it is in another browser (RFC 9700, section 4.7).
"""

import hashlib
import secrets
from dataclasses import asdict, dataclass

from authlib.integrations.django_client import (
    DjangoOAuth2App,
)
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from . import cookies, settings

CALLBACK_URI = f"{settings.WIKI_ORIGIN}/auth/callback"
# Signing up can take a while: an address to confirm, a password to think of.
_MAX_AGE = 3600
_MOST_AT_ONCE = 6
_SALT = "demo.wiki.flow"


@dataclass(frozen=True)
class Flow:
    """What must be known when the browser comes back."""

    state: str
    nonce: str
    code_verifier: str
    next_path: str
    silent: bool

    def __repr__(self) -> str:
        return f"Flow(next_path={self.next_path!r}, silent={self.silent})"


def begin(
    request: HttpRequest,
    *,
    app: DjangoOAuth2App,
    next_path: str,
    prompt: str | None = None,
) -> HttpResponse:
    """Redirects to the auth site and remembers the flow; `prompt=none` makes it a silent one."""
    extra = {"prompt": prompt} if prompt else {}
    begun = app.create_authorization_url(
        redirect_uri=CALLBACK_URI,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        ui_locales=settings.WIKI_LANGUAGE,
        **extra,
    )
    flow = Flow(
        state=begun["state"],
        nonce=begun["nonce"],
        code_verifier=begun["code_verifier"],
        next_path=next_path,
        silent=prompt == "none",
    )
    response = see_other(begun["url"])
    waiting = [name for name in request.COOKIES if name.startswith(cookies.FLOW_PREFIX)]
    for name in waiting[: max(0, len(waiting) - _MOST_AT_ONCE + 1)]:
        cookies.drop(response, name=name)
    cookies.put(
        response,
        name=cookie_name(flow.state),
        value=signing.dumps(asdict(flow), salt=_SALT, compress=True),
        max_age=_MAX_AGE,
    )
    return response


def find(request: HttpRequest, *, state: str) -> Flow | None:
    """The flow that this browser began with this `state`, or None."""
    sealed = request.COOKIES.get(cookie_name(state))
    if sealed is None:
        return None
    try:
        flow = Flow(**signing.loads(sealed, salt=_SALT, max_age=_MAX_AGE))
    except signing.BadSignature:
        return None
    return flow if secrets.compare_digest(flow.state.encode(), state.encode()) else None


def cookie_name(state: str) -> str:
    """The cookie of the flow with this `state`."""
    name = hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return f"{cookies.FLOW_PREFIX}{name}"


def safe_path(candidate: str | None) -> str:
    """A path on this wiki to go to next, or `/`: never another site, never `/auth/` again."""
    if (
        not candidate
        or len(candidate) > 1000
        or not candidate.startswith("/")
        or not url_has_allowed_host_and_scheme(candidate, allowed_hosts=None)
        or candidate.startswith("/auth/")
    ):
        return "/"
    return candidate


def see_other(url: str) -> HttpResponseRedirect:
    """A 303: the browser goes on with GET, whatever it came with."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
