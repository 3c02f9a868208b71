"""What each letter was about, as the page that lists one's letters says it."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TITLES: Final[Mapping[str, str | Promise]] = {
    "account_locked": _("Your account was locked"),
    "account_unlocked": _("Your account is open again"),
    "address_asked": _("Another address was added"),
    "address_changed": _("Letters go elsewhere now"),
    "address_confirmation": _("Confirm your address"),
    "address_removed": _("An address was removed"),
    "address_undone": _("A change of addresses was undone"),
    "app_password_added": _("An app password was added"),
    "new_sign_in": _("A sign-in unlike those before"),
    "operator_passkey_added": _("A passkey for operators was enrolled"),
    "operator_passkey_removed": _("A passkey for operators was removed"),
    "passkey_added": _("A passkey was added"),
    "passkey_removed": _("A passkey was removed"),
    "password_changed": _("Your password was changed"),
    "password_removed": _("Your password was removed"),
    "password_reset": _("A new password was set"),
    "password_reset_link": _("A way to set a new password"),
    "recovery_code_used": _("A recovery code was used"),
    "recovery_codes_replaced": _("New recovery codes were made"),
    "second_factor_failed": _("Ten wrong codes"),
    "sessions_ended": _("You were signed out everywhere"),
    "totp_added": _("An app for codes was added"),
    "totp_removed": _("An app for codes was removed"),
}


def title_of(template: str) -> str | Promise:
    """The title of a letter, by its template's name; a plain word for one of a later release."""
    return TITLES.get(template, _("A letter"))
