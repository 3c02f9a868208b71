"""What wikis are told when sessions end, whichever way: each of each, by ``sub`` and ``sid``."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest

from emergency.actions.end_sessions import end_sessions
from emergency.actions.lock_account import lock_account
from tests.database.outbox_jobs import NO_CONTENT, told
from tests.unit.outbox.servers import answering, serving
from tests.web.letters import Mail
from tests.web.people import Browser, WikiClient, claims_of, tokens_for
from tests.web.test_change_password import change
from tests.web.test_logout import leave

Wikis = Callable[..., WikiClient]
Playing = Callable[[str], AbstractContextManager[None]]
SESSIONS = "/account/sessions"
BOTH, ELSEWHERE, HERE = {"here", "elsewhere"}, {"elsewhere"}, {"here"}


class Ways:
    """How sessions end."""

    def __init__(self, grace: Browser, playing: Playing, sub: UUID, hint: str) -> None:
        self._grace = grace
        self._playing = playing
        self._sub = sub
        self._hint = hint

    def signing_out(self) -> None:
        self._grace.submit(self._grace.get("/logout"), "/logout")

    def signing_out_at_a_wiki(self) -> None:
        leave(self._grace, id_token_hint=self._hint)

    def ending_the_others(self) -> None:
        self._grace.submit(self._grace.get(SESSIONS), f"{SESSIONS}/end-others")

    def signing_out_everywhere(self) -> None:
        self._grace.submit(self._grace.get(SESSIONS), f"{SESSIONS}/end-all")

    def changing_the_password(self) -> None:
        change(self._grace)

    def a_lock(self) -> None:
        with self._playing("owner"):
            lock_account(self._sub, "stolen", by=None)

    def the_operators_end(self) -> None:
        with self._playing("owner"):
            end_sessions(self._sub, "stolen", by=None)


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    """Wikis of this machine may be told."""
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.0/8")]
    settings.LOOPBACK_HTTP = True


@pytest.mark.parametrize(
    ("way", "ended"),
    [
        ("signing_out", HERE),
        ("signing_out_at_a_wiki", HERE),
        ("ending_the_others", ELSEWHERE),
        ("changing_the_password", ELSEWHERE),
        ("signing_out_everywhere", BOTH),
        ("a_lock", BOTH),
        ("the_operators_end", BOTH),
    ],
)
def test_each_wiki_of_each_session_that_ends_gets_a_token_with_its_sub_and_sid(
    grace: Browser, add_wiki: Wikis, mail: Mail, way: str, ended: set[str]
) -> None:
    """oidcc-backchannel-rp-initiated-logout: also where many end at once, one token for each."""
    elsewhere = Browser()
    elsewhere.sign_in("Grace")
    sids, sub, hint = {}, None, ""
    with serving(answering(NO_CONTENT)) as server:
        wikis = [
            add_wiki(
                f"{name} wiki",
                backchannel_logout_uri=f"http://127.0.0.1:{server.port}/{name}?a=%2F",
            )
            for name in ("english", "french")
        ]
        for where, browser in (("here", grace), ("elsewhere", elsewhere)):
            for wiki in wikis:
                hint = hint or tokens_for(browser, wiki)["id_token"]
                claims = claims_of(tokens_for(browser, wiki)["id_token"])
                sids[where], sub = claims["sid"], claims["sub"]
        assert sub is not None
        getattr(Ways(grace, mail.playing, UUID(sub), hint), way)()
        assert server.connections == 0  # nobody waits for a wiki
        mail.deliver()
    got = []
    for request in server.requests:
        header, claims = told(request)
        assert header["typ"] == "logout+jwt"
        assert "nonce" not in claims
        assert claims["sub"] == sub
        path = request.split(b" ")[1].decode()
        got.append((path, claims["aud"], claims["sid"]))
    assert sorted(got) == sorted(
        (f"/{name}?a=%2F", wiki.client_id, sids[where])
        for name, wiki in zip(("english", "french"), wikis, strict=True)
        for where in ended
    )
