"""Checks a wiki's logout request (OpenID Connect RP-Initiated Logout 1.0 sections 2 and 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sso.errors import RequestUnanswerable
from sso.services.clients import Wiki, find_wiki, shown_name
from sso.services.codes import with_query
from sso.services.id_tokens import Hint, HintInvalid, read_hint
from sso.services.parameters import single_values
from vault.sessions import Session

# What a request is made of (section 2). A logout_hint is taken and proves nothing: whom it names
# may be anybody's guess, and the page that asks says who is signed in.
_FIELDS: Final = (
    "id_token_hint",
    "logout_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "ui_locales",
)


@dataclass(frozen=True)
class LogoutRequest:
    """A checked request: who asks, for whom, and where to go afterwards."""

    wiki: Wiki | None
    hint: Hint | None
    return_uri: str | None
    fields: dict[str, str]

    def is_about(self, session: Session) -> bool:
        """Whether the hint proves that the wiki means exactly this session."""
        return (
            self.hint is not None
            and self.hint.sid == str(session.sid)
            and self.hint.sub == str(session.account_id)
        )


def read_logout_request(pairs: Iterable[tuple[str, list[str]]]) -> LogoutRequest:
    """Checks the parameters. A hint may have expired; one that is not ours counts as missing.

    Raises ``RequestUnanswerable`` for repeated parameters, disagreeing clients, and an address to
    return to that is not registered byte for byte.
    """
    values, repeated = single_values(pairs)
    if repeated:
        raise RequestUnanswerable("invalid_request", "a parameter is repeated")
    hint = None
    if "id_token_hint" in values:
        try:
            hint = read_hint(values["id_token_hint"])
        except HintInvalid:
            hint = None
    client_id = values.get("client_id")
    if hint is not None and client_id not in (None, hint.client_id):
        raise RequestUnanswerable("invalid_request", "client_id and id_token_hint disagree")
    wiki = find_wiki(hint.client_id if hint is not None else client_id)
    return LogoutRequest(
        wiki=wiki,
        hint=hint,
        return_uri=_return_uri(wiki, values),
        fields={name: values[name] for name in _FIELDS if name in values},
    )


def _return_uri(wiki: Wiki | None, values: dict[str, str]) -> str | None:
    wanted = values.get("post_logout_redirect_uri")
    if wanted is None:
        return None
    if wiki is None or wanted not in wiki.post_logout_redirect_uris:
        raise RequestUnanswerable(
            "invalid_request",
            "post_logout_redirect_uri is not, byte for byte, one that the wiki registered",
            wiki_name=shown_name(wiki) if wiki else None,
            home_uri=wiki.home_uri if wiki else "",
        )
    return with_query(wanted, {"state": values["state"]} if "state" in values else {})
