"""What every error of this room is."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AccountError(Exception):
    """Something a person asked of their account cannot be done."""

    code: ClassVar[str] = "account_error"
    message: str | Promise = _("That did not work.")
    guidance: str | Promise | None = None

    def __str__(self) -> str:
        """Give the stable code: safe to log, the same in every language."""
        return self.code
