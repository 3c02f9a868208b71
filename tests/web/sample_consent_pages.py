"""Sample pages about wikis that are none of the family's own; see sample_pages.py."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

from tests.web.sample_frame import FLOW, HOME, NOW, SIGNED_IN, USERNAME, WIKI, Sample

_HOST: Final = "1.2.3.4"


def _told(scope: str, value: str = "", **more: bool) -> SimpleNamespace:
    says: dict[str, Any] = {"is_confirmed": False, "is_new": True, **more}
    return SimpleNamespace(scope=scope, value=value, **says)


def _asks(*told: SimpleNamespace, policy_uri: str = "") -> Sample:
    return Sample(
        "sso/consent.html",
        {
            "flow": FLOW,
            "wiki_name": WIKI,
            "wiki_host": _HOST,
            "policy_uri": policy_uri,
            "username": USERNAME,
            "told": told,
            "knows_some": any(not one.is_new for one in told),
            "knows_all": not any(one.is_new for one in told),
        },
    )


def _wiki(**more: Any) -> SimpleNamespace:
    says: dict[str, Any] = {
        "client_id": "1",
        "name": WIKI,
        "host": _HOST,
        "policy_uri": HOME,
        "knows": ["1", "2"],
        "keeps_signed_in": True,
        "since": NOW - timedelta(days=3),
        "last_sign_in": NOW,
        **more,
    }
    return SimpleNamespace(**says)


CONSENT_PAGES: Final[dict[str, Sample]] = {
    "consent": _asks(
        _told("openid"),
        _told("profile", USERNAME),
        _told("email", "1@2.3"),
        _told("offline_access"),
        policy_uri=HOME,
    ),
    "consent-to-more": _asks(
        _told("openid", is_new=False),
        _told("profile", USERNAME, is_new=False),
        _told("email", "1@2.3", is_confirmed=True),
    ),
    "consent-once-more": _asks(_told("openid", is_new=False), _told("email", is_new=False)),
    "own-wikis": Sample(
        "sso/own_wikis.html",
        {
            "wikis": [_wiki(), _wiki(client_id="2", host="", policy_uri="", last_sign_in=None)],
            "current_session": SIGNED_IN,
        },
    ),
    "own-wikis-none": Sample("sso/own_wikis.html", {"wikis": [], "current_session": SIGNED_IN}),
    "withdraw-consent": Sample(
        "sso/withdraw_consent.html", {"wiki": _wiki(), "current_session": SIGNED_IN}
    ),
    "withdraw-consent-of-none": Sample("sso/withdraw_consent.html", {"wiki": None}),
}
