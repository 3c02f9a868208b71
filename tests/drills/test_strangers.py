"""The thieves are many: ten thousand addresses, one account, and all the patience of a day."""

from collections import Counter

import psycopg

from tests.database.asking import Login, call, judge, random_32, value
from tests.database.people import CHEAP, PASSWORD, attempt_of, sign_up
from tests.drills.loot import Loot
from vault import passwords, sessions
from vault.attempts import new_secret
from vault.events import Origin

ADDRESSES = 10_000


def _guess_from(web: psycopg.Connection, address: str) -> str:
    proposed = call(
        web,
        "api.propose_password_v1",
        *("Ada", random_32(), "sign_in", random_32(), None, address, "curl"),
    )
    if proposed["proposal"] is None:
        return str(proposed["status"])
    return str(judge(web, proposed["proposal"])["status"])


def test_strangers_at_ten_thousand_addresses_get_a_hundred_guesses_a_day(
    admin: psycopg.Connection, login: Login, settings: object, loot: Loot
) -> None:
    """However they are spread, however long they wait; and the owner gets in all the same."""
    for name, cheap in CHEAP.items():
        setattr(settings, name, cheap)
    ada = sign_up("Ada")
    device = new_secret()
    at_home = Origin("192.0.2.7/32", "Firefox on Linux", device)
    assert sessions.open_session(attempt_of(ada), kept=False, agent_label="", origin=at_home)
    heard: Counter[str] = Counter()
    with login("web") as web:
        for number in range(ADDRESSES):
            heard[
                _guess_from(web, f"198.{number // 65536}.{number // 256 % 256}.{number % 256}/32")
            ] += 1
            if number % 50 == 0:
                # As if they had waited out the delay, which they do all day long.
                admin.execute("UPDATE vault.guess_budgets SET next_at = NULL")
    assert heard["wrong"] == 100
    assert heard["wrong"] + heard["wait"] + heard["known_only"] == ADDRESSES
    loot.gained("a hundred guesses, whatever they bring; then none until the owner is back")
    stranger = passwords.prove("Ada", PASSWORD, purpose="sign_in", origin=Origin("", "", None))
    assert stranger.status in ("wait", "known_only")
    owner = passwords.prove("Ada", PASSWORD, purpose="sign_in", origin=at_home)
    assert owner.status == "right"
    loot.refused("keeping the owner out of a browser that was here before")
    assert value(admin, "SELECT count(*) FROM vault.guess_budgets") <= 2
    loot.refused("filling the disk: one row for the strangers, one for the known browser")


def test_strangers_guessing_at_names_that_nobody_has_fill_no_disk(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """Two bytes of a keyed digest are all that is kept of such a name: 65,536 rows at the most."""
    with login("web") as web:
        for number in range(500):
            call(
                web,
                "api.propose_password_v1",
                *(f"Nobody {number}", random_32(), "sign_in", random_32(), None, "", ""),
            )
    lengths = value(
        admin, "SELECT array_agg(DISTINCT octet_length(subject)) FROM vault.guess_budgets"
    )
    assert lengths == [2]
    loot.refused("more than 65,536 rows, whatever names they make up")
