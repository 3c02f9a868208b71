"""Every page with something on it: its template, and what its view would say.

For tests of the pages as such (markup, words, weight, pictures); what the views really say is
tried by the journeys.
"""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

from accounts.services.second_factors import Holdings
from tests.web.sample_consent_pages import CONSENT_PAGES
from tests.web.sample_factor_pages import FACTOR_PAGES
from tests.web.sample_frame import (
    FLOW,
    HOME,
    NOW,
    OFFERED,
    OPTIONS,
    PROBLEM,
    REFERENCE,
    SIGNED_IN,
    TO_WIKI,
    USERNAME,
    WIKI,
    EveryField,
    Sample,
)
from tests.web.sample_letter_pages import LETTER_PAGES

_HERE: Final = SimpleNamespace(
    is_current=True,
    agent="1",
    network="",
    kept=False,
    sid="7",
    signed_in_at=NOW,
    last_seen_at=NOW,
    wikis=[WIKI, "Ψ"],
)
_THERE: Final = SimpleNamespace(
    is_current=False,
    agent="2",
    network="192.0.2.0/24",
    kept=True,
    sid="8",
    signed_in_at=NOW - timedelta(days=3),
    last_seen_at=NOW - timedelta(hours=5),
    wikis=[],
)


def _told(*states: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(name=WIKI, state=state) for state in states]


_ACCOUNT: Final = SimpleNamespace(username=USERNAME, id="01234567-0123-7012-8012-012345678901")


def _account(**more: Any) -> Sample:
    return Sample("accounts/account.html", {"account": _ACCOUNT, "sessions": [_HERE], **more})


