"""Whatever an intruder does to the addresses of an account, in whatever order: its owner undoes it.

The intruder knows the password and reads two mailboxes; the owner reads one, and does nothing until
the end. See ``tests/database/undo_game.py``.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from uuid import uuid4

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.database.asking import a_person
from tests.database.undo_game import OWNERS, Game
from tests.properties.odd_requests import unhurried

Login = Callable[[str], AbstractContextManager[psycopg.Connection]]
MOVES = [
    f"{what} {name}"
    for what, names in {
        "add": "XY",
        "confirm": "XY",
        "primary": "AXY",
        "remove": "AXY",
        "reset": "XY",
        "undo": "XY",
        "first-undo": "XY",
        "disown": "XY",
    }.items()
    for name in names
]
# A way in takes three moves: given as one, more of what is drawn does something.
TAKEN = ["add X", "confirm X", "primary X"]
plans = st.lists(
    st.one_of(
        st.sampled_from(MOVES).map(lambda move: [move]),
        st.just(TAKEN),
        st.just([move.replace("X", "Y") for move in TAKEN]),
        st.just(["add X", "confirm X", "remove X"]),
    ),
    max_size=10,
).map(lambda parts: [move for part in parts for move in part])


@pytest.fixture
def begin(admin: psycopg.Connection, login: Login) -> Iterator[Callable[[], Game]]:
    """A new account, with an address that its owner has confirmed."""
    with ExitStack() as stack:
        web = stack.enter_context(login("web"))
        yield lambda: Game(admin, web, a_person(web, f"Ada {uuid4().hex[:12]}"))


@settings(unhurried, max_examples=60)
@given(plans, st.booleans())
@example([*TAKEN, "remove A", "reset X", "add Y", "confirm Y", "primary Y", "undo X"], False)
# An undo of a small change, kept for later: it must not undo the owner's undo.
@example(["add X", "confirm X", "remove X", "add Y", "confirm Y", "primary Y"], True)
@example(["add X", "confirm X", "remove X", "undo X"], False)
@example([*TAKEN, "primary A", "primary X", "remove A"], False)
@example([*TAKEN, "primary A", "undo X", "first-undo X"], True)
def test_owner_of_the_first_address_has_the_last_word(
    begin: Callable[[], Game], plan: list[str], latest: bool
) -> None:
    """As long as its letters are young: after each move there is a way back, and it leads back."""
    game = begin()
    for move in plan:
        game.play(move)
        undos = [mail for mail in game.worth_something(OWNERS) if mail.purpose == "undo"]
        assert undos or game.addresses()[OWNERS] == (True, True)
    if undos := [mail for mail in game.worth_something(OWNERS) if mail.purpose == "undo"]:
        assert game.redeem(undos[-1 if latest else 0]) == "restored"
        game.deliver()
        assert game.addresses() == {OWNERS: (True, True)}
        for name in "XY":
            assert game.worth_something(name) == []
            before = len(game.mailboxes[name])
            game.ask_for_reset(name)
            assert len(game.mailboxes[name]) == before
        game.ask_for_reset(OWNERS)
        assert "reset" in {mail.purpose for mail in game.worth_something(OWNERS)}
