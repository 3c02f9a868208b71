"""The handler finds the same views as Django, and remembers no more than there are routes."""

import pytest
from django.test import RequestFactory, override_settings
from django.urls import Resolver404, get_resolver, path

from authsite.handler import Handler

urlpatterns = [path("page/<str:name>", print)]


@pytest.fixture(scope="module")
def handler() -> Handler:
    """The site's handler, as its WSGI application has it."""
    return Handler()


def plain_paths() -> list[str]:
    """The paths of all routes of the public site that have no parameters."""
    found = []
    for pattern in get_resolver().url_patterns:
        for route in getattr(pattern, "url_patterns", [pattern]):
            text = str(pattern.pattern) if route is pattern else f"{pattern.pattern}{route.pattern}"
            if "<" not in text and "^" not in text:
                found.append(f"/{text}")
    return found


def test_plain_path_finds_the_view_that_django_finds_each_time(handler: Handler) -> None:
    """The first time, and when it is remembered."""
    paths = plain_paths()
    assert len(paths) > 30
    for plain in paths:
        for _ in range(2):
            request = RequestFactory().get(plain)
            match, wanted = handler.resolve_request(request), get_resolver().resolve(plain)
            assert (match.func, match.view_name, match.route) == (
                wanted.func,
                wanted.view_name,
                wanted.route,
            )
            assert request.resolver_match is match


def test_path_that_is_no_route_is_refused_each_time_and_not_remembered() -> None:
    """Nobody fills the memory by asking for odd pages."""
    handler = Handler()
    for number in range(100):
        for _ in range(2):
            with pytest.raises(Resolver404):
                handler.resolve_request(RequestFactory().get(f"/no/such/page/{number}"))
    assert handler._plain == {}


@override_settings(ROOT_URLCONF=__name__)
def test_path_with_parameters_is_not_remembered() -> None:
    """Each would be an entry of its own, and its parameters are its own."""
    handler = Handler()
    for name in ("one", "other"):
        match = handler.resolve_request(RequestFactory().get(f"/page/{name}"))
        assert match.kwargs == {"name": name}
    assert handler._plain == {}
