"""What this provider can do: OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.services.assurance import LEVELS
from sso.services.authorization_request import PROMPTS, RESPONSE_MODES, SCOPES
from sso.services.client_keys import ASSERTION_ALGORITHMS
from sso.services.clients import AUTH_METHODS
from vault.signing_keys import ALGORITHMS


def provider_metadata() -> dict[str, Any]:
    """The discovery document; every address begins with the configured issuer."""

    def address(name: str) -> str:
        return f"{settings.ISSUER}{reverse(f'sso:{name}')}"

    return {
        "issuer": settings.ISSUER,
        "authorization_endpoint": address("authorize"),
        "pushed_authorization_request_endpoint": address("pushed_authorization_request"),
        "require_pushed_authorization_requests": False,
        "token_endpoint": address("token"),
        "userinfo_endpoint": address("userinfo"),
        "introspection_endpoint": address("introspection"),
        "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "introspection_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "revocation_endpoint": address("revocation"),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "end_session_endpoint": address("end_session"),
        "jwks_uri": address("jwks"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code", "id_token"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": sorted(PROMPTS),
        "acr_values_supported": list(LEVELS),
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "sid",
            "preferred_username",
            "name",
            "email",
            "email_verified",
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": [code for code, _name in settings.LANGUAGES],
        "display_values_supported": ["page"],
    }
