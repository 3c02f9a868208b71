"""The end of a flow: the attempt becomes a session, and the flow's destination is called."""

from accounts.errors import SecondFactorNeeded
from accounts.flow.destinations import Exit, destination_of
from accounts.flow.next_step import Step, next_step
from accounts.flow.seal import Flow
from accounts.services.attempts import Attempt
from accounts.services.sessions import Origin, Session, open_session


class FlowUnfinished(Exception):
    """Finishing was asked for before everything was proven: a bug, never let through."""


def finish(
    flow: Flow,
    attempt: Attempt,
    *,
    kept: bool,
    origin: Origin,
    old: Session | None,
    proof: Attempt | None = None,
) -> Session:
    """Opens the session of a flow to which nothing is missing.

    Raises ``ProofGone``, ``SecondFactorNeeded`` where the account holds one, and ``SignInClosed``.

    ``old`` is the session that this browser had: it goes on under a new secret if it is the same
    person's, and ends otherwise. ``proof`` becomes a fresh proof within the session.
    """
    demand = destination_of(flow.destination).demand(flow.request)
    step = next_step(attempt.proofs, attempt.factors, demand)
    if step is Step.SECOND_FACTOR:
        raise SecondFactorNeeded
    if step is not Step.FINISH:
        raise FlowUnfinished
    return open_session(
        attempt, kept=kept, agent_label=origin.agent, origin=origin, old=old, proof=proof
    )


def leave_to(flow: Flow, session: Session, origin: Origin) -> Exit:
    """Calls the flow's destination; gives where the browser goes."""
    return destination_of(flow.destination).complete(session, flow.request, origin)
