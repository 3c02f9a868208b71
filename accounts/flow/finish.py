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
    flow: Flow, attempt: Attempt, *, kept: bool, origin: Origin, old: Session | None
) -> tuple[Session, Exit]:
    """Opens the session and gives where the browser goes.

    Raises ``ProofGone``, and ``SecondFactorNeeded`` where the account holds one.

    ``old`` is the session that this browser had: it goes on under a new secret if it is the same
    person's, and ends otherwise.
    """
    step = next_step(attempt.amr, attempt.factors)
    if step is Step.SECOND_FACTOR:
        raise SecondFactorNeeded
    if step is not Step.FINISH:
        raise FlowUnfinished
    session = open_session(attempt, kept=kept, agent_label=origin.agent, origin=origin, old=old)
    return session, destination_of(flow.destination).complete(session, flow.request, origin)
