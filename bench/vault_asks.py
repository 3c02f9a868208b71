"""Asks the vault about passwords as the web role does, with tags that cost nothing to compute.

So it is the database's work that is measured. The two statements are those of vault/passwords.py;
which account has which tag is said in vault_filling.sql.
"""

import hashlib
import random
import secrets
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg.rows import DictRow, dict_row

_CHALLENGE: Final = "SELECT * FROM api.password_challenge_v1(%(username)s)"
_PROVE: Final = (
    "CALL api.prove_password_v1(%(username)s, %(tag)s, %(purpose)s, %(attempt_hash)s,"
    " %(session)s, %(network)s, %(agent)s, %(device)s)"
)
_UNKNOWN = 0.1  # of all asks; the others are right and wrong by halves


class UnexpectedAnswer(Exception):
    """The vault judged a guess otherwise than it should have; the message says how."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One guess: whose (a number beyond the accounts is nobody), and whether it is right."""

    number: int
    kind: str


def draw(accounts: int, count: int) -> list[Ask]:
    """Draw asks spread evenly over all accounts."""
    chance = random.Random()  # noqa: S311 - which account is asked for is no secret
    asks = []
    for _ in range(count):
        number = chance.randint(1, accounts)
        if chance.random() < _UNKNOWN:
            asks.append(Ask(accounts + number, "unknown"))
        else:
            asks.append(Ask(number, chance.choice(("right", "wrong"))))
    return asks


@dataclass(slots=True)
class Asker:
    """One connection of the web role."""

    dsn: str = field(repr=False)
    answers: Counter[str] = field(default_factory=Counter)
    _connection: psycopg.Connection[DictRow] = field(init=False)

    def __post_init__(self) -> None:
        """Connect as the site does (vault/connection.py)."""
        self._connection = psycopg.connect(
            self.dsn, autocommit=True, prepare_threshold=0, row_factory=dict_row
        )
        self._connection.execute("SET enable_seqscan = off")

    def __call__(self, asks: Sequence[Ask]) -> None:
        """Ask all in turn; raises ``UnexpectedAnswer``."""
        for ask in asks:
            status = self._prove(ask)
            if status != ("right" if ask.kind == "right" else "wrong"):
                raise UnexpectedAnswer(f"a guess that is {ask.kind} was answered with {status}")
            self.answers[ask.kind] += 1

    def _prove(self, ask: Ask) -> str:
        username = "B" + _digest("name", ask.number).hex()[:15]
        self._row(_CHALLENGE, {"username": username})
        answer = self._row(
            _PROVE,
            {
                "username": username,
                "tag": _digest("tag" if ask.kind == "right" else "wrong tag", ask.number),
                "purpose": "sign_in",
                "attempt_hash": secrets.token_bytes(32),
                "session": None,
                "network": "192.0.2.0/24",
                "agent": "Firefox on Linux",
                # Owners come with the browser that they came with before; strangers with another.
                "device": _digest("device" if ask.kind == "right" else "stranger", ask.number),
            },
        )
        status: str = answer["status"]
        return status

    def _row(self, statement: str, parameters: dict[str, Any]) -> DictRow:
        [row] = self._connection.execute(statement, parameters, prepare=True).fetchall()
        return row

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def ask_all(askers: Sequence[Asker], asks: Sequence[Ask]) -> None:
    """Ask over all connections at the same time."""
    with ThreadPoolExecutor(len(askers)) as pool:
        lanes = [pool.submit(asker, asks[lane :: len(askers)]) for lane, asker in enumerate(askers)]
        for lane in lanes:
            lane.result()


def _digest(what: str, number: int) -> bytes:
    return hashlib.sha256(f"{what} {number}".encode()).digest()
