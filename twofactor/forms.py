"""The shape of what people type about second factors."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import AccountForm

_LENGTH = 1000  # the services know the real shape; this only bounds the work


class CodeInput(forms.TextInput):
    """Shows no code again: a wrong one is of no use, and the next is six other digits."""

    def format_value(self, value: Any) -> None:
        """Nothing, whatever was typed."""
        del value


class CodeForm(AccountForm):
    """A code from an authenticator app."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("The six digits that your authenticator app shows now."),
        max_length=_LENGTH,
        widget=CodeInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
        error_messages={"required": _("Enter the code.")},
    )


class RecoveryCodeForm(AccountForm):
    """One of the codes that were written down for the day when all else is lost."""

    code = forms.CharField(
        label=_("Recovery code"),
        help_text=_("One of those that you kept when you set up two-step sign-in."),
        max_length=_LENGTH,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "autocorrect": "off",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
        error_messages={"required": _("Enter a recovery code.")},
    )
