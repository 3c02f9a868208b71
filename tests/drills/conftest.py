"""What every drill shares: a list of what the thief got, printed when it is over (pytest -s)."""

import sys
from collections.abc import Iterator

import pytest

from tests.drills.loot import Loot
from tests.web.conftest import ada, add_wiki, browser, wiki

__all__ = ["ada", "add_wiki", "browser", "loot", "wiki"]


@pytest.fixture
def loot(request: pytest.FixtureRequest) -> Iterator[Loot]:
    """Where a drill writes down what was gained and what was refused."""
    found = Loot(str(request.node.name))
    yield found
    sys.stdout.write(found.report())
