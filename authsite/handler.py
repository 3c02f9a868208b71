"""Django's WSGI handler, without what comes out the same at each request."""

from collections.abc import Callable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpRequest
from django.urls import ResolverMatch


class Handler(WSGIHandler):
    """As Django's; it finds the view of a plain path once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._plain: dict[str, ResolverMatch] = {}
        super().__init__(*args, **kwargs)
        self._some_are_atomic = any(
            database["ATOMIC_REQUESTS"] for database in connections.settings.values()
        )

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Give the match of the request's path and note it there. Raises Resolver404.

        A path without parameters matches the same way for everybody. What is kept is as much as
        there are such routes.
        """
        match = self._plain.get(request.path_info)
        if match is None:
            match = super().resolve_request(request)
            if not (match.args or match.kwargs):
                self._plain[request.path_info] = match
        request.resolver_match = match
        return match

    def make_view_atomic(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Give the view as it is, unless a database wants its requests to be atomic."""
        return super().make_view_atomic(view) if self._some_are_atomic else view
