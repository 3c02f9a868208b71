"""What sample pages have in common: how one is rendered, and words that are no English."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

from django import forms
from django.template.loader import render_to_string
from django.utils import timezone

WIKI: Final = "Ωμέγα & <Co>"  # no word of it is English, and it must be escaped
USERNAME: Final = "Ωμέγα <b>"
FLOW: Final = "0123456789" * 110
REFERENCE: Final = "1234-5678"
SITE_NAME: Final = "Ψ"
HOME: Final = "https://1.2.3.4/"
OPTIONS: Final = '{"challenge": "0123456789"}'
PROBLEM: Final = SimpleNamespace(message="11", guidance="12")


class EveryField(forms.Form):
    """One field of each kind that forms/field.html knows."""

    hidden = forms.CharField(widget=forms.HiddenInput)
    text = forms.CharField(label="1", help_text="2")
    password = forms.CharField(label="3", help_text="4", widget=forms.PasswordInput)
    email = forms.EmailField(label="5", required=False)
    keep = forms.BooleanField(label="6", help_text="7", required=False)
    must = forms.BooleanField(label="8")
    reason = forms.CharField(label="9", widget=forms.Textarea)

    def clean(self) -> None:
        """Refuse the whole, so that there is an error without a field."""
        raise forms.ValidationError("10")


@dataclass(frozen=True)
class Sample:
    """A page to look at."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)

    def render(self, **more: Any) -> str:
        """Give its HTML, as if the context processors had run."""
        return render_to_string(self.template, {**FRAME, **self.context, **more})


FRAME: Final[dict[str, Any]] = {
    "site_name": SITE_NAME,
    "support": "1@2.3",
    "languages": [("en", "1"), ("ar", "2")],
    "language_next": "/",
    "current_session": None,
    "csrf_token": "0" * 64,
}
SIGNED_IN: Final = SimpleNamespace(username=USERNAME)
NOW: Final = timezone.now()
TO_WIKI: Final = {"flow": FLOW, "destination_name": WIKI}
OFFERED: Final = {"restart_url": "/1", "destination_name": WIKI}
