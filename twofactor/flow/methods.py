"""By which of an account's factors a flow gets further, the most phishing-resistant first."""

from typing import Final, Literal

from accounts.flow.destinations import destination_of
from accounts.flow.next_step import Step, next_proof, next_recovery, next_step
from accounts.flow.seal import Flow
from accounts.services.attempts import Attempt

Method = Literal["passkey", "totp", "recovery_code"]
# In the order to offer them: which factor (the vault's words) each shows, and what is then proven.
# Of a passkey the lesser proof is taken: after a password it need not know its user.
METHODS: Final[dict[Method, tuple[str, str]]] = {
    "passkey": ("passkey", "hwk"),
    "totp": ("totp", "totp"),
    "recovery_code": ("recovery_codes", "recovery_code"),
}


def methods_of(flow: Flow, attempt: Attempt) -> list[Method]:
    """What the attempt's account can be asked for, as far as it leads on."""
    return [
        method
        for method, (factor, proof) in METHODS.items()
        if factor in attempt.factors and _leads_on(flow, attempt, proof)
    ]


def _leads_on(flow: Flow, attempt: Attempt, proof: str) -> bool:
    proofs = (*attempt.proofs, proof)
    if attempt.purpose == "reauthenticate":
        return next_proof(proofs, attempt.factors) is not Step.SECOND_FACTOR
    if attempt.purpose == "recover":
        return next_recovery(proofs, attempt.factors) is not Step.SECOND_FACTOR
    demand = destination_of(flow.destination).demand(flow.request)
    return next_step(proofs, attempt.factors, demand) is not Step.SECOND_FACTOR