PAGES: Final[dict[str, Sample]] = {
    "home": Sample("home.html", {"wikis": [SimpleNamespace(name=WIKI, home_uri=HOME)]}),
    "privacy": Sample("privacy.html"),
    "sign-in": Sample(
        "accounts/sign_in.html",
        {"form": EveryField(), "passkey_options": OPTIONS, "keep_from": "id_keep", **TO_WIKI},
    ),
    "sign-in-passkey-error": Sample(
        "accounts/sign_in.html",
        {"form": EveryField(), "passkey_options": OPTIONS, "problem": PROBLEM, **TO_WIKI},
    ),
    "sign-in-two-steps": Sample(
        "accounts/sign_in.html", {"form": EveryField(), "level": "aal2", **TO_WIKI}
    ),
    "sign-in-phishing-resistant": Sample(
        "accounts/sign_in.html", {"form": EveryField(), "level": "phr", **TO_WIKI}
    ),
    "sign-in-error": Sample("accounts/sign_in.html", {"form": EveryField({}), **TO_WIKI}),
    "sign-in-notice": Sample("accounts/sign_in.html", {"form": EveryField(), "notice": "1"}),
    "sign-in-again": Sample(
        "accounts/sign_in.html",
        {"form": EveryField(), "reauthenticate": True, "current_session": SIGNED_IN},
    ),
    "prove": Sample(
        "accounts/prove.html",
        {
            "form": EveryField(),
            "flow": FLOW,
            "current_session": SIGNED_IN,
            "holds": Holdings(has_password=True, passkeys=0, has_app=False),
        },
    ),
    "prove-error": Sample(
        "accounts/prove.html",
        {
            "form": EveryField({}),
            "notice": "1",
            "current_session": SIGNED_IN,
            "holds": Holdings(has_password=True, passkeys=0, has_app=True),
        },
    ),
    "prove-passkey": Sample(
        "accounts/prove.html",
        {
            "form": EveryField(),
            "flow": FLOW,
            "passkey_options": OPTIONS,
            "current_session": SIGNED_IN,
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
            "current_session": SIGNED_IN,
            "holds": Holdings(has_password=False, passkeys=1, has_app=False),
        },
    ),
    "unreachable": Sample(
        "flow/unreachable.html", {"username": USERNAME, "least": "phr", **TO_WIKI}
    ),
    "unreachable-two-steps": Sample(
        "flow/unreachable.html", {"username": USERNAME, "least": "aal2", "flow": FLOW}
    ),
    "sign-up": Sample("accounts/sign_up.html", {"form": EveryField(), **TO_WIKI}),
    "sign-up-error": Sample("accounts/sign_up.html", {"form": EveryField({}), **TO_WIKI}),
    "sign-out": Sample("accounts/sign_out.html", {"current_session": SIGNED_IN}),
    "sign-out-from-wiki": Sample(
        "accounts/sign_out.html", {"return_url": HOME, "destination_name": WIKI}
    ),
    "signed-out": Sample("accounts/signed_out.html"),
    "signed-out-of-wikis": Sample(
        "accounts/signed_out.html",
        {
            "wikis": _told("told", "waiting", "failed", ""),
            "are_waiting": True,
            "ended": FLOW,
            "return_url": HOME,
            "return_name": WIKI,
        },
    ),
    "signed-out-everywhere": Sample(
        "accounts/signed_out.html", {"wikis": _told("told"), "ended": FLOW, "everywhere": True}
    ),
    "sessions": Sample(
        "accounts/sessions.html",
        {
            "sessions": [
                {"session": _HERE, "how": "3"},
                {"session": _THERE, "how": ""},
            ],
            "ended": [
                SimpleNamespace(agent="4", ended_at=NOW, wikis=_told("waiting", "told")),
                SimpleNamespace(agent="5", ended_at=NOW - timedelta(minutes=50), wikis=[]),
            ],
            "current_session": SIGNED_IN,
        },
    ),
    "sessions-one": Sample(
        "accounts/sessions.html",
        {
            "sessions": [{"session": _HERE, "how": "3"}],
            "ended": [],
            "current_session": SIGNED_IN,
        },
    ),
    "account": _account(
        sessions=[_HERE, _THERE],
        email=SimpleNamespace(masked="1•@2.3", confirmed=True),
        password_changed_at=NOW - timedelta(minutes=2),
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
            "current_session": SIGNED_IN,
        },
    ),
    "change-password": Sample(
        "accounts/change_password.html", {"form": EveryField(), "current_session": SIGNED_IN}
    ),
    "password-changed": Sample("accounts/password_changed.html", {"ended_sessions": 2}),
    "password-changed-alone": Sample("accounts/password_changed.html", {"ended_sessions": 0}),
    "expired": Sample("flow/expired.html", OFFERED),
    "expired-flow": Sample("flow/expired.html", TO_WIKI),
    "other-browser": Sample("flow/other_browser.html", OFFERED),
    "already": Sample("flow/already.html", {**OFFERED, "current_session": SIGNED_IN}),
    "throttled": Sample(
        "errors/throttled.html",
        {**OFFERED, "retry_after": 130, "retry_at": NOW + timedelta(seconds=130)},
    ),
    "throttled-vague": Sample("errors/throttled.html"),
    "locked": Sample("errors/locked.html", {"reason": "1", "reference": REFERENCE}),
    "closed": Sample("errors/closed.html", {**OFFERED, "until": NOW + timedelta(days=2)}),
    "closed-vague": Sample("errors/closed.html"),
    "closed-sign-up": Sample("errors/closed.html", {"door": "sign_up"}),
    "closed-unknown": Sample(
        "errors/closed.html", {"door": "unknown_devices", "until": NOW + timedelta(hours=2)}
    ),
    "locked-until": Sample("errors/locked.html", {"reason": "1", "until": NOW + timedelta(days=2)}),
    "wiki": Sample(
        "errors/wiki.html",
        {"code": "1", "explanation": "2", "wiki_name": WIKI, "home_uri": HOME},
    ),
    "wiki-suspended": Sample("errors/suspended.html", {"wiki_name": WIKI, "reference": REFERENCE}),
    "wiki-unknown": Sample("errors/wiki.html", {"code": "1", "reference": REFERENCE}),
    "busy": Sample("errors/503.html", {"retry_after": 5, "reference": REFERENCE}),
    "form-post": Sample(
        "sso/form_post.html",
        {"action": HOME, "fields": {"state": "1"}, "destination_name": WIKI},
    ),
    "sso-sign-out": Sample(
        "sso/sign_out.html",
        {"fields": {"state": "1"}, "wiki_name": WIKI, "current_session": SIGNED_IN},
    ),
    **{
        f"error-{code}": Sample(f"errors/{code}.html", {"reference": REFERENCE})
        for code in ("400", "403", "403_csrf", "404", "405", "413", "500", "503")
    },
    **CONSENT_PAGES,
    **FACTOR_PAGES,
    **LETTER_PAGES,
}
