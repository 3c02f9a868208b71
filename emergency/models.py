"""What operators may look at: the vault's views, which hold no secret and take no writes.

Unmanaged: the views themselves are in ``vault/sql/functions/operators.sql``.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from emergency.words import job_words, lockout_words
from outbox.alert_words import MORE, WORDS, seen_words

if TYPE_CHECKING:
    from emergency.details import WikiCalls


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
    locked_until = models.DateTimeField(_("until"), null=True)
    sessions_rest = models.BooleanField(null=True)
    lock_told = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    lock_list = models.BigIntegerField(null=True)
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

    @property
    def is_locked_for_good(self) -> bool:
        """Whether it is locked without an end."""
        return self.is_locked and self.locked_until is None


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
    least_acr = models.TextField(_("least level"))
    default_acr_values = ArrayField(models.TextField(), verbose_name=_("levels asked for"))
    jwks = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    jwks_uri = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    assertion_alg = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    require_par = models.BooleanField()
    require_nonce = models.BooleanField()
    policy_uri = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    older_ends_at = models.BigIntegerField(null=True)
    if TYPE_CHECKING:
        calls: WikiCalls

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

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself by a secret."""
        return self.token_endpoint_auth_method.startswith("client_secret_")

    @property
    def older_secret_until(self) -> datetime | None:
        """Until when the secret before the present one is good too; None where it is not."""
        if self.older_ends_at is None:
            return None
        until = datetime.fromtimestamp(self.older_ends_at, UTC)
        return until if until > datetime.now(UTC) else None


class Lockout(models.Model):
    """What is, or was, closed by a lockout other than that of a single account."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Lockout"]] = models.Manager()

    id = models.BigIntegerField(primary_key=True)
    kind = models.TextField()
    subject = models.TextField()
    wiki = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    reason = models.TextField()
    placed_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    placed_by = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    lift_reason = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    accounts = models.IntegerField(null=True)
    is_overdue = models.BooleanField(null=True)

    class Meta:
        managed = False
        db_table = '"views"."lockouts"'

    def __str__(self) -> str:
        """What is closed."""
        return lockout_words(self.kind, self.accounts or 0, self.wiki or self.subject)


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
    network = models.TextField()

    class Meta:
        managed = False
        db_table = '"views"."sessions"'

    def __str__(self) -> str:
        """Its public id."""
        return str(self.sid)


class Alert(models.Model):
    """Something odd that the vault saw: how much of it, of what, since when."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Alert"]] = models.Manager()

    id = models.BigIntegerField(primary_key=True)
    kind = models.TextField(_("what"))
    subject = models.TextField()
    account_id = models.UUIDField(null=True)
    username = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    count = models.BigIntegerField(_("times"))
    detail = models.JSONField(_("details"))
    first_at = models.DateTimeField(_("since"))
    last_at = models.DateTimeField(_("last seen"))
    closed_at = models.DateTimeField(null=True)
    is_open = models.BooleanField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.TextField(null=True)  # noqa: DJ001 - the view's NULL

    class Meta:
        managed = False
        db_table = '"views"."alerts"'
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")

    def __str__(self) -> str:
        """What it is about."""
        words = WORDS.get(self.kind)
        return str(words.title) if words else self.kind

    @property
    def seen(self) -> str:
        """What was seen, with its numbers."""
        return seen_words(self.kind, self.count, self.detail)

    @property
    def advice(self) -> str:
        """What to do about it."""
        words = WORDS.get(self.kind)
        return str(words.advice) if words else ""

    @property
    def more(self) -> str:
        """Says so where it stands for all that got no alert of their own."""
        return str(MORE) if self.subject == "more" else ""


class Job(models.Model):
    """Something that leaves the site, or was to: never to whom, nor what it says."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Job"]] = models.Manager()

    id = models.BigIntegerField(primary_key=True)
    kind = models.TextField(_("what"))
    state = models.TextField(_("state"))
    tries = models.IntegerField(_("tries"))
    created_at = models.DateTimeField(_("since"))
    not_before = models.DateTimeField(_("next try"))
    done_at = models.DateTimeField(_("sent"), null=True)
    buried_at = models.DateTimeField(_("given up"), null=True)
    last_error = models.TextField(_("last error"), null=True)  # noqa: DJ001 - the view's NULL

    class Meta:
        managed = False
        db_table = '"views"."outbox"'
        verbose_name = _("job of the outbox")
        verbose_name_plural = _("outbox")

    def __str__(self) -> str:
        """What it is, and its number."""
        return f"{job_words(self.kind)} {self.id}"

    @property
    def is_dead(self) -> bool:
        """Whether it was given up."""
        return self.state == "dead"


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
