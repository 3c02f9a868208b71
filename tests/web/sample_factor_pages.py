"""Sample pages about second factors; see sample_pages.py."""

from types import SimpleNamespace
from typing import Any, Final

from django import forms

from tests.web.sample_frame import (
    FLOW,
    NOW,
    OPTIONS,
    PROBLEM,
    SIGNED_IN,
    TO_WIKI,
    USERNAME,
    WIKI,
    EveryField,
    Sample,
)

_KEY: Final = SimpleNamespace(
    key="1",
    name=WIKI,
    is_synced=False,
    knows_user=False,
    created_at=NOW,
    last_used_at=None,
)
_SYNCED: Final = SimpleNamespace(
    key="2", name="Ψ", is_synced=True, knows_user=True, created_at=NOW, last_used_at=NOW
)
_APP: Final = SimpleNamespace(id="1", name=WIKI, created_at=NOW, last_used_at=NOW)
_UNUSED: Final = SimpleNamespace(id="2", name="Ψ", created_at=NOW, last_used_at=None)


def _overview(**more: Any) -> SimpleNamespace:
    has: dict[str, Any] = {
        "passkeys": [],
        "apps": [],
        "codes_left": 0,
        "codes_made_at": NOW if more.get("codes_left") else None,
        "has_password": True,
        "may_lose_password": False,
        **more,
    }
    is_on = bool(has["passkeys"] or has["apps"])
    return SimpleNamespace(is_on=is_on, are_codes_few=has["codes_left"] <= 3, **has)


FACTOR_PAGES: Final[dict[str, Sample]] = {
    "second-factor": Sample(
        "twofactor/challenge.html",
        {
            "form": EveryField(),
            "method": "totp",
            "others": [{"method": "recovery_code", "label": "1"}],
            "username": USERNAME,
            **TO_WIKI,
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
            **TO_WIKI,
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
    "two-factor": Sample(
        "twofactor/overview.html",
        {
            "overview": _overview(passkeys=[_KEY, _SYNCED], apps=[_APP, _UNUSED], codes_left=2),
            "accepted": "{}",
            "trusted": [
                SimpleNamespace(id="1", label=WIKI, is_current=True, trusted_until=NOW),
                SimpleNamespace(id="2", label="2", is_current=False, trusted_until=NOW),
            ],
            "other_sessions": 2,
            "current_session": SIGNED_IN,
        },
    ),
    "two-factor-passkey-alone": Sample(
        "twofactor/overview.html",
        {
            "overview": _overview(passkeys=[_KEY], codes_left=9, has_password=False),
            "accepted": "{}",
            "other_sessions": 0,
            "current_session": SIGNED_IN,
        },
    ),
    "two-factor-app-alone": Sample(
        "twofactor/overview.html",
        {
            "overview": _overview(apps=[_APP], codes_left=9),
            "other_sessions": 1,
            "current_session": SIGNED_IN,
        },
    ),
    "two-factor-off": Sample(
        "twofactor/overview.html",
        {"overview": _overview(), "other_sessions": 0, "current_session": SIGNED_IN},
    ),
    "two-factor-passkey": Sample(
        "twofactor/new_passkey.html",
        {"passkey_options": OPTIONS, "pending": FLOW, "current_session": SIGNED_IN},
    ),
    "two-factor-passkey-error": Sample(
        "twofactor/new_passkey.html",
        {"passkey_options": OPTIONS, "problem": PROBLEM, "current_session": SIGNED_IN},
    ),
    "passkey-offer": Sample("twofactor/offer.html", {"passkey_options": OPTIONS, **TO_WIKI}),
    "sign-up-passkey": Sample(
        "twofactor/sign_up.html",
        {"passkey_options": OPTIONS, "username": USERNAME, **TO_WIKI},
    ),
    "recover": Sample("twofactor/recover.html", {"form": EveryField(), "notice": "1", **TO_WIKI}),
    "recover-error": Sample("twofactor/recover.html", {"form": EveryField({}), **TO_WIKI}),
    "recover-passkey": Sample(
        "twofactor/recover_passkey.html",
        {"passkey_options": OPTIONS, "username": USERNAME, "problem": PROBLEM, **TO_WIKI},
    ),
    "recovered": Sample("twofactor/recovered.html", TO_WIKI),
    "remove-password": Sample(
        "twofactor/remove_password.html",
        {
            "overview": _overview(passkeys=[_KEY, _SYNCED], codes_left=9, may_lose_password=True),
            "current_session": SIGNED_IN,
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
            **TO_WIKI,
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
            **TO_WIKI,
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
}
