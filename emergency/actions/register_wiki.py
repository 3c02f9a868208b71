"""An operator registers a wiki, changes how one is registered, or gives one a new secret.

``sso.services.registration`` knows how; here is for whom, and what its refusals mean to them.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import RegistrationChanged, RegistrationInvalid, TargetUnknown
from sso.errors import MetadataInvalid, RegistrationMoved, RegistrationRefused, WikiUnknown
from sso.services import registration
from sso.services.client_metadata import as_metadata, has_secret, read_metadata
from vault import wikis
from vault.lockouts import Outcome
from vault.signing_keys import ALGORITHMS
from vault.wikis import ByOperator, Wiki

__all__ = [
    "ALGORITHMS",
    "Registered",
    "Registration",
    "Wiki",
    "change",
    "check_command",
    "has_secret",
    "metadata_of",
    "read",
    "register",
    "renew",
    "shown",
]


@dataclass(frozen=True)
class Registered(Done):
    """What was registered, with the secret that is shown once, if one was made."""

    response: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def discovery(self) -> str:
        """Where the wiki's client finds everything else."""
        return f"{self.response['issuer']}/.well-known/openid-configuration"

    @property
    def check_command(self) -> str:
        """What says at the console whether the wiki is connected as it should be."""
        return check_command(str(self.response["client_id"]))


def check_command(client_id: str) -> str:
    """As it is typed."""
    return f"manage.py checkwiki {shlex.quote(client_id)}"


@dataclass(frozen=True)
class Registration:
    """A wiki as it is registered now; ``mac`` is what a change of just this goes by."""

    wiki: Wiki
    mac: bytes = field(repr=False)


def read(metadata: Mapping[str, Any]) -> Wiki:
    """The wiki that such metadata would register. Raises ``MetadataInvalid``."""
    return read_metadata(dict(metadata), client_id="")


def metadata_of(wiki: Wiki) -> dict[str, Any]:
    """Everything that a wiki is registered with, in RFC 7591's words, without its secret."""
    keys = {} if wiki.jwks is None else {"jwks": json.loads(wiki.jwks)}
    return as_metadata(wiki) | keys


def shown(client_id: str, *, by: Operator) -> Registration | None:
    """A registration for somebody who may change it; None where there is none, or none of ours.

    Raises ``VaultUnavailable``.
    """
    found = wikis.registered(client_id, by.session)
    return Registration(*found) if found else None


def register(metadata: Mapping[str, Any], reason: str, *, by: Operator) -> Registered:
    """Registers a wiki.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``RegistrationInvalid``,
    ``VaultUnavailable``.
    """
    with _refusals():
        return _done(registration.register_wiki(dict(metadata), by=_by(by, reason)))


def change(
    target: tuple[str, Mapping[str, Any], bytes], reason: str, *, by: Operator
) -> Registered:
    """Registers a wiki anew: its client id, the whole of its metadata, the MAC that it had.

    Raises as ``register``, and ``TargetUnknown``, ``RegistrationChanged``.
    """
    client_id, metadata, mac = target
    with _refusals():
        changes = dict(metadata)
        return _done(registration.change_wiki(client_id, changes, by=_by(by, reason), seen=mac))


def renew(client_id: str, reason: str, *, by: Operator, overlap_seconds: int) -> Registered:
    """Gives a wiki a new secret; the old one is good for a while.

    Raises as ``change``.
    """
    with _refusals():
        return _done(
            registration.renew_secret(
                client_id, overlap_seconds=overlap_seconds, by=_by(by, reason)
            )
        )


def _by(operator: Operator, reason: str) -> ByOperator:
    return ByOperator(operator.session, reason.strip())


def _done(response: Mapping[str, Any]) -> Registered:
    return Registered("registered", response=response)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns the refusals of registering into those of measures."""
    try:
        yield
    except RegistrationRefused as error:
        settle(Outcome(error.status), done="registered")
    except RegistrationMoved as error:
        raise RegistrationChanged from error
    except WikiUnknown as error:
        raise TargetUnknown from error
    except MetadataInvalid as error:
        raise RegistrationInvalid from error
