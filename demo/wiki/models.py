"""What one wiki keeps: pages with their history, the people it has met, their sessions here."""

from typing import ClassVar

from django.db import models
from django.urls import reverse


class Account(models.Model):
    """A person as this wiki knows them; the pair of issuer and `sub` is the key, never the name."""

    iss = models.CharField(max_length=255)
    sub = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    last_sign_in = models.DateTimeField()

    objects: ClassVar[models.Manager["Account"]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["iss", "sub"], name="account_iss_sub")]

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """One browser signed in here; the browser holds the secret, the row only its SHA-256."""

    digest = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    sid = models.CharField(max_length=255, blank=True, db_index=True)
    id_token = models.TextField()
    created = models.DateTimeField()
    expires = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["Session"]] = models.Manager()

    def __str__(self) -> str:
        return f"session since {self.created}"


class LogoutToken(models.Model):
    """A logout token that was obeyed: refused when replayed, and remembered for late sign-ins."""

    iss = models.CharField(max_length=255)
    jti = models.CharField(max_length=255)
    sid = models.CharField(max_length=255, blank=True, db_index=True)
    expires = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["LogoutToken"]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["iss", "jti"], name="logout_token_jti")]

    def __str__(self) -> str:
        return self.jti


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
