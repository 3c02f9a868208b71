"""Cross-site posts to the pages of a flow: there the sealed flow itself is the token.

It is bound to this browser's cookie, which no other site can read or set, and it outlives the new
CSRF secret that a sign-in in another tab brings. Origin and Referer are judged as everywhere.
"""

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware

from accounts.errors import FlowUnusable
from accounts.views.flow_pages import open_flow


class FlowCsrf(CsrfViewMiddleware):
    """Django's check, which takes a flow of this browser in place of its own token."""

    def _check_token(self, request: HttpRequest) -> None:
        try:
            open_flow(request)
        except FlowUnusable:
            # Expired, somebody else's or none: then only Django's token tells the page was ours.
            super()._check_token(request)  # type: ignore[misc]


# Under csrf_exempt, or the site's own middleware would have refused already.
flow_protect = decorator_from_middleware(FlowCsrf)
