"""Says that an operator has seen an alert: it is closed, and what goes on counts anew."""

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import AlreadyAcknowledged
from vault import alerts


def acknowledge_alert(alert_id: int, reason: str, *, by: Operator) -> Done:
    """Acknowledges the alert; a reason may be given.

    Raises ``NotAllowed``, ``TargetUnknown``, ``AlreadyAcknowledged``, ``VaultUnavailable``.
    """
    outcome = alerts.acknowledge(alert_id, reason.strip(), by.session)
    return settle(outcome, done="acknowledged", already=AlreadyAcknowledged)
