"""What operators type: links, whom they look for, and the reason for a measure."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import AccountForm
from emergency.actions.lock_account import Lock
from emergency.ends import read_end


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

    def options(self) -> dict[str, Any]:
        """What else was said of how to take it."""
        return {}


class EndingMeasureForm(MeasureForm):
    """The same, for a measure that can end by itself."""

    until = forms.ChoiceField(
        label=_("Until when"),
        required=False,
        choices=[
            ("", _("Until an operator undoes it")),
            ("15m", _("For 15 minutes")),
            ("1h", _("For an hour")),
            ("4h", _("For four hours")),
            ("1d", _("For a day")),
            ("7d", _("For a week")),
            ("30d", _("For 30 days")),
        ],
    )

    def options(self) -> dict[str, Any]:
        """When it ends."""
        return {"ends_at": self.ends_at()}

    def ends_at(self) -> datetime | None:
        """When it ends; None: not by itself."""
        return read_end(self.cleaned_data["until"], timezone.now())


class LockForm(EndingMeasureForm):
    """How accounts are locked."""

    told = forms.CharField(
        label=_("What its owner reads"),
        help_text=_("Shown to whoever tries to sign in to it. Leave it empty to say no more."),
        required=False,
        max_length=300,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"max_length": _("Say it in at most 300 characters.")},
    )
    rest = forms.BooleanField(
        label=_("Let its sessions rest instead of ending them"),
        help_text=_("Nothing works while it is locked; unlocked, they go on. For a false alarm."),
        required=False,
    )

    def options(self) -> dict[str, Any]:
        """How to lock."""
        given = self.cleaned_data
        return {"how": Lock(self.ends_at(), given["rest"], given["told"])}


class AccountListForm(AccountForm):
    """Which accounts, one a line."""

    names = forms.CharField(
        label=_("Accounts"),
        help_text=_("One user name or id a line; what follows a # is a remark. 1,000 at the most."),
        max_length=60_000,
        widget=forms.Textarea({"rows": 12, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": _("Paste the list."),
            "max_length": _("That is too long for a page; the console takes lists of any length."),
        },
    )


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
