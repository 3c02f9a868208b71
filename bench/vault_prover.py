"""One lane of password checks in a process of its own: the web role's, with its keys and no more.

Reads one JSON object a line from standard input, {"work": "prove" or "argon2", "seconds": number},
and answers each with one line: how many were done, in how many seconds on the clock and of CPU.
The first line is {"usernames": [...], "password": "..."}.
"""

import itertools
import json
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import django
from argon2.low_level import Type, hash_secret_raw

from vault.events import Origin
from vault.hashing import SALT_BYTES, TAG_BYTES, Cost
from vault.passwords import prove

_ORIGIN = Origin(network="192.0.2.0/24", agent="Firefox on Linux")


def main() -> int:
    """Work until standard input ends."""
    django.setup()
    given = json.loads(sys.stdin.readline())
    works = {
        "prove": _proving(given["usernames"], given["password"]),
        "argon2": _bare_argon2,
    }
    for line in sys.stdin:
        wanted = json.loads(line)
        print(json.dumps(_timed(works[wanted["work"]], wanted["seconds"])), flush=True)
    return 0


def _timed(act: Callable[[], str], seconds: float) -> dict[str, Any]:
    answers: Counter[str] = Counter()
    cpu, began = time.process_time(), time.monotonic()
    while time.monotonic() - began < seconds:
        answers[act()] += 1
    return {
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "answers": answers,
    }


def _proving(usernames: list[str], password: str) -> Callable[[], str]:
    """One whole check a call: right and wrong in turn, over all names."""
    guesses: Iterator[tuple[str, str]] = itertools.cycle(
        [(name, guess) for name in usernames for guess in (password, "not " + password)]
    )

    def check() -> str:
        username, guess = next(guesses)
        return prove(username, guess, purpose="sign_in", origin=_ORIGIN).status

    return check


def _bare_argon2() -> str:
    """The least that a check can be: the same function of the same library, and nothing else."""
    cost = Cost.today()
    hash_secret_raw(
        secrets.token_bytes(32),
        secrets.token_bytes(SALT_BYTES),
        time_cost=cost.time_cost,
        memory_cost=cost.memory_kib,
        parallelism=cost.parallelism,
        hash_len=TAG_BYTES,
        type=Type.ID,
    )
    return "hashed"


if __name__ == "__main__":
    sys.exit(main())
