"""Letters that carry a token: the worker makes it as it writes them, and puts it into a link.

The token stands in the link's fragment, which no browser sends and no server logs: the page reads
it there, and takes the whole link by hand where there is no script.
"""

from typing import Final

from django.conf import settings

from outbox.errors import DeliveryFailed, NotOurs
from outbox.payloads import Letter
from vault.errors import KeyUnknown
from vault.mailed_tokens import Purpose, encode
from vault.outbox import Job
from vault.token_arming import ArmedToken, arm

# Where a token is taken back: said here alone.
PATHS: Final[dict[Purpose, str]] = {"reset": "/reset", "confirm": "/account/email"}
PARAMETER: Final = "token"
_PURPOSES: Final[dict[str, Purpose]] = {
    "password_reset_link": "reset",
    "address_confirmation": "confirm",
}
TOKEN_LETTERS: Final = frozenset(_PURPOSES)


class TokenIsDead(Exception):
    """Nobody could use the token of a letter any more, so there is nothing to send."""


def token_link(job: Job, letter: Letter, address: str) -> str:
    """The link in a letter to that address, the same each time; empty for letters without one.

    Raises TokenIsDead, NotOurs where the letter or the token's row was not written by the vault,
    DeliveryFailed where the key that made the token is not here.
    """
    purpose = _PURPOSES.get(letter.template)
    if purpose is None and letter.token is None:
        return ""
    if purpose is None or letter.token is None or job.account_id is None:
        raise NotOurs("token")
    try:
        armed = arm(letter.token, account_id=job.account_id, address=address)
    except KeyUnknown:
        # The ring may be put right: wait for it.
        raise DeliveryFailed("mail_key_unknown") from None
    if armed == "dead":
        raise TokenIsDead
    if not isinstance(armed, ArmedToken) or armed.purpose != purpose:
        raise NotOurs("token")
    return f"{settings.ISSUER}{PATHS[purpose]}#{PARAMETER}={encode(armed.secret)}"
