"""Pages and their history: titles, reading, saving, differences, and drafts kept over a sign-in."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from . import cookies
from .models import Account, Draft, Page, Revision

MAX_TITLE = 120
MAX_TEXT = 100_000
MAX_SUMMARY = 200
_DRAFT_KEPT = timedelta(hours=2)
_FORBIDDEN = re.compile(r"[#<>\[\]|{}/\\?\x00-\x1f\x7f]")


class InvalidTitle(ValueError):
    """No page can have this title."""


class EditConflict(Exception):
    """Somebody saved the page after this text was begun."""


@dataclass(frozen=True)
class Typed:
    """What a person typed into the edit form, and the revision they began from."""

    base: int
    text: str
    summary: str


@dataclass(frozen=True)
class DiffLine:
    """One line of a difference; `kind` is same, added, removed or gap."""

    kind: str
    text: str


def clean_title(raw: str) -> str:
    """The title as it is kept: `_` is a space, the first letter is upper case.

    Raises InvalidTitle.
    """
    title = " ".join(raw.replace("_", " ").split())
    if not title or len(title) > MAX_TITLE or _FORBIDDEN.search(title):
        raise InvalidTitle(raw)
    return title[0].upper() + title[1:]


def newest(title: str) -> Revision | None:
    """The text to read under a clean title, or None where there is no page."""
    return (
        Revision.objects.select_related("page", "author")
        .filter(page__title=title)
        .order_by("-number")
        .first()
    )


def listed() -> QuerySet[Any]:
    """All pages by title; each knows when it was `changed` last."""
    return Page.objects.annotate(changed=Max("revisions__at"))


def save(*, title: str, typed: Typed, author: Account | None) -> Revision:
    """Saves a new revision by `author`; an unchanged text saves nothing and returns the newest.

    Raises EditConflict unless `typed.base` still is the newest revision's number.
    """
    with transaction.atomic():
        page, _ = Page.objects.get_or_create(title=title)
        last = newest(title)
        number = last.number if last else 0
        if number != typed.base:
            raise EditConflict
        if last is not None and last.text == typed.text:
            return last
        return Revision.objects.create(
            page=page,
            number=number + 1,
            text=typed.text,
            summary=typed.summary,
            author=author,
            at=timezone.now(),
        )


def seed(*, title: str, text: str) -> None:
    """Writes one of the wiki's first pages, unless the page is there."""
    if newest(title) is None:
        save(title=title, typed=Typed(base=0, text=text.strip(), summary=""), author=None)


def existing(titles: set[str]) -> set[str]:
    """Those of the titles under which there is something to read."""
    return set(Page.objects.filter(title__in=titles).values_list("title", flat=True))


def difference(*, old: str, new: str) -> Iterator[DiffLine]:
    """The lines that changed, with two lines around them."""
    kinds = {" ": "same", "+": "added", "-": "removed", "@": "gap"}
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm="")
    for index, line in enumerate(lines):
        if index < 2:
            continue
        kind = kinds[line[0]]
        yield DiffLine(kind=kind, text="" if kind == "gap" else line[1:])


def keep_draft(*, title: str, typed: Typed) -> str:
    """Keeps a typed text; returns the secret by which its browser gets it back."""
    secret = cookies.new_secret()
    Draft.objects.create(
        digest=cookies.digest(secret),
        title=title,
        base=typed.base,
        text=typed.text,
        summary=typed.summary,
        expires=timezone.now() + _DRAFT_KEPT,
    )
    return secret


def find_draft(*, secret: str | None, title: str) -> Typed | None:
    """The text that this browser typed for this page before it had to sign in, or None."""
    if not secret:
        return None
    draft = Draft.objects.filter(
        digest=cookies.digest(secret), title=title, expires__gt=timezone.now()
    ).first()
    if draft is None:
        return None
    return Typed(base=draft.base, text=draft.text, summary=draft.summary)


def drop_draft(secret: str) -> None:
    """Forgets a kept text, once it is saved."""
    Draft.objects.filter(digest=cookies.digest(secret)).delete()
