"""The shape of what people type. What it means is for the services."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.errors import AccountError

# Generous: the services know the real limits, and say what to do. This only bounds the work.
_NAME_LENGTH = 1000
_PASSWORD_LENGTH = 40_000


def _username(**attributes: str) -> forms.TextInput:
    return forms.TextInput(
        {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false", **attributes}
    )


class AccountForm(forms.Form):
    """A form whose fields can take the errors of services."""

    def add_account_error(self, field: str | None, error: AccountError) -> None:
        """Shows a service's error at its field, with what would work."""
        text = str(error.message)
        if error.guidance:
            text = f"{text} {error.guidance}"
        self.add_error(field, forms.ValidationError(text, code=error.code))


class SignInForm(AccountForm):
    """User name and password."""

    username = forms.CharField(
        label=_("User name"),
        max_length=_NAME_LENGTH,
        strip=False,
        widget=_username(autocomplete="username webauthn"),
        error_messages={"required": _("Enter your user name.")},
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=_PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )
    keep = forms.BooleanField(label=_("Keep me signed in on this device"), required=False)


class SignUpForm(AccountForm):
    """A new account."""

    username = forms.CharField(
        label=_("User name"),
        help_text=_(
            "Everybody sees it beside your edits, on every wiki. It need not be your real name; "
            "letters of any language, digits and spaces are fine."
        ),
        max_length=_NAME_LENGTH,
        strip=False,
        widget=_username(autocomplete="username"),
        error_messages={"required": _("Choose a user name.")},
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("15 characters or more; a few words work well."),
        max_length=_PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": _("Choose a password.")},
    )
    email = forms.CharField(
        label=_("E-mail"),
        help_text=_("For getting back in should you lose your password. Nobody else sees it."),
        max_length=1000,
        required=False,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    keep = forms.BooleanField(label=_("Keep me signed in on this device"), required=False)


def _whose_password() -> forms.CharField:
    """For password managers: whose password this is. What is sent back is not read."""
    return forms.CharField(required=False, widget=forms.HiddenInput({"autocomplete": "username"}))


class ProveForm(AccountForm):
    """The password, once more."""

    username = _whose_password()
    password = forms.CharField(
        label=_("Password"),
        max_length=_PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": _("Enter your password.")},
    )


class NewPasswordForm(AccountForm):
    """A new password for whoever has just proven who they are."""

    username = _whose_password()
    new_password = forms.CharField(
        label=_("New password"),
        help_text=_("15 characters or more; a few words work well."),
        max_length=_PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": _("Choose a new password.")},
    )


class ChangePasswordForm(NewPasswordForm):
    """The current password, and the new one."""

    field_order = ("username", "current_password", "new_password")
    current_password = forms.CharField(
        label=_("Current password"),
        max_length=_PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your current password.")},
    )


class ResetForm(AccountForm):
    """By which name or address somebody asks for a letter."""

    account = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=_NAME_LENGTH,
        strip=True,
        widget=_username(autocomplete="username"),
        error_messages={"required": _("Enter your user name, or your e-mail address.")},
    )


class LetterCodeForm(AccountForm):
    """The code of a letter, typed, or put in by the page that its link opened."""

    code = forms.CharField(
        label=_("Code from the letter"),
        help_text=_("16 letters and digits, in four groups."),
        max_length=_NAME_LENGTH,
        widget=forms.TextInput(
            {
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "autocorrect": "off",
                "spellcheck": "false",
                "data-letter-code": True,
            }
        ),
        error_messages={"required": _("Enter the code from the letter.")},
    )


class NamedLetterCodeForm(LetterCodeForm):
    """The same where another browser may have asked for the letter."""

    username = forms.CharField(
        label=_("User name"),
        help_text=_("Only if you asked for the letter on another device, or in another browser."),
        max_length=_NAME_LENGTH,
        strip=False,
        required=False,
        widget=_username(autocomplete="username"),
    )


class AddressForm(AccountForm):
    """One more e-mail address."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=_NAME_LENGTH,
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"required": _("Enter an e-mail address.")},
    )


class ChooseAddressForm(AccountForm):
    """Which of one's own addresses is meant."""

    factor = forms.UUIDField(widget=forms.HiddenInput)


class ChooseSessionForm(AccountForm):
    """Which of one's own sessions is meant, by its public id."""

    sid = forms.UUIDField(widget=forms.HiddenInput)
