"""Second factors as django-otp knows devices: there is one where the vault says so, and no table.

A device is made from what the vault has answered about somebody, for one request; it holds no
secret and is stored nowhere. So no row of the site database adds a factor or takes one away, and
code that asks django-otp who holds what gets the vault's word. How a token is proven is handed in
by who has asked the vault: models do not speak to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NoReturn, cast

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, DeviceManager

from accounts.models import Account

# Takes a token, one guess; says whether it was right, or raises a typed error.
Prover = Callable[[str], bool]
_HOLDING: Final = "vault_holding"


@dataclass(frozen=True)
class Holding:
    """What the vault has said that an account holds: how a token of each kind is proven."""

    provers: Mapping[str, Prover]


def hold(account: Account, holding: Holding) -> None:
    """Lets an account hold what the vault said, for as long as this object lives."""
    setattr(account, _HOLDING, holding)


class Held(list["VaultDevice"]):
    """Somebody's devices of one kind, in the shape that django-otp expects of a query."""

    def select_for_update(self, *_args: object, **_options: object) -> "Held":
        """The same: the vault's own locks keep a token from being right twice."""
        return self

    def first(self) -> "VaultDevice | None":
        """The first device, if there is one."""
        return self[0] if self else None


class VaultDevices(DeviceManager):  # type: ignore[misc] # django-otp ships no types
    """Devices that exist where the vault says so; nothing is ever read from a table."""

    def get_queryset(self) -> "QuerySet[Any]":
        """Nothing: no device is found by its number, or by any other column."""
        return cast("QuerySet[Any]", super().get_queryset().none())

    def devices_for_user(
        self, user: Account | AnonymousUser, confirmed: bool | None = None
    ) -> Held:
        """The account's device of this kind, as the vault has answered; all are confirmed."""
        holding: Holding | None = getattr(user, _HOLDING, None)
        model = cast("type[VaultDevice]", self.model)
        if holding is None or model.kind not in holding.provers or confirmed is False:
            return Held()
        return Held([model.of(cast("Account", user), holding.provers[model.kind])])


class VaultDevice(Device):  # type: ignore[misc] # django-otp ships no types
    """A device of somebody's, for as long as a request takes. It cannot be stored or deleted."""

    kind: ClassVar[str]
    title: ClassVar[Any]
    prover: Prover

    # Whoever deletes a mirror row asks no table for devices: there is none.
    user = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    objects = VaultDevices()

    class Meta:
        abstract = True
        managed = False

    def __str__(self) -> str:
        """What it is."""
        return str(self.title)

    @classmethod
    def of(cls, account: Account, prover: Prover) -> "VaultDevice":
        """The account's device of this kind."""
        device = cls(id=1, user=account, name=str(cls.title), confirmed=True)
        device.prover = prover
        return device

    def verify_token(self, token: str) -> bool:
        """Takes one guess, charged and judged by the vault. Raises what the prover raises."""
        return self.prover(token)

    def save(self, *_args: object, **_options: object) -> NoReturn:
        """Refuses: devices are the vault's."""
        raise TypeError("the vault keeps devices")

    def delete(self, *_args: object, **_options: object) -> NoReturn:
        """Refuses: devices are the vault's."""
        raise TypeError("the vault keeps devices")


class AuthenticatorApps(VaultDevice):
    """All authenticator apps of an account: a code is tried with each of them at once."""

    kind = "totp"
    title = _("Authenticator apps")

    class Meta(VaultDevice.Meta):
        verbose_name = _("authenticator apps")


class RecoveryCodes(VaultDevice):
    """An account's recovery codes, which stand in for a factor that is lost."""

    kind = "recovery_codes"
    title = _("Recovery codes")

    class Meta(VaultDevice.Meta):
        verbose_name = _("recovery codes")


class OperatorPasskey(VaultDevice):
    """The passkey by which an operator's session was opened. It takes no token."""

    kind = "operator_passkey"
    title = _("Passkey")

    class Meta(VaultDevice.Meta):
        verbose_name = _("operator's passkey")


def never(_token: str) -> bool:
    """The prover of a device that takes no token."""
    return False
