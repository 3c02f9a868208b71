"""Every page with something on it: its template, and what its view would say.

For tests of the pages as such (markup, words, weight, pictures); what the views really say is
tried by the journeys.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

from django import forms
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.services.second_factors import Holdings
from outbox.payloads import letter_templates

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
_SIGNED_IN: Final = SimpleNamespace(username=USERNAME)
_NOW: Final = timezone.now()
_HERE: Final = SimpleNamespace(
    is_current=True, agent="1", signed_in_at=_NOW, last_seen_at=_NOW, wikis=[WIKI, "Ψ"]
)
_THERE: Final = SimpleNamespace(
    is_current=False,
    agent="2",
    signed_in_at=_NOW - timedelta(days=3),
    last_seen_at=_NOW - timedelta(hours=5),
    wikis=[],
)
_KEY: Final = SimpleNamespace(
    key="1",
    name=WIKI,
    is_synced=False,
    knows_user=False,
    created_at=_NOW,
    last_used_at=None,
)
_SYNCED: Final = SimpleNamespace(
    key="2", name="Ψ", is_synced=True, knows_user=True, created_at=_NOW, last_used_at=_NOW
)
_APP: Final = SimpleNamespace(id="1", name=WIKI, created_at=_NOW, last_used_at=_NOW)
_UNUSED: Final = SimpleNamespace(id="2", name="Ψ", created_at=_NOW, last_used_at=None)
_ACCOUNT: Final = SimpleNamespace(username=USERNAME, id="01234567-0123-7012-8012-012345678901")
_TO_WIKI: Final = {"flow": FLOW, "destination_name": WIKI}
_OFFERED: Final = {"restart_url": "/1", "destination_name": WIKI}


def _overview(**more: Any) -> SimpleNamespace:
    has: dict[str, Any] = {
        "passkeys": [],
        "apps": [],
        "codes_left": 0,
        "codes_made_at": _NOW if more.get("codes_left") else None,
        "has_password": True,
        "may_lose_password": False,
        **more,
    }
    is_on = bool(has["passkeys"] or has["apps"])
    return SimpleNamespace(is_on=is_on, are_codes_few=has["codes_left"] <= 3, **has)


def _account(**more: Any) -> Sample:
    return Sample("accounts/account.html", {"account": _ACCOUNT, "sessions": [_HERE], **more})


PAGES: Final[dict[str, Sample]] = {
    "home": Sample("home.html", {"wikis": [SimpleNamespace(name=WIKI, home_uri=HOME)]}),
    "privacy": Sample("privacy.html"),
    "sign-in": Sample(
        "accounts/sign_in.html",
        {"form": EveryField(), "passkey_options": OPTIONS, "keep_from": "id_keep", **_TO_WIKI},
    ),
    "sign-in-passkey-error": Sample(
        "accounts/sign_in.html",
        {"form": EveryField(), "passkey_options": OPTIONS, "problem": PROBLEM, **_TO_WIKI},
    ),
    "sign-in-two-steps": Sample(
        "accounts/sign_in.html", {"form": EveryField(), "level": "aal2", **_TO_WIKI}
    ),
    "sign-in-phishing-resistant": Sample(
        "accounts/sign_in.html", {"form": EveryField(), "level": "phr", **_TO_WIKI}
    ),
    "sign-in-error": Sample("accounts/sign_in.html", {"form": EveryField({}), **_TO_WIKI}),
    "sign-in-notice": Sample("accounts/sign_in.html", {"form": EveryField(), "notice": "1"}),
    "sign-in-again": Sample(
        "accounts/sign_in.html",
        {"form": EveryField(), "reauthenticate": True, "current_session": _SIGNED_IN},
    ),
    "second-factor": Sample(
        "twofactor/challenge.html",
        {
            "form": EveryField(),
            "method": "totp",
            "others": [{"method": "recovery_code", "label": "1"}],
            "username": USERNAME,
            **_TO_WIKI,
        },
    ),
    "second-factor-error": Sample(
        "twofactor/challenge.html",
        {
            "form": EveryField({}),
            "method": "totp",
            "others": [],
            "username": USERNAME,
            "flow": FLOW,
        },
    ),
    "second-factor-again": Sample(
        "twofactor/challenge.html",
        {"form": EveryField(), "method": "totp", "username": USERNAME, "proving": True},
    ),
    "second-factor-passkey": Sample(
        "twofactor/challenge.html",
        {
            "form": forms.Form(),
            "method": "passkey",
            "passkey_options": OPTIONS,
            "others": [{"method": "totp", "label": "1"}],
            "username": USERNAME,
            "app_is_not_enough": True,
            **_TO_WIKI,
        },
    ),
    "second-factor-passkey-error": Sample(
        "twofactor/challenge.html",
        {
            "form": forms.Form(),
            "method": "passkey",
            "passkey_options": OPTIONS,
            "problem": PROBLEM,
            "username": USERNAME,
            "flow": FLOW,
        },
    ),
    "prove": Sample(
        "accounts/prove.html",
        {
            "form": EveryField(),
            "flow": FLOW,
            "current_session": _SIGNED_IN,
            "holds": Holdings(has_password=True, passkeys=0, has_app=False),
        },
    ),
    "prove-error": Sample(
        "accounts/prove.html",
        {
            "form": EveryField({}),
            "notice": "1",
            "current_session": _SIGNED_IN,
            "holds": Holdings(has_password=True, passkeys=0, has_app=True),
        },
    ),
    "prove-passkey": Sample(
        "accounts/prove.html",
        {
            "form": EveryField(),
            "flow": FLOW,
            "passkey_options": OPTIONS,
            "current_session": _SIGNED_IN,
            "holds": Holdings(has_password=True, passkeys=1, has_app=True),
        },
    ),
    "prove-passkey-alone": Sample(
        "accounts/prove.html",
        {
            "form": EveryField(),
            "problem": PROBLEM,
            "flow": FLOW,
            "passkey_options": OPTIONS,
            "current_session": _SIGNED_IN,
            "holds": Holdings(has_password=False, passkeys=1, has_app=False),
        },
    ),
    "unreachable": Sample(
        "flow/unreachable.html", {"username": USERNAME, "least": "phr", **_TO_WIKI}
    ),
    "unreachable-two-steps": Sample(
        "flow/unreachable.html", {"username": USERNAME, "least": "aal2", "flow": FLOW}
    ),
    "two-factor": Sample(
        "twofactor/overview.html",
        {
            "overview": _overview(passkeys=[_KEY, _SYNCED], apps=[_APP, _UNUSED], codes_left=2),
            "accepted": "{}",
            "trusted": [
                SimpleNamespace(id="1", label=WIKI, is_current=True, trusted_until=_NOW),
                SimpleNamespace(id="2", label="2", is_current=False, trusted_until=_NOW),
            ],
            "other_sessions": 2,
            "current_session": _SIGNED_IN,
        },
    ),
    "two-factor-passkey-alone": Sample(
        "twofactor/overview.html",
        {
            "overview": _overview(passkeys=[_KEY], codes_left=9, has_password=False),
            "accepted": "{}",
            "other_sessions": 0,
            "current_session": _SIGNED_IN,
        },
    ),
    "two-factor-app-alone": Sample(
        "twofactor/overview.html",
        {
            "overview": _overview(apps=[_APP], codes_left=9),
            "other_sessions": 1,
            "current_session": _SIGNED_IN,
        },
    ),
    "two-factor-off": Sample(
        "twofactor/overview.html",
        {"overview": _overview(), "other_sessions": 0, "current_session": _SIGNED_IN},
    ),
    "two-factor-passkey": Sample(
        "twofactor/new_passkey.html",
        {"passkey_options": OPTIONS, "pending": FLOW, "current_session": _SIGNED_IN},
    ),
    "two-factor-passkey-error": Sample(
        "twofactor/new_passkey.html",
        {"passkey_options": OPTIONS, "problem": PROBLEM, "current_session": _SIGNED_IN},
    ),
    "passkey-offer": Sample("twofactor/offer.html", {"passkey_options": OPTIONS, **_TO_WIKI}),
    "sign-up-passkey": Sample(
        "twofactor/sign_up.html",
        {"passkey_options": OPTIONS, "username": USERNAME, **_TO_WIKI},
    ),
    "recover": Sample("twofactor/recover.html", {"form": EveryField(), "notice": "1", **_TO_WIKI}),
    "recover-error": Sample("twofactor/recover.html", {"form": EveryField({}), **_TO_WIKI}),
    "recover-passkey": Sample(
        "twofactor/recover_passkey.html",
        {"passkey_options": OPTIONS, "username": USERNAME, "problem": PROBLEM, **_TO_WIKI},
    ),
    "recovered": Sample("twofactor/recovered.html", _TO_WIKI),
    "remove-password": Sample(
        "twofactor/remove_password.html",
        {
            "overview": _overview(passkeys=[_KEY, _SYNCED], codes_left=9, may_lose_password=True),
            "current_session": _SIGNED_IN,
        },
    ),
    "remove-password-not-yet": Sample(
        "twofactor/remove_password.html", {"overview": _overview(), "problem": PROBLEM}
    ),
    "remove-password-none": Sample(
        "twofactor/remove_password.html", {"overview": _overview(has_password=False)}
    ),
    "two-factor-app": Sample(
        "twofactor/new_app.html",
        {"form": EveryField(), "pending": FLOW, "secret": "2345 2345", "notice": "1"},
    ),
    "recovery-codes": Sample(
        "twofactor/recovery_codes.html",
        {
            "form": EveryField({}),
            "action": "/1",
            "download": "/2",
            "pending": FLOW,
            "codes": ["1-1", "2-2"],
            "username": USERNAME,
        },
    ),
    "recovery-codes-replaced": Sample(
        "twofactor/recovery_codes.html",
        {
            "form": EveryField(),
            "action": "/1",
            "download": "/2",
            "pending": FLOW,
            "replaces": 2,
            "is_on": True,
            "username": USERNAME,
        },
    ),
    "recovery-codes-for-a-passkey": Sample(
        "twofactor/recovery_codes.html",
        {
            "form": EveryField(),
            "action": "/1",
            "download": "/2",
            "passkey_waits": True,
            "in_flow": True,
            "codes": ["1-1"],
            "username": USERNAME,
            **_TO_WIKI,
        },
    ),
    "recovery-codes-at-sign-up": Sample(
        "twofactor/recovery_codes.html",
        {
            "form": EveryField(),
            "action": "/1",
            "download": "/2",
            "signing_up": True,
            "in_flow": True,
            "codes": ["1-1"],
            "username": USERNAME,
            **_TO_WIKI,
        },
    ),
    "two-factor-rename": Sample(
        "twofactor/rename_factor.html", {"form": EveryField(), "choices": [("1", "1")]}
    ),
    "two-factor-rename-none": Sample("twofactor/rename_factor.html"),
    "two-factor-remove": Sample(
        "twofactor/remove_factor.html",
        {"form": EveryField(), "choices": [("1", "1")], "has": _overview(apps=[_APP])},
    ),
    "two-factor-remove-none": Sample("twofactor/remove_factor.html", {"has": _overview()}),
    "sign-up": Sample("accounts/sign_up.html", {"form": EveryField(), **_TO_WIKI}),
    "sign-up-error": Sample("accounts/sign_up.html", {"form": EveryField({}), **_TO_WIKI}),
    "sign-out": Sample("accounts/sign_out.html", {"current_session": _SIGNED_IN}),
    "sign-out-from-wiki": Sample(
        "accounts/sign_out.html", {"return_url": HOME, "destination_name": WIKI}
    ),
    "signed-out": Sample("accounts/signed_out.html"),
    "signed-out-of-wikis": Sample(
        "accounts/signed_out.html", {"wikis": [WIKI], "return_url": HOME, "return_name": WIKI}
    ),
    "account": _account(
        sessions=[_HERE, _THERE],
        email=SimpleNamespace(masked="1•@2.3", confirmed=True),
        password_changed_at=_NOW - timedelta(minutes=2),
    ),
    "account-bare": _account(email=None),
    "account-two-step": _account(
        email=None, holds=Holdings(has_password=True, passkeys=0, has_app=True)
    ),
    "account-passkey": _account(
        email=None, holds=Holdings(has_password=False, passkeys=1, has_app=False)
    ),
    "account-both": _account(
        email=None, holds=Holdings(has_password=True, passkeys=2, has_app=True)
    ),
    "account-unconfirmed": _account(email=SimpleNamespace(masked="1•@2.3", confirmed=False)),
    "set-password": Sample(
        "accounts/change_password.html",
        {
            "form": EveryField(),
            "holds": Holdings(has_password=False, passkeys=1, has_app=False),
            "current_session": _SIGNED_IN,
        },
    ),
    "change-password": Sample(
        "accounts/change_password.html", {"form": EveryField(), "current_session": _SIGNED_IN}
    ),
    "password-changed": Sample("accounts/password_changed.html", {"ended_sessions": 2}),
    "password-changed-alone": Sample("accounts/password_changed.html", {"ended_sessions": 0}),
    "expired": Sample("flow/expired.html", _OFFERED),
    "expired-flow": Sample("flow/expired.html", _TO_WIKI),
    "other-browser": Sample("flow/other_browser.html", _OFFERED),
    "already": Sample("flow/already.html", {**_OFFERED, "current_session": _SIGNED_IN}),
    "throttled": Sample(
        "errors/throttled.html",
        {**_OFFERED, "retry_after": 130, "retry_at": _NOW + timedelta(seconds=130)},
    ),
    "throttled-vague": Sample("errors/throttled.html"),
    "locked": Sample("errors/locked.html", {"reason": "1", "reference": REFERENCE}),
    "closed": Sample("errors/closed.html", {**_OFFERED, "until": _NOW + timedelta(days=2)}),
    "closed-vague": Sample("errors/closed.html"),
    "wiki": Sample(
        "errors/wiki.html",
        {"code": "1", "explanation": "2", "wiki_name": WIKI, "home_uri": HOME},
    ),
    "wiki-unknown": Sample("errors/wiki.html", {"code": "1", "reference": REFERENCE}),
    "busy": Sample("errors/503.html", {"retry_after": 5, "reference": REFERENCE}),
    "form-post": Sample(
        "sso/form_post.html",
        {"action": HOME, "fields": {"state": "1"}, "destination_name": WIKI},
    ),
    "sso-sign-out": Sample(
        "sso/sign_out.html",
        {"fields": {"state": "1"}, "wiki_name": WIKI, "current_session": _SIGNED_IN},
    ),
    **{
        f"error-{code}": Sample(f"errors/{code}.html", {"reference": REFERENCE})
        for code in ("400", "403", "403_csrf", "404", "405", "413", "500", "503")
    },
}
LETTERS: Final = sorted(letter_templates())
LETTER_CONTEXT: Final[dict[str, Any]] = {
    "username": USERNAME,
    "at": _NOW,
    "site_name": "Ψ & Ω",
    "issuer": HOME,
    "support": "1@2.3",
    "reference": REFERENCE,
    "token_link": f"{HOME}345678/901234#56789={'2' * 43}",
}
