"""What operators type: the link by which they enrol a passkey, and the reason for a measure."""

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
