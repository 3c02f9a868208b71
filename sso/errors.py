"""What can be wrong with a wiki's request: one class for each way of answering.

``error`` is the standard's code (RFC 6749, OpenID Connect Core 1.0); ``description`` is for the
people who run the wiki, in English and without anything that was sent.
"""

from dataclasses import dataclass
from typing import ClassVar

from accounts.errors import AccountError


class RequestUnanswerable(AccountError):
    """An authorization or logout request that must not be answered at the wiki, but by a page."""

    code = "invalid_request"

    def __init__(
        self, error: str, description: str, *, wiki_name: str | None = None, home_uri: str = ""
    ) -> None:
        super().__init__()
        self.error = error
        self.description = description
        self.wiki_name = wiki_name
        self.home_uri = home_uri


class WikiSuspended(RequestUnanswerable):
    """An operator has taken the wiki out of service."""

    code = "wiki_suspended"

    def __init__(self, wiki_name: str, home_uri: str) -> None:
        super().__init__(
            "unauthorized_client",
            "this wiki is out of service for now",
            wiki_name=wiki_name,
            home_uri=home_uri,
        )


class AuthorizationRefused(Exception):
    """An authorization request that is answered at the wiki with an error (RFC 6749 4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class TokenRefused(Exception):
    """A request at the token endpoint that is answered with JSON (RFC 6749 section 5.2)."""

    status: ClassVar[int] = 400
    error: str = "invalid_request"

    def __init__(self, description: str) -> None:
        super().__init__(self.error)
        self.description = description


class NotNow(TokenRefused):
    """Something is away for now: a key to sign with, or the keys that a wiki publishes.

    What was sent is not spent: it can be sent again.
    """

    status = 503
    error = "temporarily_unavailable"


class InvalidRequest(TokenRefused):
    """A parameter is missing, malformed or repeated."""


class PushRefused(TokenRefused):
    """A pushed request that the authorization endpoint would refuse, with its error (RFC 9126)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class InvalidClient(TokenRefused):
    """The wiki did not authenticate, or not in the way it is registered for."""

    status = 401
    error = "invalid_client"

    def __init__(self, description: str, *, used_basic: bool = False) -> None:
        super().__init__(description)
        self.used_basic = used_basic


class InvalidGrant(TokenRefused):
    """The code is unknown, spent, expired, somebody else's, or does not fit."""

    error = "invalid_grant"


class GrantEnded(InvalidGrant):
    """A refresh token of ours whose session has ended: whoever presents it has not guessed."""


class UnsupportedGrantType(TokenRefused):
    """A grant type that this site does not offer."""

    error = "unsupported_grant_type"


class BearerRefused(Exception):
    """A request at userinfo without a good access token (RFC 6750 section 3)."""

    def __init__(self, status: int, error: str | None, description: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description


@dataclass(frozen=True)
class Fault:
    """One thing to mend in a wiki's metadata; ``field`` is None where it is about several."""

    says: str
    field: str | None = None

    def __str__(self) -> str:
        return self.says if self.field is None else f"{self.field}: {self.says}"


class MetadataInvalid(AccountError):
    """A wiki cannot be registered like this; ``faults`` are what to mend (RFC 7591 3.2.2)."""

    code = "invalid_client_metadata"

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = faults

    @property
    def description(self) -> str:
        """All of it in one line."""
        return "; ".join(map(str, self.faults))


class WikiUnknown(AccountError):
    """No wiki of ours is registered under that client id, which ``client_id`` is."""

    code = "wiki_unknown"

    def __init__(self, client_id: str) -> None:
        super().__init__()
        self.client_id = client_id


class WikiAmbiguous(AccountError):
    """Several wikis are called so; ``client_ids`` are theirs."""

    code = "wiki_ambiguous"

    def __init__(self, name: str, client_ids: list[str]) -> None:
        super().__init__()
        self.name = name
        self.client_ids = client_ids


class RegistrationMoved(AccountError):
    """Somebody else changed the registration in that moment: look at it again, and try again."""

    code = "registration_moved"

    def __init__(self, client_id: str) -> None:
        super().__init__()
        self.client_id = client_id


class RegistrationRefused(AccountError):
    """An operator may not do that, or not so; ``status`` is the vault's word for why."""

    code = "registration_refused"

    def __init__(self, status: str) -> None:
        super().__init__()
        self.status = status
