"""What people let a wiki know of them that is none of the family's own: whether they have been
asked, their yes, and taking it back.

OpenID Connect Core 1.0 sections 3.1.2.4 and 11, RFC 6749 section 10.2. Consent goes by scope; a
claim that is asked for by name is covered by the scope that it belongs to (section 5.4).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.services.email_addresses import OwnAddress, own_addresses
from sso.errors import WikiSuspended
from sso.services.authorization_request import SCOPES, AuthorizationRequest
from sso.services.clients import host_of, shown_name, why_refused
from vault import consents, wikis
from vault.consents import Consent
from vault.events import Origin
from vault.sessions import Session
from vault.wikis import Wiki

__all__ = [
    "Consent",
    "ConsentNeeded",
    "KnowingWiki",
    "Told",
    "give_consent",
    "given_consent",
    "knowing_wikis",
    "may_name",
    "verify_consent",
    "what_is_told",
    "withdraw_consent",
]

# In few words, for a list of what a wiki knows by now.
_IN_SHORT: Final = {
    "openid": _("that it is you"),
    "profile": _("your user name"),
    "email": _("your e-mail address"),
}


class ConsentNeeded(Exception):
    """Somebody has to be asked first; ``given`` is what they let the wiki know already."""

    def __init__(self, given: Consent | None) -> None:
        super().__init__()
        self.given = given


@dataclass(frozen=True)
class Told:
    """One thing that a wiki would be told, as the page shows it.

    ``value`` is the very value, where it is one that people know; ``is_new`` says that the wiki is
    not let know it yet.
    """

    scope: str
    value: str
    is_confirmed: bool
    is_new: bool


@dataclass(frozen=True)
class KnowingWiki:
    """A wiki that somebody lets know who they are, as their page shows it.

    ``name`` is the wiki's own word for itself, or its client id where its registration is not ours.
    """

    client_id: str
    name: str
    host: str
    policy_uri: str
    knows: list[str | Promise]
    keeps_signed_in: bool
    since: datetime
    last_sign_in: datetime | None


def may_name(wiki: Wiki, scopes: tuple[str, ...]) -> bool:
    """Whether a wiki is told the user name: any of the family, and who was let know the profile."""
    return wiki.first_party or "profile" in scopes


def verify_consent(
    session: Session, wiki: Wiki, asked: AuthorizationRequest, *, just_asked: bool = False
) -> None:
    """Whether a wiki may be told what it asks for. Raises ``ConsentNeeded``, ``WikiSuspended``.

    The family's own may, by being registered so: nothing is asked for them, ``prompt=consent`` or
    not (docs/decisions/0021). For any other one statement; with ``prompt=consent`` its person is
    asked each time, unless they have ``just_asked``, that is: have just been.
    """
    if wiki.first_party:
        return
    if wiki.state != "active":
        raise WikiSuspended(shown_name(wiki), wiki.home_uri)
    given = consents.find(session, wiki.client_id)
    is_asked_anew = "consent" in asked.prompt and not just_asked
    if given is None or is_asked_anew or not set(asked.scopes).issubset(given.scopes):
        raise ConsentNeeded(given)


def given_consent(session: Session, wiki: Wiki) -> Consent | None:
    """What this session's person lets a wiki know already. Raises ``VaultUnavailable``."""
    return consents.find(session, wiki.client_id)


def give_consent(
    session: Session, wiki: Wiki, asked: AuthorizationRequest, *, question: str, origin: Origin
) -> bool:
    """Lets a wiki know what it asks for; False when the session has ended meanwhile.

    ``question`` is the secret of the page that asked. A page that is answered a second time changes
    nothing: whether the wiki may be told now is for ``verify_consent`` to say. Raises
    ``WikiSuspended``, and ``RequestUnanswerable`` when the wiki's registration does not allow it
    any more.
    """
    status = consents.give(session, wiki, asked.scopes, question=question, origin=origin)
    if status == "refused":
        raise why_refused(wiki)
    return status != "no_session"


def what_is_told(
    session: Session, asked: AuthorizationRequest, given: Consent | None
) -> list[Told]:
    """All that a wiki would be told, what it is let know already among it.

    One statement where the address is. Raises ``VaultUnavailable``.
    """
    known = given.scopes if given is not None else ()
    address = _primary(session) if "email" in asked.scopes else None
    values = {"profile": session.username, "email": address.address if address else ""}
    return [
        Told(
            scope=scope,
            value=values.get(scope, ""),
            is_confirmed=address is not None and address.is_confirmed,
            is_new=scope not in known,
        )
        for scope in SCOPES
        if scope in asked.scopes
    ]


def _primary(session: Session) -> OwnAddress | None:
    return next((address for address in own_addresses(session) if address.is_primary), None)


def knowing_wikis(session: Session) -> list[KnowingWiki]:
    """The wikis that this session's person lets know who they are, the latest first.

    Two statements. Raises ``VaultUnavailable``.
    """
    given = consents.own_consents(session)
    registered = wikis.consented(session)
    return [
        KnowingWiki(
            client_id=one.client_id,
            name=wiki.name if wiki is not None else one.client_id,
            host=host_of(wiki.redirect_uris[0]) if wiki is not None else "",
            policy_uri=(wiki.policy_uri or "") if wiki is not None else "",
            knows=[words for scope, words in _IN_SHORT.items() if scope in one.scopes],
            keeps_signed_in="offline_access" in one.scopes,
            since=datetime.fromtimestamp(one.given_at, tz=UTC),
            last_sign_in=one.last_sign_in,
        )
        for one in given
        for wiki in [registered.get(one.client_id)]
    ]


def withdraw_consent(session: Session, client_id: str, origin: Origin) -> bool:
    """Takes back what a wiki may know, where it is let know anything: all it was given is dead.

    False when the session has ended. One statement. Raises ``VaultUnavailable``.
    """
    if not (client_id.isascii() and client_id.isprintable()):  # PostgreSQL takes no NUL
        return True
    return consents.withdraw(session, client_id, origin) != "gone"
