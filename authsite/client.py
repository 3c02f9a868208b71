"""Who asks: settles a request's own address and scheme before anything else reads it.

Nothing behind this can read a forwarding header, because there is none left.
"""

import re
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from accounts.services import throttling
from authsite import policies

# Headers by which a proxy, or anybody who plays one, says who and what a request "really" is.
_FORWARDING: Final = re.compile(
    r"HTTP_(X_FORWARDED(_\w+)?|FORWARDED(_\w+)?|X_REAL_IP|X_ORIGINAL_\w+|X_REWRITE_\w+|X_HOST"
    r"|X_CLIENT_IP|X_CLUSTER_CLIENT_IP|X_REMOTE_\w+|CLIENT_IP|TRUE_CLIENT_IP|CF_CONNECTING_IP"
    r"|FASTLY_CLIENT_IP|X_PROXYUSER_IP|X_URL_SCHEME|X_SCHEME|FRONT_END_HTTPS|X_ARR_SSL"
    r"|X_HTTP_METHOD(_OVERRIDE)?|X_METHOD_OVERRIDE|REMOTE_USER|X_WSGI_\w+|PROXY)"
)
FORWARDED: Final = "authsite.forwarded"


@lru_cache(maxsize=512)  # requests carry the same two dozen names each time
def _is_forwarding(name: str) -> bool:
    return _FORWARDING.fullmatch(name) is not None


def settle_client(request: HttpRequest) -> None:
    """Write the client's own address and scheme into the request, and drop forwarding headers.

    They count only from AUTHSITE_TRUSTED_PROXIES; a scheme that cannot be read is http, the worse.
    """
    meta: dict[str, Any] = request.META
    forwarding = [name for name in meta if _is_forwarding(name)]
    if not forwarding:
        return
    meta[FORWARDED] = True
    if throttling.is_from_trusted_proxy(request):
        scheme = str(meta.get("HTTP_X_FORWARDED_PROTO", "")).strip().lower()
        if scheme:
            meta["wsgi.url_scheme"] = "https" if scheme == "https" else "http"
        meta["REMOTE_ADDR"] = str(throttling.client_address(request))
    for name in forwarding:
        del meta[name]


def is_monitor(request: HttpRequest) -> bool:
    """Tell whether a probe or scraper of ours asks for what is there for it.

    Never what a proxy passed on, named or not: ours come straight, and a header that a proxy let
    through (with underscores for hyphens, say) may claim any address.
    """
    if request.META.get(FORWARDED):
        return False
    return request.path_info.startswith(policies.MONITORING_PREFIXES) and throttling.is_within(
        throttling.client_address(request), settings.METRICS_NETWORKS
    )
