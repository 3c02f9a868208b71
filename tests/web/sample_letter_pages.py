"""Sample pages about letters and addresses, and about what happened; see sample_pages.py."""

from datetime import timedelta
from itertools import cycle
from types import SimpleNamespace
from typing import Any, Final

from accounts.services import activity
from accounts.services.activity import Activity, Line
from accounts.services.letter_titles import TITLES, title_of
from outbox.token_letters import TokenWords
from tests.web.sample_frame import (
    FLOW,
    HOME,
    NOW,
    OPTIONS,
    PROBLEM,
    REFERENCE,
    SIGNED_IN,
    SITE_NAME,
    TO_WIKI,
    USERNAME,
    WIKI,
    EveryField,
    Sample,
)
from vault.events import OwnEvent, Tag

_ADDRESS: Final = "1@2.3"


def _own(number: int, *, is_primary: bool = False, is_confirmed: bool = True) -> SimpleNamespace:
    return SimpleNamespace(
        id=f"0{number}234567-0123-4012-8012-012345678901",
        address=f"{number}{_ADDRESS}",
        is_primary=is_primary,
        is_confirmed=is_confirmed,
    )


_PRIMARY, _SECOND = _own(1, is_primary=True), _own(2)
_UNCONFIRMED = _own(3, is_confirmed=False)


def _page(template: str, **context: Any) -> Sample:
    return Sample(f"accounts/{template}.html", context)


def _mine(template: str, **context: Any) -> Sample:
    return _page(template, current_session=SIGNED_IN, **context)


def lines() -> list[Line]:
    """A line of every kind that the page knows, in every state that a line can have."""
    networks = cycle([True, False, None])
    events = [
        OwnEvent(
            id=number,
            at=NOW - timedelta(hours=number),
            tag=tag,
            detail={"amr": amr, "kind": "recovery_code"},
            agent_label="1",
            is_this_session=number == 0,
            same_network=next(networks),
            wiki=WIKI if tag == Tag.WIKI_SIGN_IN else "",
        )
        for number, (tag, amr) in enumerate(
            [
                *((tag, ["pwd"]) for tag in activity._KINDS),
                (Tag.SESSION_OPENED, ["pwd", "otp", "mfa"]),
                (Tag.SESSION_OPENED, ["hwk", "user", "mfa"]),
                (Tag.SESSION_OPENED, ["swk", "user", "mfa"]),
                (Tag.SESSION_OPENED, []),
            ]
        )
    ]
    return [line for event in events if (line := activity._line(event)) is not None]


_LETTERS: Final = [
    {"title": title_of(name), "at": NOW, "state": state, "address": address, "reference": REFERENCE}
    for name, state, address in zip(
        [*TITLES, "1"], cycle(["done", "due", "dead"]), cycle(["1…@2.3", ""]), strict=False
    )
]

