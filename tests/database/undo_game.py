"""Two people in one account, who change its addresses in turn; each reads their own mailboxes.

Letters are delivered with tokens of our own making, and half an hour goes by with each move: no
limit of an hour ends the game.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.database.asking import AGENT, NETWORK, Person, ask, call, random_32, sha256
from tests.database.factors import reauthenticated

ORIGIN = (NETWORK, AGENT)
OWNERS = "A"  # the address of the account's owner; all others are the intruder's
_DONE = {"restored", "right", "confirmed", "ended"}


@dataclass(frozen=True)
class Mail:
    """A token that came to a mailbox."""

    id: UUID
    secret: bytes
    purpose: str


@dataclass
class Game:
    """The account, what was mailed where, and the intruder's way into it: its password."""

    admin: psycopg.Connection
    web: psycopg.Connection
    person: Person
    mailboxes: dict[str, list[Mail]] = field(default_factory=lambda: defaultdict(list))
    _way_in: tuple[bytes, bytes] | None = None

    def __post_init__(self) -> None:
        self._insert(OWNERS)

    def _insert(self, name: str) -> None:
        self.admin.execute(
            "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
            " is_primary, verified_at) VALUES (%s, %s, %s, 't1', true, clock_timestamp())",
            [self.person.account_id, _sealed(name), self.digest(name)],
        )

    def digest(self, name: str) -> bytes:
        """What an address is looked up by: another for each game."""
        return sha256(name.encode() + self.person.account_id.bytes)

    def addresses(self) -> dict[str, tuple[bool, bool]]:
        """What the account has: whether it is the primary one, whether it is confirmed."""
        return {
            _name(row["sealed"]): (row["is_primary"], row["is_confirmed"])
            for row in ask(
                self.admin,
                "SELECT sealed, is_primary, verified_at IS NOT NULL AS is_confirmed"
                " FROM vault.email_addresses WHERE account_id = %s AND removed_at IS NULL",
                self.person.account_id,
            )
        }

    def _id(self, name: str) -> UUID:
        found = ask(
            self.admin,
            "SELECT id FROM vault.email_addresses WHERE account_id = %s AND sealed = %s"
            " AND removed_at IS NULL",
            *(self.person.account_id, _sealed(name)),
        )
        return found[0]["id"] if found else uuid4()

    def play(self, move: str) -> None:
        """One move of the intruder's, such as ``add X``; it may well be refused."""
        what, _, name = move.partition(" ")
        moves: dict[str, Callable[[str], Any]] = {
            "add": self._add,
            "confirm": lambda name: self.use(name, "confirm"),
            "primary": lambda name: self._change("set_primary_address", name),
            "remove": lambda name: self._change("remove_address", name),
            "reset": self._reset,
            "undo": lambda name: self.use(name, "undo"),
            "first-undo": lambda name: self.use(name, "undo", which=0),
            "disown": lambda name: self.use(name, "disown"),
            "sign-in": lambda _: self._sign_in(),
        }
        moves[what](name)
        self.deliver()

    def _sign_in(self) -> tuple[bytes, bytes]:
        session, proof = reauthenticated(self.web, self.person)
        self._way_in = session, proof.secret
        return self._way_in

    def _proofs(self) -> tuple[bytes, bytes]:
        """The intruder's session and a fresh proof in it, made anew where they ended."""
        alive = "SELECT FROM api.resume_session_v1(%s)"
        if self._way_in is None or not self.web.execute(alive, [self._way_in[0]]).fetchall():
            return self._sign_in()
        return self._way_in

    def _add(self, name: str) -> None:
        digest = self.digest(name)
        given = (*self._proofs(), uuid4(), _sealed(name), digest, "t1", [digest], random_32(), "en")
        call(self.web, "api.add_address_v1", *given, *ORIGIN)

    def _change(self, function: str, name: str) -> None:
        given = (*self._proofs(), self._id(name), "en", *ORIGIN)
        call(self.web, f"api.{function}_v1", *given)

    def ask_for_reset(self, name: str) -> None:
        """Somebody asks by address, and the worker answers."""
        asked = (None, [self.digest(name)], random_32(), "en", *ORIGIN)
        assert call(self.web, "api.request_reset_v1", *asked)["status"] == "asked"
        for row in ask(self.admin, "SELECT id FROM vault.outbox WHERE kind = 'reset_request'"):
            found = ask(self.admin, "SELECT * FROM api.reset_request_v1(%s)", row["id"])
            meant = [one["address_id"] for one in found]
            call(self.admin, "api.answer_reset_v1", row["id"], meant, [0] * len(meant))
        self.deliver()

    def _reset(self, name: str) -> None:
        """A new password, which the intruder alone knows."""
        self.ask_for_reset(name)
        attempt, tag = random_32(), random_32()
        if self.use(name, "reset", attempt=attempt) == "right":
            password = (random_32()[:16], 19456, 2, 1, "t1", tag, random_32())
            call(self.web, "api.reset_password_v1", attempt, *password, "en", *ORIGIN)
            self.person = replace(self.person, tag=tag)

    def use(self, name: str, purpose: str, *, which: int = -1, attempt: bytes = b"") -> str:
        """Redeems a token that came to a mailbox: the latest of that purpose, or another one."""
        mails = [mail for mail in self.mailboxes[name] if mail.purpose == purpose]
        return self.redeem(mails[which], attempt=attempt) if mails else "none"

    def redeem(self, mail: Mail, *, attempt: bytes = b"") -> str:
        """What comes of a token, by whoever has it and knows the name."""
        mine = (mail.id, mail.secret)
        given: dict[str, tuple[str, tuple[Any, ...]]] = {
            "reset": ("redeem_reset", (None, self.person.username, sha256(attempt))),
            "confirm": ("confirm_address", (None, self.person.username, random_32(), "t1")),
            "undo": ("restore_address", ("en",)),
            "disown": ("disown_session", ()),
        }
        function, more = given[mail.purpose]
        status: str = call(self.web, f"api.{function}_v1", *mine, *more, *ORIGIN)["status"]
        return status

    def worth_something(self, name: str) -> list[Mail]:
        """The tokens that came to a mailbox and would still do something, each tried and undone."""
        found = []
        for mail in self.mailboxes[name]:
            with self.web.transaction(force_rollback=True):
                if self.redeem(mail, attempt=random_32()) in _DONE:
                    found.append(mail)
        return found

    def deliver(self) -> None:
        """Brings all letters to their mailboxes; half an hour goes by."""
        letters = ask(
            self.admin,
            "UPDATE vault.outbox SET done_at = clock_timestamp()"
            " WHERE kind = 'letter' AND account_id = %s AND done_at IS NULL"
            " RETURNING sealed_address, payload",
            self.person.account_id,
        )
        for letter in letters:
            for token in letter["payload"].get("tokens", []):
                secret, code = random_32(), random_32()
                given = (token, sha256(secret), sha256(code), "t1", random_32(), "t1", random_32())
                if call(self.admin, "api.arm_token_v1", *given)["status"] == "armed":
                    [row] = ask(
                        self.admin, "SELECT purpose FROM vault.mailed_tokens WHERE id = %s", token
                    )
                    mail = Mail(UUID(token), secret, row["purpose"])
                    self.mailboxes[_name(letter["sealed_address"])].append(mail)
        self.admin.execute(
            "UPDATE vault.mailed_tokens SET requested_at = requested_at - interval '30 minutes'"
        )
        self.admin.execute(
            "UPDATE vault.address_letters l SET sent = ARRAY(SELECT at - interval '30 minutes'"
            " FROM unnest(l.sent) WITH ORDINALITY AS s (at, n) ORDER BY n)"
        )


def _sealed(name: str) -> bytes:
    return name.encode() * 60


def _name(sealed: bytes) -> str:
    return sealed[:1].decode()
