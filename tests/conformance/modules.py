"""Marks the tests that are modules of the suite, and knows which those are."""

from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import pytest

from tests.conformance.decisions import decided
from tests.conformance.plans import Plan
from tests.conformance.suite import Suite

# Which modules have a test, by plan.
WRITTEN: Final[dict[Plan, set[str]]] = defaultdict(set)

_Test = Callable[..., None]


def module(name: str, *plans: Plan) -> Callable[[_Test], Any]:
    """Marks a test as the module of that name, to be run once for each of the plans.

    Its ``suite`` plays the conformance suite in that plan. When it is through, the conditions that
    it did not meet have to be those that docs/conformance.md decided on.
    """
    for plan in plans:
        WRITTEN[plan].add(name)
    runs = [pytest.param(plan, id=f"{name}-{plan.key}") for plan in plans]

    def mark(test: _Test) -> Any:
        @wraps(test)
        def run(suite: Suite, **fixtures: Any) -> None:
            test(suite=suite, **fixtures)
            assert suite.noted == decided().get((name, suite.plan), frozenset())

        return pytest.mark.parametrize("suite", runs, indirect=True)(run)

    return mark
