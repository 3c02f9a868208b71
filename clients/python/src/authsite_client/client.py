"""What a wiki calls: when a sign-in arrives, at each request with a cookie, at a logout.

Puts the parts together and decides nothing: the rule is ``sessions.judge``.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from .errors import ClaimRefused, ClientError, Malformed, TokenExpired
from .jws import ALGORITHMS, Algorithm
from .logout import Obeyed, obey
from .marks import Marks
from .provider import Provider
from .refresh import OneAtATime, ask
from .sessions import (
    RETRY_SECONDS,
    STALE_SECONDS,
    Answer,
    Ended,
    Live,
    NeedsRefresh,
    Refreshed,
    SessionRecord,
    Unsure,
    Why,
    judge,
    settle,
)
from .store import Store
from .tokens import LEEWAY_SECONDS, AccessClaims, IdClaims, Verifier

# The latest time is kept this coarsely, so that not every request writes.
_NOTED_SECONDS: Final = 60
_LONGEST_SECRET: Final = 200
_NOBODY: Final = ""


class SessionEnded(ClientError):
    """The sign-in that arrives was ended before it did."""

    code = "session_ended"

    def __init__(self, why: Why) -> None:
        """Takes what ``Ended`` would say."""
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class SignIn:
    """A token endpoint's answer, verified; no session yet."""

    claims: AccessClaims
    id_claims: IdClaims
    refresh_token: str | None = field(repr=False)
    id_token: str = field(repr=False)


