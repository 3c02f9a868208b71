"""What is to be known about how a wiki is registered, for whoever registers it.

Not errors: each is allowed, and each has a price that is not seen until somebody pays it.
"""

from typing import Any

from django.utils.translation import gettext as _


def registration_hints(registration: dict[str, Any]) -> list[str]:
    """One sentence or two for each choice of a registration response that has a price."""
    return [
        *_about_codes(registration),
        *_about_proof(registration),
        *_about_answers(registration),
        *_about_others(registration),
    ]


def _about_codes(registration: dict[str, Any]) -> list[str]:
    if registration["require_pkce"]:
        return []
    if registration["require_nonce"]:
        return [
            _(
                "Without PKCE, a stolen code can be slipped into somebody else's sign-in, and only"
                " a client that checks its nonce notices. Take this for a client that cannot do"
                " PKCE, and for no other."
            )
        ]
    return [
        _(
            "Without PKCE and without a nonce, nothing here tells a code that somebody else slipped"
            " in (RFC 9700 section 4.5): a person can be signed in to this wiki as somebody else,"
            " who then reads what they write, unless the client checks state. That is for"
            " certification runs and not for a wiki that people use."
        )
    ]


def _about_proof(registration: dict[str, Any]) -> list[str]:
    hints = []
    method = registration["token_endpoint_auth_method"]
    if method == "none":
        hints.append(
            _(
                "A public client proves nothing: whoever copies its client_id can pose as it. Its"
                " redirect URIs and PKCE are all that guards it, so give a client that runs on a"
                " server a secret or a key."
            )
        )
    if method == "private_key_jwt":
        hints.append(
            _(
                "aud of its assertions must be the issuer alone, %(issuer)s. Many clients send the"
                " token endpoint's address unless they are told otherwise."
            )
            % {"issuer": registration["issuer"]}
        )
    if method == "private_key_jwt" and "jwks_uri" in registration:
        hints.append(
            _(
                "This site fetches the keys at jwks_uri: its web processes need a way there, and"
                " while there is none for an hour the wiki cannot authenticate."
            )
        )
    return hints


def _about_answers(registration: dict[str, Any]) -> list[str]:
    hints = []
    signed_with = registration["id_token_signed_response_alg"]
    if signed_with == "RS256":
        hints.append(
            _(
                "Every client understands RS256. ES256 signs many times faster: choose it where the"
                " client can."
            )
        )
    if "id_token" in registration["response_types"]:
        hints.append(
            _(
                "id_token goes through the browser, to a form of the wiki: a SameSite=Lax cookie is"
                " not sent with it. Where the wiki can call this site, code is better."
            )
        )
    if "backchannel_logout_uri" not in registration:
        hints.append(
            _(
                "Without a back-channel logout URI nobody tells the wiki when a session ends here:"
                " its own goes on until it asks."
            )
        )
    return hints


def _about_others(registration: dict[str, Any]) -> list[str]:
    if registration["first_party"]:
        return []
    hints = [
        _(
            "It is not one of the family's own (first_party): people are asked before it is told"
            " anything about them."
        )
    ]
    if "policy_uri" not in registration:
        hints.append(_("Without a policy URI they cannot read what it does with what it is told."))
    return hints
