"""Links by which operators enrol a passkey at their own site. Owner only.

The pages behind them are the operator's site's; the console makes a link with a new operator.
"""

from typing import Final
from uuid import UUID

from django.conf import settings

from accounts.errors import NotAnOperator
from accounts.services.sessions import encoded
from vault import operator_passkeys

# Of the operator's site, whose URLs no other process has.
_PAGE: Final = "/admin/enrol/"


def invite_operator(account_id: UUID) -> str:
    """A new link for an operator; those that they had before are void.

    Its secret stands behind the ``#``, which browsers send nowhere. Raises ``NotAnOperator``,
    ``VaultUnavailable``.
    """
    token = operator_passkeys.invite(account_id)
    if token is None:
        raise NotAnOperator
    return f"{settings.OPERATOR_URL}{_PAGE}#{encoded(token)}"
