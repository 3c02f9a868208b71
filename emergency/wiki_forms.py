"""The form of a wiki's registration: a field for each item of its metadata (RFC 7591 section 2)."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.forms import AccountForm
from emergency.actions.register_wiki import ALGORITHMS, read
from emergency.forms import MeasureForm
from sso.errors import MetadataInvalid
from sso.services.client_keys import ASSERTION_ALGORITHMS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_LISTS: Final = ("redirect_uris", "post_logout_redirect_uris")
_SCOPES: Final = ("profile", "email", "offline_access")
_WORDS: Final = ("response_types", "default_acr_values")
_ERROR: Final = re.compile(r"([a-z_]+)\b:? ?(.*)", re.DOTALL)
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


class RegistrationForm(AccountForm):
    """How a wiki is registered. ``metadata`` is what was said, in the standard's words."""

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
        (_("Addresses"), (*_LISTS, "backchannel_logout_uri")),
        (_("What it learns"), tuple(f"scope_{scope}" for scope in _SCOPES)),
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

    def clean(self) -> dict[str, Any]:
        """All that the service has against it, at its fields, besides what the fields say."""
        given = super().clean() or self.cleaned_data
        known = frozenset(self.errors)
        try:
            read(self.metadata())
        except MetadataInvalid as error:
            for fault in error.faults:
                self._add(fault, known)
        return given

    def clean_jwks(self) -> Any:
        """The keys, read."""
        text = self.cleaned_data["jwks"]
        try:
            return json.loads(text) if text else None
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("This is not JSON.")) from None

    def metadata(self) -> dict[str, Any]:
        """All of it, in the standard's words; None where there is nothing."""
        given = {k: v for k, v in self.cleaned_data.items() if not k.startswith("scope_")}
        for name in (*_LISTS, *_WORDS):
            given[name] = given.get(name, "").split()
        wanted = [scope for scope in _SCOPES if self.cleaned_data.get(f"scope_{scope}")]
        given["scope"] = " ".join(["openid", *wanted])
        if given.get("require_pkce"):
            given["require_nonce"] = None  # says nothing there
        return {name: None if value == "" else value for name, value in given.items()}

    def _add(self, fault: str, known: frozenset[str]) -> None:
        """The service names the field first; what it says of several stands on top.

        ``known`` are those of which the form has said already what is wrong: of them, and of
        several while there is one of them, the service has seen too little.
        """
        found = _ERROR.fullmatch(fault)
        name = found[1] if found else ""
        if found is None or name not in self.fields:
            if not known:
                self.add_error(None, f"{fault[:1].upper()}{fault[1:]}.")
            return
        if name in known:
            return
        rest = found[2] if f"{name}:" in fault else f"this {found[2]}"
        self.add_error(name, f"{rest[:1].upper()}{rest[1:]}.")


DEFAULTS: Final = {
    "scope_profile": True,
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "RS256",
    "response_types": "code",
    "require_pkce": True,
    "require_nonce": True,
    "least_acr": "aal1",
}


def initial_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields, filled in with what a wiki is registered with."""
    filled: dict[str, Any] = {"require_nonce": True, **metadata}
    for name in _LISTS:
        filled[name] = "\n".join(metadata.get(name) or ())
    for name in _WORDS:
        filled[name] = " ".join(metadata.get(name) or ())
    scopes = filled.pop("scope", "").split()
    filled |= {f"scope_{scope}": scope in scopes for scope in _SCOPES}
    filled["jwks"] = json.dumps(metadata["jwks"], indent=1) if metadata.get("jwks") else ""
    return {name: filled.get(name) for name in RegistrationForm.base_fields}


class ReasonForm(MeasureForm):
    """Why a wiki is registered, or changed."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """The same field; nobody is locked by it."""
        super().__init__(*args, **more)
        self.fields["reason"].help_text = _("Stands in the audit trail for good.")


class RenewSecretForm(ReasonForm):
    """For how long the old secret is good beside the new one."""

    overlap = forms.ChoiceField(
        label=_("The old secret"),
        help_text=_("Long enough to put the new one in place; at once, if it may have leaked."),
        choices=[
            ("86400", _("is good for another day")),
            ("604800", _("is good for another week")),
            ("3600", _("is good for another hour")),
            ("0", _("ends at once")),
        ],
    )

    def options(self) -> dict[str, Any]:
        """The overlap."""
        return {"overlap_seconds": int(self.cleaned_data["overlap"])}
