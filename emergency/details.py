"""What the pages of one account and one wiki tell besides its row: the vault's views of it.

As in ``emergency/models.py``; the views are in ``vault/sql/functions/operator_views.sql``.
"""

from datetime import datetime
from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models

from emergency.models import Wiki

MOST_COUNTED: Final = 1000  # of what has not reached a wiki: see views.wiki_calls


class Factor(models.Model):
    """How many of one kind an account proves itself by, and since when: never which."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Factor"]] = models.Manager()

    # The view has a row for each account and kind, which is all that is asked for.
    account_id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    count = models.BigIntegerField()
    added_at = ArrayField(models.DateTimeField())

    class Meta:
        managed = False
        db_table = '"views"."factors"'

    def __str__(self) -> str:
        """Its kind."""
        return self.kind


class Logout(models.Model):
    """A wiki of a session that ended within the hour, and what became of telling it."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Logout"]] = models.Manager()

    id = models.TextField(primary_key=True)
    account_id = models.UUIDField()
    sid = models.UUIDField()
    agent_label = models.TextField()
    ended_at = models.DateTimeField()
    client_id = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    wiki = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    state = models.TextField()
    last_error = models.TextField(null=True)  # noqa: DJ001 - the view's NULL

    class Meta:
        managed = False
        db_table = '"views"."logouts"'

    def __str__(self) -> str:
        """The wiki, and what became of telling it."""
        return f"{self.wiki}: {self.state}"


class Letter(models.Model):
    """A letter to an account: never where it went, nor what it said."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["Letter"]] = models.Manager()

    id = models.BigIntegerField(primary_key=True)
    account_id = models.UUIDField()
    template = models.TextField()
    reference = models.TextField()
    created_at = models.DateTimeField()
    state = models.TextField()
    done_at = models.DateTimeField(null=True)
    buried_at = models.DateTimeField(null=True)
    last_error = models.TextField(null=True)  # noqa: DJ001 - the view's NULL

    class Meta:
        managed = False
        db_table = '"views"."letters"'

    def __str__(self) -> str:
        """Its reference."""
        return self.reference


class WikiCalls(models.Model):
    """When a wiki last did what, and what became of the logouts that it is told of."""

    in_vault: ClassVar[bool] = True
    objects: ClassVar[models.Manager["WikiCalls"]] = models.Manager()

    wiki = models.OneToOneField(
        Wiki,
        primary_key=True,
        db_column="client_id",
        on_delete=models.DO_NOTHING,
        related_name="calls",
    )
    issued_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_why = models.TextField(null=True)  # noqa: DJ001 - the view's NULL
    told_at = models.DateTimeField(null=True)
    waiting = models.IntegerField()
    given_up = models.IntegerField()
    last_error = models.TextField(null=True)  # noqa: DJ001 - the view's NULL

    class Meta:
        managed = False
        db_table = '"views"."wiki_calls"'

    def __str__(self) -> str:
        """Whose they are: the wiki's client id."""
        return str(self.pk)

    @property
    def is_cut(self) -> bool:
        """Whether there may be more that have not reached it than were counted."""
        return self.waiting + self.given_up >= MOST_COUNTED

    @property
    def heard_at(self) -> datetime | None:
        """When somebody last signed in to it, or it redeemed a code or refreshed its tokens."""
        times = (self.issued_at, self.redeemed_at, self.refreshed_at)
        return max(filter(None, times), default=None)
