"""The certification plans: the names of their modules, and how each plan has the browser come back.

The names are the conformance suite's own.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Plan:
    """A plan with the variant that this site would be certified for."""

    key: str
    response_type: str = "code"
    response_mode: str | None = None

    @property
    def has_code(self) -> bool:
        """Whether there is a code to redeem, and with it an access token."""
        return self.response_type == "code"


BASIC: Final = Plan("basic")
FORM_POST: Final = Plan("formpost-basic", response_mode="form_post")
IMPLICIT: Final = Plan("formpost-implicit", "id_token", "form_post")
CONFIG: Final = Plan("config")
LOGOUT: Final = Plan("rp-initiated-logout")
BACKCHANNEL: Final = Plan("backchannel-rp-initiated-logout")

# With a code, and with an ID token alone.
CODE: Final = (BASIC, FORM_POST)
ALL: Final = (BASIC, FORM_POST, IMPLICIT)

_COMMON: Final = frozenset(
    f"oidcc-{name}"
    for name in (
        "server",
        "response-type-missing",
        "idtoken-signature",
        "scope-profile",
        "scope-email",
        "scope-address",
        "scope-phone",
        "scope-all",
        "alternate-happy-flow",
        "display-page",
        "display-popup",
        "prompt-login",
        "prompt-none-not-logged-in",
        "prompt-none-logged-in",
        "max-age-1",
        "max-age-10000",
        "ensure-request-with-unknown-parameter-succeeds",
        "id-token-hint",
        "login-hint",
        "ui-locales",
        "claims-locales",
        "ensure-request-with-acr-values-succeeds",
        "ensure-registered-redirect-uri",
        "request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
        "unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        "claims-essential",
        "ensure-request-object-with-redirect-uri",
    )
)
_WITH_CODE: Final = frozenset(
    f"oidcc-{name}"
    for name in (
        "idtoken-unsigned",
        "userinfo-get",
        "userinfo-post-header",
        "userinfo-post-body",
        "ensure-request-without-nonce-succeeds-for-code-flow",
        "codereuse",
        "codereuse-30seconds",
        "ensure-post-request-succeeds",
        "server-client-secret-post",
        "refresh-token",
        "ensure-request-with-valid-pkce-succeeds",
    )
)
_LOGOUT: Final = "oidcc-rp-initiated-logout"

MODULES: Final[dict[Plan, frozenset[str]]] = {
    BASIC: _COMMON | _WITH_CODE,
    FORM_POST: _COMMON | _WITH_CODE,
    IMPLICIT: _COMMON | {"oidcc-ensure-request-without-nonce-fails"},
    CONFIG: frozenset({"oidcc-discovery-endpoint-verification"}),
    LOGOUT: frozenset(
        {_LOGOUT}
        | {
            f"{_LOGOUT}-{name}"
            for name in (
                "discovery-endpoint-verification",
                "bad-post-logout-redirect-uri",
                "modified-id-token-hint",
                "no-id-token-hint",
                "no-params",
                "no-post-logout-redirect-uri",
                "no-state",
                "only-state",
                "query-added-to-post-logout-redirect-uri",
                "bad-id-token-hint",
            )
        }
    ),
    BACKCHANNEL: frozenset(
        {
            "oidcc-backchannel-logout-discovery-endpoint-verification",
            "oidcc-backchannel-rp-initiated-logout",
        }
    ),
}
