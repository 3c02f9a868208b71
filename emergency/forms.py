"""What operators type: links, whom they look for, and the reason for a measure."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import AccountForm


class LinkForm(AccountForm):
    """The link, or what stands behind its ``#``, where no script takes it out of the address."""

    token = forms.CharField(
        label=_("Link"),
        help_text=_("The whole link from the console, or what stands behind the # in it."),
        max_length=300,
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={
            "required": _("Paste the link from the console."),
            "max_length": _("This is too long to be the link."),
        },
    )


class AddressForm(AccountForm):
    """A whole e-mail address, for whose it is."""

    address = forms.CharField(
        label=_("E-mail address"),
        help_text=_("The whole address. Capitals do not matter."),
        max_length=1000,
        widget=forms.TextInput(
            {
                "inputmode": "email",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Enter an e-mail address.")},
    )


class _NeverShown(forms.Textarea):
    """A field whose text goes one way: what was sent is not in the page that comes back."""

    def format_value(self, _value: Any) -> str:
        """Nothing."""
        return ""


class LeakedTokenForm(AccountForm):
    """A token, cookie or link that turned up somewhere, with whatever stands around it."""

    token = forms.CharField(
        label=_("What was found"),
        help_text=_(
            "A cookie, a token, a link or an app password; a whole header, address or line of a"
            " log will do."
        ),
        max_length=20_000,
        widget=_NeverShown(
            {"rows": 4, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={
            "required": _("Paste what was found."),
            "max_length": _("This is too long: paste the part with the token."),
        },
    )


class MeasureForm(AccountForm):
    """Why a measure is taken, and what exactly was agreed to (emergency/confirmation.py)."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Stands in the audit trail for good. People who are locked do not see it."),
        max_length=1000,
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
        error_messages={
            "required": _("Say why: whoever looks at this later will want to know."),
            "max_length": _("Say it in at most 1,000 characters."),
        },
    )
    agreed = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)


class NotedMeasureForm(MeasureForm):
    """The same, where a reason may stay away."""

    reason = forms.CharField(
        label=_("Note"),
        help_text=_("Stands in the audit trail for good."),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
        error_messages={"max_length": _("Say it in at most 1,000 characters.")},
    )
