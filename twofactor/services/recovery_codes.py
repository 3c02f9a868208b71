"""Making and replacing one's own recovery codes: none counts before one was typed back."""

import hmac

from accounts.errors import ProofGone
from accounts.services.attempts import Attempt
from accounts.services.sessions import Origin, Session
from twofactor.errors import NotOneOfThese
from vault import recovery_codes
from vault.codes import normal_form
from vault.recovery_codes import new_codes

__all__ = ["check_kept", "confirm_codes", "new_codes"]


def check_kept(codes: tuple[str, ...], typed: str) -> None:
    """Checks that one of the codes was typed back. Raises ``NotOneOfThese``."""
    given = normal_form(typed).encode("utf-8", "surrogatepass")
    fits = [hmac.compare_digest(normal_form(code).encode(), given) for code in codes]
    if not any(fits):
        raise NotOneOfThese


def confirm_codes(
    session: Session,
    proof: Attempt,
    codes: tuple[str, ...],
    typed: str,
    *,
    language: str,
    origin: Origin,
    ends_others: bool = True,
) -> None:
    """Stores new codes once one of them was typed back, which is not used up; old ones are void.

    The person's other sessions end, unless told not to.

    Raises ``NotOneOfThese``, ``ProofGone``, ``VaultUnavailable``, ``HashingBusy``.
    """
    check_kept(codes, typed)
    done = recovery_codes.replace(
        session, proof, language=language, origin=origin, codes=codes, ends_others=ends_others
    )
    if done.status != "replaced":
        raise ProofGone
