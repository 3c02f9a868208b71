"""The flow, sealed in a hidden field: encrypted, for this browser, for half an hour.

See `sealing.py`. Tabs do not disturb each other, and none can be passed on.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings

from accounts.errors import FlowUnusable
from accounts.flow.sealing import decrypt, encrypt, is_of_browser, is_over

_USE = "flow"


@dataclass(frozen=True)
class Flow:
    """Where a flow leads: the destination's name, and the request that it keeps for itself.

    ``page`` says which page it began with; ``reauthenticate`` that a proof is wanted although the
    person may be signed in already; ``username`` what to fill in. Between two proofs, ``attempt``
    holds what was proven so far (its secret too: the seal encrypts), ``kept`` whether the session
    is to be kept, ``trust`` whether its owner trusts this browser, and ``platform`` whether the
    device says that it could hold a passkey. ``challenge`` is that of the page's ceremony
    (base64url), ``pending`` what waits to be confirmed.
    """

    destination: str
    request: dict[str, Any]
    page: str = "sign_in"
    reauthenticate: bool = False
    username: str = ""
    attempt: dict[str, Any] | None = None
    kept: bool = False
    trust: bool = False
    platform: bool = False
    challenge: str | None = None
    pending: dict[str, Any] | None = None

    def anew(self) -> "Flow":
        """The same flow with nothing proven."""
        begun = Flow(self.destination, self.request)
        return replace(
            begun, page=self.page, reauthenticate=self.reauthenticate, username=self.username
        )


class FlowExpired(FlowUnusable):
    """It waited too long; ``flow`` says where the person was going."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow


class FlowOfAnotherBrowser(FlowUnusable):
    """It was made for another browser, or that browser's cookie is gone."""

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow


def seal(flow: Flow, browser: str) -> str:
    """Seals a flow for the browser whose binding cookie has this value."""
    return encrypt(_USE, browser, settings.FLOW_SECONDS, {"flow": asdict(flow)})


def unseal(sealed: str, browser: str | None, *, now: float | None = None) -> Flow:
    """Opens a flow that this site sealed for this browser.

    Raises ``FlowExpired`` or ``FlowOfAnotherBrowser`` (both say where it led), ``FlowUnusable``
    for everything that is not ours.
    """
    claims = decrypt(_USE, sealed)
    try:
        flow = Flow(**claims["flow"])
    except TypeError:  # sealed by a release that kept something else
        raise FlowUnusable from None
    if not is_of_browser(claims, browser):
        raise FlowOfAnotherBrowser(replace(flow.anew(), username=""))
    if is_over(claims, now):
        raise FlowExpired(flow.anew())
    return flow
