"""A wiki's registration as a form: filled in from its metadata (RFC 7591 section 2), read as such,
and with all that the service has against it at its fields."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from emergency.actions.register_wiki import read
from emergency.forms import MeasureForm
from emergency.wiki_fields import LISTS, SCOPES, RegistrationFields
from sso.errors import Fault, MetadataInvalid

_WORDS: Final = ("response_types", "default_acr_values")


class RegistrationForm(RegistrationFields):
    """How a wiki is registered. ``metadata`` is what was said, in the standard's words."""

    def clean(self) -> dict[str, Any]:
        """All that the service has against it, besides what the fields say.

        A field that has said itself what is wrong with it says no more.
        """
        given = super().clean() or self.cleaned_data
        # As they were typed: the service sees that there is something, and that it is wrong.
        known = {name: self[name].data or "" for name in self.errors}
        try:
            read(_metadata({**given, **known}))
        except MetadataInvalid as error:
            for fault in error.faults:
                if fault.field not in known:
                    self._add(fault)
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
        return _metadata(self.cleaned_data)

    def _add(self, fault: Fault) -> None:
        """At its field; what is about several, or about none of the form's, stands on top."""
        here = fault.field if fault.field in self.fields else None
        says = fault.says if here else str(fault)
        self.add_error(here, f"{says[:1].upper()}{says[1:]}.")


def _metadata(given: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {k: v for k, v in given.items() if not k.startswith("scope_")}
    for name in (*LISTS, *_WORDS):
        metadata[name] = metadata[name].split()
    wanted = [scope for scope in SCOPES if given[f"scope_{scope}"]]
    metadata["scope"] = " ".join(["openid", *wanted])
    if metadata["require_pkce"]:
        metadata["require_nonce"] = None  # says nothing there
    return {name: None if value == "" else value for name, value in metadata.items()}


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
    for name in LISTS:
        filled[name] = "\n".join(metadata.get(name) or ())
    for name in _WORDS:
        filled[name] = " ".join(metadata.get(name) or ())
    scopes = filled.pop("scope", "").split()
    filled |= {f"scope_{scope}": scope in scopes for scope in SCOPES}
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
