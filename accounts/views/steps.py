"""Where a flow goes once something was proven: to the next proof, or to its end.

``next_step`` alone decides. Rooms above register the pages of their steps here at start-up, so that
this room need not know them.
"""

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from accounts.errors import ProofGone
from accounts.flow.destinations import destination_of
from accounts.flow.next_step import Step, next_proof, next_recovery, next_step
from accounts.flow.seal import Flow
from accounts.services.attempts import Attempt, plain
from accounts.services.trusted_browsers import spared
from accounts.views.flow_pages import finish_flow, finish_proof
from accounts.views.guards import origin_of

Presenter = Callable[[HttpRequest, Flow, Attempt], HttpResponse]
_presenters: dict[Step, Presenter] = {}


def register(step: Step, presenter: Presenter) -> None:
    """Names the page that a step shows; it is given the flow with the attempt sealed in."""
    _presenters[step] = presenter


def advance(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse | ProofGone:
    """Goes on with what was proven; an error for the page that proved it, where none can."""
    if attempt.purpose == "reauthenticate":
        step = next_proof(attempt.proofs, attempt.factors)
        if step is Step.FINISH:
            return finish_proof(request, flow, attempt)
    elif attempt.purpose == "recover":
        step = next_recovery(attempt.proofs, attempt.factors)
    else:
        attempt = spared(attempt, origin_of(request))
        demand = destination_of(flow.destination).demand(flow.request)
        step = next_step(attempt.proofs, attempt.factors, demand)
        if step is Step.FINISH:
            return finish_flow(request, flow, attempt, kept=flow.kept)
    presenter = _presenters.get(step)
    if presenter is None:  # not even a first proof: a passkey that did not know its user
        return ProofGone()
    return presenter(request, replace(flow, attempt=plain(attempt), challenge=None), attempt)
