"""What is asked of whoever registers a wiki: a field for each item of its metadata (RFC 7591
section 2), in groups."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.forms import AccountForm
from emergency.actions.register_wiki import ALGORITHMS
from sso.services.client_keys import ASSERTION_ALGORITHMS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LISTS: Final = ("redirect_uris", "post_logout_redirect_uris")
SCOPES: Final = ("profile", "email", "offline_access")
_ADDRESS: Final = {"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}


def _address(label: "_StrPromise", help_text: "_StrPromise") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=2000,
        widget=forms.TextInput({**_ADDRESS, "autocomplete": "off"}),
    )


def _addresses(
    label: "_StrPromise", help_text: "_StrPromise", *, required: bool = False
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=20_000,
        widget=forms.Textarea({**_ADDRESS, "rows": 3, "autocomplete": "off"}),
        error_messages={"required": _("Enter at least one address.")},
    )


def _switch(label: "_StrPromise", help_text: "_StrPromise") -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


class RegistrationFields(AccountForm):
    """The fields, and under which headings they stand."""

    client_name = forms.CharField(
        label=_("Name"),
        help_text=_("People see it when they sign in: “to continue to English Wiki”."),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={
            "required": _("Enter the name that people know it by."),
            "max_length": _("Say it in at most 100 characters."),
        },
    )
    client_uri = _address(
        _("Its own address"),
        _(
            "The front page, such as https://en.wiki.example.org/. Our pages lead back to it. Left"
            " empty, it is that of the first redirect address."
        ),
    )
    first_party = _switch(
        _("One of the family's own"),
        _("People are not asked what they share with it. Others ask them first."),
    )
    policy_uri = _address(
        _("Its privacy policy"), _("Shown to people who are asked what they share with it.")
    )
    redirect_uris = _addresses(
        _("Redirect addresses"),
        _(
            "Where people come back to with a code, one a line, byte for byte as the client"
            " sends it. The client's manual calls it callback or redirect URI."
        ),
        required=True,
    )
    post_logout_redirect_uris = _addresses(
        _("Addresses after sign-out"),
        _("Where people may come back to after signing out, one a line."),
    )
    backchannel_logout_uri = _address(
        _("Back-channel logout"),
        _(
            "Where we tell the wiki that somebody's session has ended. Without it, a session"
            " there goes on after it has ended here."
        ),
    )
    scope_profile = _switch(_("The user name"), _("profile: user name and name."))
    scope_email = _switch(
        _("The e-mail address"), _("email: only for a wiki that writes to people itself.")
    )
    scope_offline_access = _switch(
        _("Whether the session goes on"),
        _("offline_access: refresh tokens, by which a wiki asks whether somebody is signed in."),
    )
    token_endpoint_auth_method = forms.ChoiceField(
        label=_("By what"),
        help_text=_("It is asked for it when it redeems a code."),
        choices=[
            ("client_secret_basic", _("A secret, in the header (client_secret_basic)")),
            ("client_secret_post", _("A secret, in the form (client_secret_post)")),
            ("private_key_jwt", _("A key of its own (private_key_jwt)")),
            ("none", _("Not at all: an app on people's devices (none)")),
        ],
    )
    jwks_uri = _address(
        _("Address of its keys"),
        _(
            "With a key of its own: where its public keys are (jwks_uri), so that it can change"
            " them."
        ),
    )
    jwks = forms.CharField(
        label=_("Its keys"),
        help_text=_('Or the public keys themselves: {"keys": [...]}.'),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({**_ADDRESS, "rows": 3, "autocomplete": "off", "inputmode": "text"}),
    )
    token_endpoint_auth_signing_alg = forms.ChoiceField(
        label=_("Which algorithm its key signs by"),
        required=False,
        choices=[
            ("", _("Any that its keys can")),
            *((alg, alg) for alg in ASSERTION_ALGORITHMS),
        ],
    )
    id_token_signed_response_alg = forms.ChoiceField(
        label=_("ID tokens are signed by"),
        help_text=_(
            "RS256 is what every client understands. ES256 is signed many times faster: choose it"
            " where the client can."
        ),
        choices=[(alg, alg) for alg in ALGORITHMS],
    )
    response_types = forms.ChoiceField(
        label=_("How it is answered"),
        choices=[
            ("code", _("With a code, which it redeems")),
            ("id_token", _("With an ID token, posted: for a wiki that cannot call us")),
            ("code id_token", _("With either, as it asks")),
        ],
    )
    require_pkce = _switch(
        _("PKCE is required"),
        _("Leave it on, unless the client cannot. It protects codes on their way."),
    )
    require_nonce = _switch(
        _("Without PKCE, a nonce is required"),
        _("Take it off only for a client that can send neither."),
    )
    require_pushed_authorization_requests = _switch(
        _("Requests are pushed"),
        _("It hands each request to us itself (RFC 9126); one that a browser brings is refused."),
    )
    least_acr = forms.ChoiceField(
        label=_("Least level"),
        help_text=_("Nobody signs in to it with less."),
        choices=[
            ("aal1", _("aal1: one factor")),
            ("aal2", _("aal2: two factors")),
            ("phr", _("phr: a passkey")),
        ],
    )
    default_acr_values = forms.CharField(
        label=_("Levels that are wanted"),
        help_text=_("Where a request says nothing: such as “phr aal2”, the best one first."),
        required=False,
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"}),
    )

    _GROUPS = (
        (_("The wiki"), ("client_name", "client_uri", "first_party", "policy_uri")),
        (_("Addresses"), (*LISTS, "backchannel_logout_uri")),
        (_("What it learns"), tuple(f"scope_{scope}" for scope in SCOPES)),
        (
            _("How it proves itself"),
            (
                "token_endpoint_auth_method",
                "jwks_uri",
                "jwks",
                "token_endpoint_auth_signing_alg",
            ),
        ),
        (
            _("How people sign in to it"),
            (
                "id_token_signed_response_alg",
                "response_types",
                "require_pkce",
                "require_nonce",
                "require_pushed_authorization_requests",
                "least_acr",
                "default_acr_values",
            ),
        ),
    )

    def groups(self) -> Iterator[tuple["_StrPromise", list[BoundField]]]:
        """The fields as they are shown, with a heading each."""
        for title, names in self._GROUPS:
            yield title, [self[name] for name in names]
