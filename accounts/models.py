"""Account: a face on what the vault answers. Its row is a mirror for tables that need one."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Account(models.Model):
    """A mirror row: the admin's log and django-otp point at it, and it decides nothing.

    ``operator_level`` is set by the operator's middleware from the vault, for one request.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    username = models.CharField(_("user name"), max_length=255, unique=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    is_anonymous = False
    is_authenticated = True
    operator_level: str | None = None

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        """The user name."""
        return self.username

    def get_username(self) -> str:
        """The user name, as Django asks for it."""
        return self.username

    @property
    def is_active(self) -> bool:
        """Whether this is an operator in a live session, by the vault; the row says nothing."""
        return self.operator_level is not None

    @property
    def is_staff(self) -> bool:
        """As ``is_active``: who may see the operator's site is decided by the vault alone."""
        return self.operator_level is not None

    def has_perm(self, perm: str, _obj: object = None) -> bool:
        """Operators may view; what changes anything is an action of its own, by level."""
        return self.operator_level is not None and perm.partition(".")[2].startswith("view_")

    def has_module_perms(self, _app_label: str) -> bool:
        """Operators may see every page that they have."""
        return self.operator_level is not None
