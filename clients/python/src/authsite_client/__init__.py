"""Keeps a wiki's sessions honest: its own sessions, for as long as the auth site stands by them.

Owns what a wiki verifies offline, when it asks, and when a session ends. Leaves the way there and
back (the authorization request, PKCE, state) to an OpenID Connect client, and cookies and pages to
the wiki. Needs Python and ``cryptography``, nothing else. Start at ``Client``.
"""

from .client import Client, SessionEnded, SignIn
from .errors import (
    BadSignature,
    ClaimRefused,
    ClientError,
    GrantRefused,
    KeysUnavailable,
    KeyUnknown,
    Malformed,
    Overtaken,
    ProviderUnavailable,
    TokenExpired,
    TokenNotYetValid,
    TokenRefused,
    WrongAlgorithm,
    WrongAudience,
    WrongIssuer,
    WrongNonce,
    WrongType,
)
from .logout import Obeyed
from .marks import Marks
from .provider import Provider
from .sessions import Answer, Ended, Live, NeedsRefresh, SessionRecord, Unsure, judge, settle
from .store import MemoryStore, Store
from .tokens import AccessClaims, Epoch, IdClaims, LogoutClaims, Verifier
from .transport import HttpAnswer, StandardTransport, Transport

__version__ = "0.1.0"

__all__ = [
    "AccessClaims",
    "Answer",
    "BadSignature",
    "ClaimRefused",
    "Client",
    "ClientError",
    "Ended",
    "Epoch",
    "GrantRefused",
    "HttpAnswer",
    "IdClaims",
    "KeyUnknown",
    "KeysUnavailable",
    "Live",
    "LogoutClaims",
    "Malformed",
    "Marks",
    "MemoryStore",
    "NeedsRefresh",
    "Obeyed",
    "Overtaken",
    "Provider",
    "ProviderUnavailable",
    "SessionEnded",
    "SessionRecord",
    "SignIn",
    "StandardTransport",
    "Store",
    "TokenExpired",
    "TokenNotYetValid",
    "TokenRefused",
    "Transport",
    "Unsure",
    "Verifier",
    "WrongAlgorithm",
    "WrongAudience",
    "WrongIssuer",
    "WrongNonce",
    "WrongType",
    "judge",
    "settle",
]
