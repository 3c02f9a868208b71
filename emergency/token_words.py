"""What leaked tokens are called, what has become of them, and what their end comes to."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Text = str | Promise

TOKENS: Final[Mapping[str, Text]] = {
    "session": gettext_lazy("Cookie of a session"),
    "operator_session": gettext_lazy("Cookie of an operator's session"),
    "code": gettext_lazy("Authorization code of a wiki"),
    "refresh_token": gettext_lazy("Refresh token of a wiki"),
    "access_token": gettext_lazy("Access token of a wiki"),
    "id_token": gettext_lazy("ID token for a wiki"),
    "app_password": gettext_lazy("App password"),
    "browser": gettext_lazy("Cookie by which a browser is known"),
    "mailed_token": gettext_lazy("Link or code of a letter"),
    "invite": gettext_lazy("Link by which an operator enrols a passkey"),
    "proof": gettext_lazy("Cookie of a sign-in that is under way, or of a fresh proof"),
    "wiki_secret": gettext_lazy("Client secret of a wiki"),
}
# What the vault's words say of it; the same words for a token and for what it leads to.
STATES: Final[Mapping[str, Text]] = {
    "live": gettext_lazy("alive"),
    "rests": gettext_lazy("at rest: its account is locked, and it comes back with it"),
    "spent": gettext_lazy("used before, or made void"),
    "expired": gettext_lazy("over by itself"),
    "ended": gettext_lazy("ended"),
    "revoked": gettext_lazy("revoked"),
    "dead": gettext_lazy("dead"),
    "suspended": gettext_lazy("its wiki is suspended"),
}
# What of it can be ended, and what else that takes along.
THINGS: Final[Mapping[str, Text]] = {
    "session": gettext_lazy("the session"),
    "operator_session": gettext_lazy("the operator's session"),
    "grant": gettext_lazy("what the wiki was given"),
    "app_password": gettext_lazy("the app password"),
    "browser": gettext_lazy("the known browser"),
    "mailed_token": gettext_lazy("the link and code of the letter"),
    "invite": gettext_lazy("the link"),
}
HITS: Final[Mapping[str, tuple[Text, ...]]] = {
    "session": (
        gettext_lazy("This one session ends, here and on every wiki."),
        gettext_lazy("Their other sessions, and their password, stay as they are."),
    ),
    "operator_session": (
        gettext_lazy("This operator's session ends; they can sign in again with their passkey."),
    ),
    "grant": (
        gettext_lazy("Every code and token that came of this sign-in at the wiki is dead at once."),
        gettext_lazy("Their session here stays; the wiki may keep them signed in by its own."),
    ),
    "app_password": (
        gettext_lazy("Programs that use this app password are out at once."),
        gettext_lazy("Its owner can make another one."),
    ),
    "browser": (
        gettext_lazy("This browser is a stranger again to every account that knows it."),
        gettext_lazy("Its owner's too, until they remove this site's cookies there."),
        gettext_lazy("Where a code was not asked for in it, one is asked for again."),
    ),
    "mailed_token": (
        gettext_lazy("The link and the code of this letter do nothing any more."),
        gettext_lazy("Its owner can ask for another letter."),
    ),
    "invite": (
        gettext_lazy("No passkey can be enrolled by this link; another is made at the console."),
    ),
}
# What letters are for, by the vault's words.
LETTERS: Final[Mapping[str, Text]] = {
    "reset": gettext_lazy("to set a new password"),
    "confirm": gettext_lazy("to confirm an e-mail address"),
    "undo": gettext_lazy("to undo a change of addresses"),
    "disown": gettext_lazy("to end a sign-in that was not theirs"),
}
# Of what nothing can be ended here.
INSTEAD: Final[Mapping[str, Text]] = {
    "proof": gettext_lazy(
        "It opens nothing by itself and is over within ten minutes. To end it now, end the"
        " account's sessions."
    ),
    "wiki_secret": gettext_lazy(
        "A secret is not revoked: suspend the wiki, and register it anew when it is clean."
    ),
}
ODD: Final[Mapping[str, Text]] = {
    "not_ours": gettext_lazy(
        "A signed token is not ours: no key that this site publishes has made its signature. So"
        " nothing that it says is believed, and nobody is named. A key that was withdrawn or"
        " retired more than a day ago is not published any more."
    ),
    "logout_token": gettext_lazy(
        "A logout token of ours: it only told a wiki that a session has ended, and opens nothing."
    ),
}


def token_words(token: str) -> str:
    """A kind of token in words."""
    return str(TOKENS.get(token, token))


def state_words(state: str) -> str:
    """What has become of something, in words."""
    return str(STATES.get(state, state))


def thing_words(kind: str) -> str:
    """What can be ended, in words."""
    return str(THINGS.get(kind, kind))
