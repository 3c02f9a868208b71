"""Editing: only when signed in, never silently anonymous, and no typed text is ever lost."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from demo.wiki import cookies, flows, pages, sessions
from demo.wiki.pages import EditConflict, InvalidTitle, Typed
from demo.wiki.sessions import Visit

from .guards import recognises_reader
from .pages import title_or_404


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """From the field "new page" to the edit form of that title."""
    try:
        title = pages.clean_title(request.GET.get("title", ""))
    except InvalidTitle:
        return render(
            request,
            "wiki/index.html",
            {
                "pages": pages.listed(),
                "title_error": True,
                "typed_title": request.GET.get("title", ""),
            },
        )
    return redirect("edit", title.replace(" ", "_"))


@require_http_methods(["GET", "HEAD", "POST"])
@recognises_reader
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Shows the edit form, or saves what was typed."""
    title = title_or_404(slug)
    visit = sessions.current(request)
    if request.method == "POST":
        typed = typed_text(request)
        if visit is None or not visit.may_write:
            return session_over(request, title=title, typed=typed, unreachable=visit is not None)
        return _save(request, title=title, typed=typed, visit=visit)
    if visit is None:
        return render(request, "wiki/sign_in_to_edit.html", _frame(title), status=403)
    draft = pages.find_draft(secret=request.COOKIES.get(cookies.DRAFT), title=title)
    newest = pages.newest(title)
    typed = draft or Typed(
        base=newest.number if newest else 0, text=newest.text if newest else "", summary=""
    )
    return _form(request, title=title, typed=typed, state="draft" if draft else "")


def typed_text(request: HttpRequest) -> Typed:
    """What the edit form sent; a base that is no number counts as a new page."""
    base = request.POST.get("base", "")
    return Typed(
        base=int(base) if base.isascii() and base.isdigit() and len(base) < 10 else 0,
        text=request.POST.get("text", "").replace("\r\n", "\n").strip(),
        summary=" ".join(request.POST.get("summary", "").split())[: pages.MAX_SUMMARY],
    )


def session_over(
    request: HttpRequest, *, title: str, typed: Typed, unreachable: bool = False
) -> HttpResponse:
    """Says that nothing was saved and why, and keeps the text, to be taken along to sign-in."""
    context = _frame(title) | {"typed": typed, "unreachable": unreachable}
    return render(request, "wiki/session_over.html", context, status=503 if unreachable else 403)


def _save(request: HttpRequest, *, title: str, typed: Typed, visit: Visit) -> HttpResponse:
    if not typed.text or len(typed.text) > pages.MAX_TEXT:
        state = "too_long" if typed.text else "empty"
        return _form(request, title=title, typed=typed, state=state)
    try:
        pages.save(title=title, typed=typed, author=visit.account)
    except EditConflict:
        newest = pages.newest(title)
        return _form(
            request,
            title=title,
            # Saving again from here is a decision: the other text is shown above the form.
            typed=Typed(
                base=newest.number if newest else 0, text=typed.text, summary=typed.summary
            ),
            state="conflict",
            other=newest.text if newest else "",
        )
    response = flows.see_other(reverse("read", args=[title.replace(" ", "_")]))
    if secret := request.COOKIES.get(cookies.DRAFT):
        pages.drop_draft(secret)
        cookies.drop(response, name=cookies.DRAFT)
    return response


def _form(
    request: HttpRequest, *, title: str, typed: Typed, state: str, other: str = ""
) -> HttpResponse:
    context = _frame(title) | {"typed": typed, "state": state, "other": other}
    return render(request, "wiki/edit.html", context)


def _frame(title: str) -> dict[str, object]:
    return {
        "title": title,
        "slug": title.replace(" ", "_"),
        "max_summary": pages.MAX_SUMMARY,
        "exists": pages.newest(title) is not None,
    }
