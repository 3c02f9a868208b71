"""Devices of django-otp: they exist where the vault says so, whatever any table holds."""

from uuid import uuid4

import django_otp
import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django_otp.models import Device

from accounts.models import Account
from twofactor.models import (
    AuthenticatorApps,
    Holding,
    OperatorPasskey,
    RecoveryCodes,
    VaultDevice,
    hold,
    never,
)

KINDS: list[type[VaultDevice]] = [AuthenticatorApps, RecoveryCodes, OperatorPasskey]


def somebody(*kinds: str, right: str = "right") -> Account:
    """An account that holds these, by the vault's word; one token is right."""
    account = Account(id=uuid4(), username="Ada")
    hold(account, Holding({kind: lambda token: token == right for kind in kinds}))
    return account


def test_devices_are_those_that_the_vault_has_named() -> None:
    """For each kind of its own; all confirmed, and each its account's."""
    account = somebody("totp", "recovery_codes")
    found = list(django_otp.devices_for_user(account))
    assert [type(device) for device in found] == [AuthenticatorApps, RecoveryCodes]
    assert all(device.user_id == account.pk and device.confirmed for device in found)
    assert django_otp.user_has_device(account)
    assert list(django_otp.devices_for_user(account, confirmed=False)) == []


@pytest.mark.parametrize(
    "nobody", [AnonymousUser(), Account(id=uuid4(), username="Ada"), somebody()]
)
def test_devices_of_whom_the_vault_said_nothing_are_none(
    nobody: Account | AnonymousUser,
) -> None:
    """Fail closed: an account object by itself holds nothing."""
    assert not django_otp.user_has_device(nobody)
    assert [device for kind in KINDS for device in kind.objects.devices_for_user(nobody)] == []


def test_token_is_judged_by_what_was_handed_in() -> None:
    """django-otp's own way through all devices ends at the vault's verdict."""
    account = somebody("recovery_codes")
    [device] = django_otp.devices_for_user(account)
    assert device.verify_token("right")
    assert not device.verify_token("wrong")
    assert isinstance(
        next(iter(django_otp.devices_for_user(account, for_verify=True))), RecoveryCodes
    )


def test_device_is_found_by_no_number() -> None:
    """A persistent id, as a session or a form of django-otp would carry it, leads nowhere.

    No table is asked for it: there is none.
    """
    [device] = django_otp.devices_for_user(somebody("totp"))
    assert Device.from_persistent_id(device.persistent_id) is None
    assert Device.from_persistent_id("twofactor.operatorpasskey/1") is None
    assert Device.from_persistent_id("twofactor.operatorpasskey/1", for_verify=True) is None
    for kind in KINDS:
        assert not kind.objects.all().exists()
        assert kind.objects.filter(user_id=uuid4()).first() is None


def test_device_is_stored_and_deleted_by_nobody() -> None:
    """What only passes through a request cannot be left behind, nor taken away to skip a step."""
    [device] = django_otp.devices_for_user(somebody("totp"))
    for act in (device.save, device.delete):
        with pytest.raises(TypeError, match="the vault keeps devices"):
            act()


def test_devices_of_others_do_not_exist_here() -> None:
    """No plugin of django-otp's is installed, whose rows could count for something."""
    assert list(django_otp.device_classes()) == KINDS
    assert not [app for app in apps.get_app_configs() if app.name.startswith("django_otp.plugins")]
    assert all(not kind._meta.managed for kind in KINDS)
    assert not never("123456")
