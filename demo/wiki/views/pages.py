"""Reading: the front page, the list of pages, one page, its history, one revision."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from demo.wiki import markup, pages, settings
from demo.wiki.models import Revision
from demo.wiki.words import say

from .guards import recognises_reader

# More than SQLite can hold cannot be asked for.
_MOST_REVISIONS = 2**31


@require_safe
@recognises_reader
def front(request: HttpRequest) -> HttpResponse:
    """The front page, at the wiki's own address."""
    return _read(request, say("front_page"))


@require_safe
@recognises_reader
def read(request: HttpRequest, slug: str) -> HttpResponse:
    """One page."""
    return _read(request, title_or_404(slug))


@require_safe
@recognises_reader
def index(request: HttpRequest) -> HttpResponse:
    """All pages, by title, with when each was changed last."""
    return render(request, "wiki/index.html", {"pages": pages.listed()})


@require_safe
@recognises_reader
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """Who changed a page, and when."""
    title = title_or_404(slug)
    revisions = list(
        Revision.objects.select_related("author").filter(page__title=title).order_by("-number")
    )
    if not revisions:
        raise Http404(title)
    return render(request, "wiki/history.html", _frame(title) | {"revisions": revisions})


@require_safe
@recognises_reader
def revision(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What one revision changed, and the page as it was then."""
    title = title_or_404(slug)
    if number > _MOST_REVISIONS:
        raise Http404(title)
    found = {
        revision.number: revision
        for revision in Revision.objects.select_related("author").filter(
            page__title=title, number__in=[number - 1, number]
        )
    }
    if number not in found:
        raise Http404(title)
    before = found[number - 1].text if number - 1 in found else ""
    return render(
        request,
        "wiki/revision.html",
        _frame(title)
        | {
            "revision": found[number],
            "lines": pages.difference(old=before, new=found[number].text),
            "body": markup.render(found[number].text),
        },
    )


def title_or_404(slug: str) -> str:
    """The clean title behind an address. Raises Http404."""
    try:
        return pages.clean_title(slug)
    except pages.InvalidTitle as error:
        raise Http404(slug) from error


def _read(request: HttpRequest, title: str) -> HttpResponse:
    found = pages.newest(title)
    if found is None:
        return render(request, "wiki/missing.html", _frame(title), status=404)
    context = _frame(title) | {"revision": found, "body": markup.render(found.text)}
    return render(request, "wiki/read.html", context)


def _frame(title: str) -> dict[str, object]:
    return {
        "title": title,
        "slug": title.replace(" ", "_"),
        "is_front": title == say("front_page"),
        "wiki": settings.WIKI_NAME,
    }