class Client:
    """One wiki's sessions; safe to share between threads.

    Takes the ``provider`` and the wiki's ``store``; the ``algorithms`` that may ever be used;
    ``stale_seconds``, how long reading goes on after a token's end while the provider is away
    (0: not at all); ``retry_seconds``, how long it is then left alone; ``leeway``, how far the
    clocks may be apart; and the ``clock``, seconds since 1970.
    """

    def __init__(
        self,
        *,
        provider: Provider,
        store: Store,
        algorithms: tuple[Algorithm, ...] = ALGORITHMS,
        stale_seconds: int = STALE_SECONDS,
        retry_seconds: int = RETRY_SECONDS,
        leeway: int = LEEWAY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._provider = provider
        self._store = store
        self._stale_seconds = stale_seconds
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._latest_time = 0
        self._one_at_a_time = OneAtATime()
        self._verifier = Verifier(
            issuer=provider.issuer,
            client_id=provider.client_id,
            find_key=provider.keys.find,
            algorithms=algorithms,
            leeway=leeway,
        )

    def verify_sign_in(self, answer: Mapping[str, Any], *, nonce: str) -> SignIn:
        """Verifies what the token endpoint gave for a code (OpenID Connect Core 1.0 section 3.1.3).

        Takes the JSON as it came and the ``nonce`` of the request. Access token and ID token must
        be of one person and session, and no older than what was seen. Raises ``TokenRefused``,
        ``KeysUnavailable``.
        """
        return self._verify(answer, nonce=nonce)

    def open(self, sign_in: SignIn) -> str:
        """Opens a session; gives the secret for its cookie, of which only a digest is kept.

        Raises ``SessionEnded`` when a logout came in before (or the token is over already).
        """
        secret = secrets.token_urlsafe(32)
        claims = sign_in.claims
        self._store.note_epoch(claims.sub, claims.epoch)
        record = SessionRecord(
            key=digest(secret),
            claims=claims,
            refresh_token=sign_in.refresh_token,
            id_token=sign_in.id_token,
            confirmed_at=self._now(),
        )
        answer = self._judge(record)
        if not isinstance(answer, Live):
            raise SessionEnded(answer.why if isinstance(answer, Ended) else "expired")
        self._store.add(record)
        return secret

    def look(self, secret: str) -> Answer | NeedsRefresh:
        """What is known of the session behind a cookie, asking nobody. Raises nothing."""
        return self._judge(self._find(secret))

    def check(self, secret: str) -> Answer:
        """The same, asking the provider where that is needed: never ``NeedsRefresh``.

        With a live access token no request is made. A session that has ended is forgotten. Raises
        nothing but what the store does.
        """
        record = self._find(secret)
        if record is None:
            return Ended("unknown")
        answer = self._judge(record)
        if isinstance(answer, NeedsRefresh):
            with self._one_at_a_time.holding(record.key):
                answer = self._refresh(record.key)
        if isinstance(answer, Ended):
            self._store.remove(record.key)
        return answer

    def end(self, secret: str) -> SessionRecord | None:
        """Forgets a session at once, whatever the provider does; gives the record it had.

        Its ``id_token`` is the ``id_token_hint`` of RP-Initiated Logout 1.0 section 2. Raises
        nothing but what the store does.
        """
        record = self._find(secret)
        if record is not None:
            self._store.remove(record.key)
        return record

    def obey_logout(self, token: str) -> Obeyed:
        """Ends what a logout token names, once. See ``logout.obey`` for what it raises.

        One that is current by the clock is obeyed, even where the clock ran ahead once: to end too
        much is the safe mistake.
        """
        now, wall = self._now(), int(self._clock())
        try:
            return obey(token, verifier=self._verifier, store=self._store, now=now)
        except TokenExpired:
            if now == wall:
                raise
            return obey(token, verifier=self._verifier, store=self._store, now=wall)

    def _find(self, secret: str) -> SessionRecord | None:
        return self._store.find(digest(secret)) if 0 < len(secret) <= _LONGEST_SECRET else None

    def _judge(self, record: SessionRecord | None) -> Answer | NeedsRefresh:
        if record is None:
            return Ended("unknown")
        marks = self._store.marks(sub=record.claims.sub, sid=record.claims.sid)
        return judge(
            record,
            marks,
            self._now(marks),
            stale_seconds=self._stale_seconds,
            retry_seconds=self._retry_seconds,
        )

    def _refresh(self, key: str) -> Answer:
        """Asks once; whoever waited for that finds it done."""
        record = self._store.find(key)
        if record is None:
            return Ended("unknown")
        answer = self._judge(record)
        if not isinstance(answer, NeedsRefresh):
            return answer
        outcome = ask(self._provider, record, self._verify_refreshed)
        if isinstance(outcome, Refreshed):
            self._store.note_epoch(outcome.claims.sub, outcome.claims.epoch)
        settled = settle(record, outcome, self._now(), stale_seconds=self._stale_seconds)
        if not isinstance(settled, Ended):
            swapped = record.refresh_token if isinstance(outcome, Refreshed) else None
            return self._answer_after(settled, swapped=swapped)
        # No answer to us; perhaps there was one to another process.
        answer = self._judge(self._store.find(key)) if settled.why == "unconfirmed" else settled
        return settled if isinstance(answer, NeedsRefresh) else answer

    def _answer_after(self, settled: SessionRecord, *, swapped: str | None) -> Answer:
        """Keeps a record that was refreshed, unless another process or a logout was quicker.

        One that was quicker and had no answer still has the token that was ``swapped`` here: then
        ours is the newer, and without it the session would be lost.
        """
        kept = self._keep(settled)
        if kept is not None and swapped is not None and kept.refresh_token == swapped:
            kept = self._keep(replace(settled, version=kept.version + 1))
        if kept is None:
            return Ended("unknown")
        answer = self._judge(kept)
        if not isinstance(answer, NeedsRefresh):
            return answer
        # Over again already: asking once is enough for one request.
        if self._now() < kept.claims.exp + self._stale_seconds:
            return Unsure(kept.claims, since=kept.claims.exp)
        return Ended("unconfirmed")

    def _keep(self, settled: SessionRecord) -> SessionRecord | None:
        """The record that the store has now: this one, or what came before it could be kept."""
        return settled if self._store.replace(settled) else self._store.find(settled.key)

    def _verify_refreshed(self, answer: Mapping[str, Any]) -> Refreshed:
        given = self._verify(answer, nonce=None)
        if given.refresh_token is None:
            raise ClaimRefused("there is no refresh_token")
        return Refreshed(given.claims, given.refresh_token, given.id_token)

    def _verify(self, answer: Mapping[str, Any], *, nonce: str | None) -> SignIn:
        """Fresh from the provider; so it is believed when it says that our clock ran ahead once."""
        now, wall = self._now(), int(self._clock())
        try:
            return self._verify_at(answer, nonce=nonce, now=now)
        except TokenExpired:
            if now == wall:
                raise
            given = self._verify_at(answer, nonce=nonce, now=wall)
        self._latest_time = wall
        self._store.correct_time(wall)
        return given

    def _verify_at(self, answer: Mapping[str, Any], *, nonce: str | None, now: int) -> SignIn:
        id_token, refresh_token = _text(answer, "id_token"), answer.get("refresh_token")
        id_claims = self._verifier.id_token(id_token, now=now, nonce=nonce)
        claims = self._verifier.access_token(
            _text(answer, "access_token"),
            now=now,
            highest=self._store.marks(sub=id_claims.sub, sid=id_claims.sid).epoch,
        )
        if (claims.sub, claims.sid) != (id_claims.sub, id_claims.sid):
            raise ClaimRefused("the two tokens speak of different sessions")
        if refresh_token is not None and not isinstance(refresh_token, str):
            raise Malformed("refresh_token is no text")
        return SignIn(claims, id_claims, refresh_token or None, id_token)

    def _now(self, marks: Marks | None = None) -> int:
        """Seconds since 1970, never less than before: the clock may be set back, this is not."""
        kept = marks or self._store.marks(sub=_NOBODY, sid=_NOBODY)
        now = max(int(self._clock()), self._latest_time, kept.latest_time)
        self._latest_time = now
        if now - kept.latest_time >= _NOTED_SECONDS:
            self._store.note_time(now)
        return now


def digest(secret: str) -> str:
    """What is kept in the place of a cookie's secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise Malformed(f"there is no {name}")
    return value
