"""Who operates: asked once, and nobody when the vault does not say so."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.services.readiness import VaultUnavailable
from emergency import middleware
from emergency.middleware import OperatorMiddleware, operator_of


def _serve(
    monkeypatch: pytest.MonkeyPatch, answer: object, cookie: str | None
) -> tuple[object, HttpResponse, list[str]]:
    asked: list[str] = []

    def resume(value: str) -> object:
        asked.append(value)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(middleware, "resume", resume)
    request = RequestFactory().get("/admin/")
    if cookie is not None:
        request.COOKIES["__Host-operator"] = cookie
    response = OperatorMiddleware(lambda _request: HttpResponse("x"))(request)
    assert isinstance(response, HttpResponse)
    return request, response, asked


def test_operator_without_a_cookie_is_nobody_and_the_vault_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A visitor costs no question."""
    request, response, asked = _serve(monkeypatch, None, None)
    assert operator_of(request) is None  # type: ignore[arg-type]
    assert not request.user.is_authenticated  # type: ignore[attr-defined]
    assert (asked, list(response.cookies)) == ([], [])


def test_operator_with_a_dead_cookie_is_nobody_and_loses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked once; then the cookie goes."""
    request, response, asked = _serve(monkeypatch, None, "dead")
    assert operator_of(request) is None  # type: ignore[arg-type]
    assert asked == ["dead"]
    assert response.cookies["__Host-operator"]["max-age"] == 0


def test_operator_is_nobody_at_all_while_the_vault_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No answer is no entrance: the request does not go on."""
    with pytest.raises(VaultUnavailable):
        _serve(monkeypatch, VaultUnavailable("away"), "x")
