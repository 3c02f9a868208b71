"""What is enough to come in, and to change what protects an account: said by the vault and by web.

The vault has the last word, and both say the same of every set of proofs and factors there can be.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import product

import psycopg
import pytest

from accounts.flow.next_step import Step, next_proof, next_step
from tests.database.asking import Person, a_person, value
from tests.database.factors import a_passkey, an_app, some_codes
from tests.properties.next_step_promises import FACTORS, PROOFS, Proofs, possible, subsets


@pytest.fixture
def web(
    vault: None, login: Callable[[str], AbstractContextManager[psycopg.Connection]]
) -> Iterator[psycopg.Connection]:
    """The web role's own connection."""
    with login("web") as connection:
        yield connection


@pytest.fixture
def people(admin: psycopg.Connection, web: psycopg.Connection) -> dict[Proofs, Person]:
    """Somebody for each set of factors that an account can hold."""
    made = {}
    for number, factors in enumerate(subsets(FACTORS)):
        person = made[factors] = a_person(web, f"Holder {'abcdefgh'[number]}")
        if "passkey" in factors:
            a_passkey(admin, person)
        if "totp" in factors:
            an_app(admin, person)
        if "recovery_codes" in factors:
            some_codes(admin, person)
    return made


def test_vault_and_flow_ask_for_the_same(
    admin: psycopg.Connection, people: dict[Proofs, Person]
) -> None:
    """Neither lets in, or change anything, whom the other would not."""
    different = []
    for proofs, (factors, person) in product(subsets(PROOFS), people.items()):
        if not possible(proofs):
            continue
        given = [person.account_id, sorted(proofs)]
        enough = value(admin, "SELECT vault.is_enough(%s, %s::text[])", *given)
        highest = value(admin, "SELECT vault.is_highest(%s, %s::text[])", *given)
        if enough != (next_step(proofs, factors) is Step.FINISH):
            different.append(("to come in", sorted(proofs), sorted(factors), enough))
        if highest != (next_proof(proofs, factors) is Step.FINISH):
            different.append(("to change something", sorted(proofs), sorted(factors), highest))
    assert different == []


def test_passkey_of_the_other_site_is_no_factor_here(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """An operator's passkey cannot be shown at the public site, so nothing there asks for it."""
    person = a_person(web, "Oda")
    a_passkey(admin, person, kind="operator")
    assert value(admin, "SELECT vault.factors_of(%s)", person.account_id) == []
