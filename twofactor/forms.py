"""The shape of what people type about second factors."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.forms import AccountForm, SignInForm, SignUpForm

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


class TrustingCodeForm(CodeForm):
    """The same, where the operator allows that a browser is trusted for a while."""

    trust = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = settings.TRUSTED_BROWSER_DAYS
        self.fields["trust"].label = ngettext(
            "Ask for no code in this browser for %(days)d day",
            "Ask for no code in this browser for %(days)d days",
            days,
        ) % {"days": days}
        self.fields["trust"].help_text = _(
            "Only where nobody else uses it. You can take that back on your account page."
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


class NewAppForm(CodeForm):
    """A new app: what to call it, and a code that it shows."""

    field_order = ("code", "name")
    name = forms.CharField(
        label=_("Name"),
        help_text=_("To tell it from others, such as the phone that it is on."),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Give it a name.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The picture comes first: a phone would scroll past it.
        self.fields["code"].widget.attrs.pop("autofocus")


class KeptCodesForm(AccountForm):
    """One of the new codes, typed back."""

    code = forms.CharField(
        label=_("Type one of the codes"),
        help_text=_("Any of them. It is not used up by that."),
        max_length=_LENGTH,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "autocorrect": "off",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Type one of the codes above.")},
    )


class ChooseFactorForm(AccountForm):
    """Which of one's own passkeys and apps."""

    factor = forms.ChoiceField(
        label=_("Which one"), error_messages={"invalid_choice": _("Choose one of these.")}
    )

    def __init__(self, choices: Iterable[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["factor"].choices = list(choices)  # type: ignore[attr-defined]


class RenameFactorForm(ChooseFactorForm):
    """Which one, and what to call it."""

    name = forms.CharField(
        label=_("New name"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Give it a name.")},
    )


class PasskeySignUpForm(AccountForm):
    """A new account without a password: the same fields as beside one, as the sign-up page has."""

    username = SignUpForm.base_fields["username"]
    email = SignUpForm.base_fields["email"]
    keep = SignUpForm.base_fields["keep"]


class RecoverForm(RecoveryCodeForm):
    """Whose account, and one of its recovery codes."""

    field_order = ("username", "code")
    username = SignInForm.base_fields["username"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.pop("autofocus")
        self.fields["username"].widget.attrs["autocomplete"] = "username"
