"""What goes wrong before the first module is told by the module that it belongs to."""

from dataclasses import replace

import pytest

from tests.conformance.later_uses import later_uses
from tests.conformance.plans import CODE
from tests.conformance.site import Site


def test_sign_in_that_fails_before_the_run_fails_no_other_module(site: Site) -> None:
    """The other modules' fixture begins the uses; only who asks for one hears what became of it."""
    with later_uses(replace(site, clients={})) as uses:
        for plan in CODE:
            with pytest.raises(KeyError, match="Conformance suite"):
                uses.of(plan)
