"""What a browser may do with our pages, and which paths are not pages.

Constants and pure functions only, so that settings can stand on this; the headers themselves are
set in authsite/middleware.py.
"""

from typing import Any, Final

NONE: Final = "'none'"
SELF: Final = "'self'"

CSP_REPORT_PATH: Final = "/csp-report"
HSTS_SECONDS: Final = 2 * 365 * 86400

# Features that a browser could lend to a page. Passkeys are ours alone; all else is off.
_CLOSED_FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "xr-spatial-tracking",
)
_OWN_FEATURES: Final = ("publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS_POLICY: Final = ", ".join(
    [f"{feature}=()" for feature in _CLOSED_FEATURES]
    + [f"{feature}=(self)" for feature in _OWN_FEATURES]
)

# Programs read these: errors are JSON there, and plain http is refused instead of redirected.
API_PREFIXES: Final = (
    "/.well-known/",
    "/oauth/introspect",
    "/oauth/par",
    "/oauth/revoke",
    "/oauth/token",
    "/oauth/userinfo",
    "/health/",
    "/metrics",
    CSP_REPORT_PATH,
)
# The same for everybody, so that caches may keep them and other origins may read them.
PUBLIC_PREFIXES: Final = ("/.well-known/", "/robots.txt", "/favicon.ico")
# Probes and scrapers reach these without TLS, and name the host as they like.
MONITORING_PREFIXES: Final = ("/health/", "/metrics")


def is_api(path: str) -> bool:
    """Tell whether a program, not a person, reads what this path answers."""
    return path.startswith(API_PREFIXES)


def is_public(path: str, *, static_url: str) -> bool:
    """Tell whether an answer of this path holds nothing about anybody."""
    return path.startswith((*PUBLIC_PREFIXES, static_url))


def content_security_policy(*, trusted_types: bool = True) -> dict[str, Any]:
    """Give the value of CONTENT_SECURITY_POLICY (django-csp).

    `trusted_types` is off on the operator's site alone, whose admin pages use jQuery.
    """
    directives: dict[str, Any] = {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "report-uri": [CSP_REPORT_PATH],
        "report-to": ["csp"],
    }
    if trusted_types:
        directives["require-trusted-types-for"] = ["'script'"]
        directives["trusted-types"] = [NONE]
    return {"DIRECTIVES": directives}
