"""What is to be known about how a wiki is registered, for whoever registers it.

Not errors: each is allowed, and each has a price that is not seen until somebody pays it.
"""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sso.services.registration_choices import Choice, choices_of


def registration_hints(registration: dict[str, Any]) -> list[str]:
    """One sentence or two for each choice of a registration response that has a price."""
    said = {"issuer": registration["issuer"]}
    return [str(_HINTS[choice]) % said for choice in choices_of(registration)]


_HINTS: Final[dict[Choice, Promise]] = {
    Choice.NONCE_ALONE: _(
        "Without PKCE, a stolen code can be slipped into somebody else's sign-in, and only"
        " a client that checks its nonce notices. Take this for a client that cannot do"
        " PKCE, and for no other."
    ),
    Choice.NO_PKCE_NOR_NONCE: _(
        "Without PKCE and without a nonce, nothing here tells a code that somebody else slipped"
        " in (RFC 9700 section 4.5): a person can be signed in to this wiki as somebody else,"
        " who then reads what they write, unless the client checks state. That is for"
        " certification runs and not for a wiki that people use."
    ),
    Choice.PUBLIC: _(
        "A public client proves nothing: whoever copies its client_id can pose as it. Its"
        " redirect URIs and PKCE are all that guards it, so give a client that runs on a"
        " server a secret or a key."
    ),
    Choice.ASSERTION: _(
        "aud of its assertions must be the issuer alone, %(issuer)s. Many clients send the"
        " token endpoint's address unless they are told otherwise."
    ),
    Choice.KEYS_BY_ADDRESS: _(
        "This site fetches the keys at jwks_uri: its web processes need a way there, and"
        " while there is none for an hour the wiki cannot authenticate."
    ),
    Choice.RS256: _(
        "Every client understands RS256. ES256 signs many times faster: choose it where the"
        " client can."
    ),
    Choice.ID_TOKEN_BY_BROWSER: _(
        "id_token goes through the browser, to a form of the wiki: a SameSite=Lax cookie is"
        " not sent with it. Where the wiki can call this site, code is better."
    ),
    Choice.NO_BACKCHANNEL: _(
        "Without a back-channel logout URI nobody tells the wiki when a session ends here:"
        " its own goes on until it asks."
    ),
    Choice.NOT_FAMILY: _(
        "It is not one of the family's own (first_party): people are asked before it is told"
        " anything about them."
    ),
    Choice.NO_POLICY: _("Without a policy URI they cannot read what it does with what it is told."),
}
