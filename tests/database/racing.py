"""The same thing done by many threads at once, each with a connection of its own."""

import threading
from collections.abc import Callable
from typing import TypeVar

import psycopg

from tests.database.asking import Login

T = TypeVar("T")


def raced(
    times: int, login: Login, act: Callable[[psycopg.Connection], T], *, role: str = "web"
) -> list[T]:
    """Does ``act`` in that many threads at once, each with the role's login; gives all answers."""
    barrier = threading.Barrier(times)
    answers: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with login(role) as connection:
                barrier.wait(timeout=60)
                answers.append(act(connection))
        except BaseException as failure:  # noqa: BLE001 - handed to the test below
            failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if failures:
        raise failures[0]
    assert len(answers) == times
    return answers
