"""What one wiki keeps: pages with their history, the people it has met, their sessions here."""

from typing import ClassVar

from django.db import models
from django.urls import reverse


class Account(models.Model):
    """A person as this wiki knows them; the pair of issuer and `sub` is the key, never the name.

    `epoch` is the highest of theirs that was seen: what carries a lower one has ended.
    """

    iss = models.CharField(max_length=255)
    sub = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    last_sign_in = models.DateTimeField()
    epoch = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[models.Manager["Account"]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["iss", "sub"], name="account_iss_sub")]

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """One browser signed in here; the browser holds the secret, the row only its SHA-256.

    `claims` are those of the access token; with the refresh token this server asks the auth site
    whether the session goes on (`confirmed_at`: it said so; `failed_at`: it did not answer).
    """

    digest = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    sid = models.CharField(max_length=255, blank=True, db_index=True)
    claims = models.JSONField(default=dict)
    refresh_token = models.TextField(blank=True)
    id_token = models.TextField()
    confirmed_at = models.PositiveBigIntegerField(default=0)
    failed_at = models.PositiveBigIntegerField(null=True)
    version = models.PositiveBigIntegerField(default=1)
    created = models.DateTimeField()
    expires = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["Session"]] = models.Manager()

    def __str__(self) -> str:
        return f"session since {self.created}"


class LogoutToken(models.Model):
    """A logout token that was obeyed, when it was signed: done once, and remembered meanwhile.

    It ends late sign-ins, too. Without a `sid` it named all sessions of its `sub`.
    """

    iss = models.CharField(max_length=255)
    jti = models.CharField(max_length=255)
    sid = models.CharField(max_length=255, blank=True, db_index=True)
    sub = models.CharField(max_length=255, blank=True, db_index=True)
    at = models.PositiveBigIntegerField(default=0)
    expires = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["LogoutToken"]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["iss", "jti"], name="logout_token_jti")]

    def __str__(self) -> str:
        return self.jti


class Seen(models.Model):
    """One row: the highest epoch of the auth site and the latest time that this wiki has seen."""

    site_epoch = models.PositiveBigIntegerField(default=0)
    latest_time = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[models.Manager["Seen"]] = models.Manager()

    def __str__(self) -> str:
        return f"epoch {self.site_epoch}"


class Page(models.Model):
    """One page by its title; its text is that of the newest revision."""

    title = models.CharField(max_length=120, unique=True)

    objects: ClassVar[models.Manager["Page"]] = models.Manager()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The address where the page is read."""
        return reverse("read", args=[self.slug])

    @property
    def slug(self) -> str:
        """The title as it stands in addresses."""
        return self.title.replace(" ", "_")


class Revision(models.Model):
    """One saved text of a page and who saved it; the wiki's first pages have no author."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    summary = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Revision"]] = models.Manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="revision_page_number")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class Draft(models.Model):
    """A text typed while the session ended, kept for that browser until it has signed in again."""

    digest = models.CharField(max_length=64, primary_key=True)
    title = models.CharField(max_length=120)
    base = models.PositiveIntegerField()
    text = models.TextField()
    summary = models.CharField(max_length=200, blank=True)
    expires = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["Draft"]] = models.Manager()

    def __str__(self) -> str:
        return self.title
