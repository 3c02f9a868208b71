"""How sure sign-ins to a wiki have to be: from the console to the operators' page."""

import json
from collections.abc import Callable

from tests.web.operator_site.place import Place

HOME = "https://en.wiki.example"


def test_least_level_given_at_the_console_is_shown_to_operators(
    place: Place, manage: Callable[..., str]
) -> None:
    """Who looks at a wiki sees what nobody gets past there."""
    options = ("--redirect-uri", f"{HOME}/callback", "--first-party", "--least-acr", "aal2")
    made = json.loads(manage("owner", "addwiki", "English", "--json", *options))
    assert made["least_acr"] == "aal2"
    page = place.signed_in("Looker").get(f"/admin/wikis/{made['client_id']}/")
    assert "Least level aal2" in page.words
