"""Whether a wiki is connected as it should be: what can be tried from here, tried.

One module a subject, one finding a line. Nothing secret is sent: of a wiki's own secrets this site
has none, and what is posted to it is worthless on purpose.
"""

from collections.abc import Iterator

from sso.errors import WikiAmbiguous, WikiUnknown
from sso.services.wiki_checks import addresses, backchannel, calls, clock, keys, registration
from sso.services.wiki_checks.findings import Finding
from sso.services.wiki_checks.probe import Probe
from vault import wikis
from vault.wikis import Calls, Wiki

__all__ = ["Finding", "check", "find"]


def find(called: str) -> tuple[Wiki, Calls]:
    """The wiki of that client id, or of that name if only one has it, and its last calls.

    Raises ``WikiUnknown``, ``WikiAmbiguous``, ``VaultUnavailable``.
    """
    found = wikis.called(called)
    of_id = [one for one in found if one.client_id == called] or found
    if len(of_id) > 1:
        raise WikiAmbiguous(called, [one.client_id for one in of_id])
    registered = wikis.registered(of_id[0].client_id) if of_id else None
    if registered is None:
        raise WikiUnknown(called)
    return registered[0], of_id[0]


def check(wiki: Wiki, last: Calls, probe: Probe | None = None) -> Iterator[Finding]:
    """Every finding, as it is made: the addresses first, which take the longest."""
    probe = probe or Probe()
    yield from addresses.front_page(wiki, probe)
    yield from addresses.redirect_uris(wiki, probe)
    yield from addresses.post_logout_redirect_uris(wiki, probe)
    yield from backchannel.logout_uri(wiki, probe)
    yield from keys.given(wiki, probe)
    yield from clock.of(probe)
    yield from registration.of(wiki, last.state_reason)
    yield from calls.of(wiki, last)