LETTER_PAGES: Final[dict[str, Sample]] = {
    "reset": _page("reset", form=EveryField(), **TO_WIKI),
    "reset-notice": _page("reset", form=EveryField(), notice="1", flow=FLOW),
    "reset-error": _page("reset", form=EveryField({}), **TO_WIKI),
    "reset-asked": _page("reset_asked", form=EveryField(), typed=USERNAME, **TO_WIKI),
    "reset-code": _page("reset_code", form=EveryField(), **TO_WIKI),
    "reset-code-error": _page("reset_code", form=EveryField({}), notice="1", flow=FLOW),
    "new-password": _page("new_password", form=EveryField(), username=USERNAME, **TO_WIKI),
    "new-password-or-passkey": _page(
        "new_password", form=EveryField(), username=USERNAME, may_make_passkey=True, flow=FLOW
    ),
    "new-password-error": _page(
        "new_password", form=EveryField({}), username=USERNAME, may_make_passkey=True, **TO_WIKI
    ),
    "recover-by-letter": Sample(
        "twofactor/recover_by_letter.html",
        {"passkey_options": OPTIONS, "username": USERNAME, **TO_WIKI},
    ),
    "recover-by-letter-error": Sample(
        "twofactor/recover_by_letter.html",
        {"passkey_options": OPTIONS, "username": USERNAME, "problem": PROBLEM, "flow": FLOW},
    ),
    "email-none": _mine("email", addresses=[]),
    "email": _mine("email", addresses=[_PRIMARY]),
    "email-unconfirmed": _mine("email", addresses=[_UNCONFIRMED], form=EveryField()),
    "email-several": _mine("email", addresses=[_PRIMARY, _SECOND, _UNCONFIRMED], form=EveryField()),
    "email-asked-again": _mine(
        "email", addresses=[_PRIMARY, _UNCONFIRMED], form=EveryField(), is_asked=True
    ),
    "email-problem": _mine("email", addresses=[_PRIMARY, _SECOND], problem=PROBLEM),
    "email-add": _mine("email_add", form=EveryField()),
    "email-add-error": _mine("email_add", form=EveryField({})),
    "email-added": _mine("email_added", form=EveryField(), address=USERNAME),
    "email-primary": _mine("email_primary", form=EveryField(), address=_SECOND),
    "email-remove": _mine("email_remove", form=EveryField(), address=_SECOND),
    "email-remove-unconfirmed": _mine("email_remove", form=EveryField(), address=_UNCONFIRMED),
    "confirm-address": _page("confirm_address", form=EveryField()),
    "confirm-address-error": _page("confirm_address", form=EveryField({})),
    "address-confirmed": _page("address_confirmed", address=USERNAME, username=USERNAME),
    "undo-address": _page("undo_address", form=EveryField()),
    "undo-address-error": _page("undo_address", form=EveryField({})),
    "address-restored": _page("address_restored", username=USERNAME),
    "address-restored-without-help": _page("address_restored", username=USERNAME, support=""),
    "not-me": _page("not_me", form=EveryField()),
    "not-me-error": _page("not_me", form=EveryField({})),
    "session-disowned": _page("session_disowned", username=USERNAME),
    "activity": _mine(
        "activity", activity=Activity(lines(), older=None), letters=_LETTERS, is_first=True
    ),
    "activity-first": _mine(
        "activity", activity=Activity(lines()[:2], older=2), letters=[], is_first=True
    ),
    "activity-older": _mine("activity", activity=Activity(lines()[2:4], older=4), is_first=False),
    "activity-last": _mine("activity", activity=Activity([], older=None), is_first=False),
}


def _token(number: int, username: str = USERNAME) -> TokenWords:
    page = f"{HOME}345678/901234"
    return TokenWords(username, f"{page}#56789={str(number) * 43}", "2222-3333-4444-5555", page)


def _sign_in(why: str, browser: str = "1", system: str = "2", network: str = "3") -> Any:
    return SimpleNamespace(why=why, browser=browser, system=system, network=network)


_LETTER: Final[dict[str, Any]] = {
    "username": USERNAME,
    "at": NOW,
    "site_name": f"{SITE_NAME} & Ω",
    "issuer": HOME,
    "support": _ADDRESS,
    "reference": REFERENCE,
    "tokens": (_token(2),),
    "sign_in": _sign_in("device"),
}
# What a letter can be about: each of them is written in every one of these states.
LETTER_STATES: Final[dict[str, dict[str, Any]]] = {
    "usual": _LETTER,
    "without support": {**_LETTER, "support": ""},
    "to nobody by name": {**_LETTER, "username": "", "tokens": (_token(2, ""),)},
    "of several accounts": {
        **_LETTER,
        "username": "",
        "tokens": (_token(2), _token(3, ""), _token(4, WIKI)),
    },
    "from a new network": {**_LETTER, "sign_in": _sign_in("network", system="")},
    "after failures": {**_LETTER, "sign_in": _sign_in("failures", browser="", network="")},
    "from somewhere": {**_LETTER, "sign_in": _sign_in("device", "", "", "")},
}
