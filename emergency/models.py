"""What operators may look at: the vault's views, which hold no secret and take no writes.

Unmanaged: the views themselves are in ``vault/sql/functions/operators.sql``.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Account(models.Model):
    """An account: its name and state, its live lock, and whether it is an operator's."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Account"]] = models.Manager()

    id = models.UUIDField(primary_key=True)
    username = models.TextField(_("user name"), unique=True)
    state = models.TextField(_("state"))
    created_at = models.DateTimeField(_("created"))
    operator_level = models.TextField(_("operator"), null=True)  # noqa: DJ001 - the view's NULL
    lock_reason = models.TextField(_("reason"), null=True)  # noqa: DJ001 - the view's NULL
    locked_at = models.DateTimeField(_("locked"), null=True)
    live_sessions = models.IntegerField(_("live sessions"))

    class Meta:
        managed = False
        db_table = '"views"."accounts"'
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        """The user name."""
        return self.username

    @property
    def is_locked(self) -> bool:
        """Whether an operator has locked it."""
        return self.state == "locked"


class Wiki(models.Model):
    """A wiki and its registration, without its secret."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Wiki"]] = models.Manager()

    client_id = models.TextField(_("client id"), primary_key=True)
    name = models.TextField(_("name"))
    state = models.TextField(_("state"))
    state_reason = models.TextField(_("reason"))
    first_party = models.BooleanField(_("the family's own"))
    home_uri = models.TextField(_("address"))
    redirect_uris = ArrayField(models.TextField(), verbose_name=_("redirect URIs"))
    post_logout_redirect_uris = ArrayField(
        models.TextField(), verbose_name=_("redirect URIs after sign-out")
    )
    backchannel_logout_uri = models.TextField(_("back-channel logout"), null=True)  # noqa: DJ001
    token_endpoint_auth_method = models.TextField(_("authentication at the token endpoint"))
    response_types = ArrayField(models.TextField(), verbose_name=_("response types"))
    require_pkce = models.BooleanField(_("requires PKCE"))
    id_token_alg = models.TextField(_("ID token signature"))
    scopes = ArrayField(models.TextField(), verbose_name=_("scopes"))
    created_at = models.DateTimeField(_("registered"))

    class Meta:
        managed = False
        db_table = '"views"."wikis"'
        verbose_name = _("wiki")
        verbose_name_plural = _("wikis")

    def __str__(self) -> str:
        """The name."""
        return self.name

    @property
    def is_suspended(self) -> bool:
        """Whether an operator has taken it out of service."""
        return self.state == "suspended"


class Session(models.Model):
    """A session of an account, without its secret."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Session"]] = models.Manager()

    sid = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    kind = models.TextField()
    agent_label = models.TextField()
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    kept = models.BooleanField()
    amr = ArrayField(models.TextField())
    ended_at = models.DateTimeField(null=True)
    is_live = models.BooleanField()
    wikis = ArrayField(models.TextField())

    class Meta:
        managed = False
        db_table = '"views"."sessions"'

    def __str__(self) -> str:
        """Its public id."""
        return str(self.sid)


class Event(models.Model):
    """A line of the audit trail."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Event"]] = models.Manager()

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(_("when"))
    tag = models.TextField(_("what"))
    account_id = models.UUIDField(_("account"), null=True)
    username = models.TextField(_("account"), null=True)  # noqa: DJ001 - the view's NULL
    client_id = models.TextField(_("wiki"), null=True)  # noqa: DJ001 - the view's NULL
    actor_id = models.UUIDField(null=True)
    actor = models.TextField(_("operator"), null=True)  # noqa: DJ001 - the view's NULL
    detail = models.JSONField(_("details"))

    class Meta:
        managed = False
        db_table = '"views"."events"'
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        """What happened."""
        return self.tag
