"""Who operates: asked once, and nobody when the vault does not say so."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.services.readiness import VaultUnavailable
from emergency import middleware
from emergency.middleware import (
    OperatorDeviceMiddleware,
    OperatorMiddleware,
    is_let_in,
    operator_of,
    user_of,
)
from twofactor.models import OperatorPasskey
from vault.operators import Operator
from vault.sessions import Session


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


def _operator(*amr: str) -> Operator:
    """An operator whose session was opened by these."""
    session = Session(
        secret=b"",
        kind="operator",
        sid=uuid4(),
        account_id=uuid4(),
        username="Olga",
        amr=amr,
        auth_time=0,
        created_at=0,
        expires_at=0,
        idle_seconds=0,
        kept=False,
        account_epoch=1,
        site_epoch=1,
    )
    return Operator(session=session, level="chief")


def _verified(operator: Operator | None) -> Any:
    """The request of somebody, once django-otp's middleware has looked."""
    request = SimpleNamespace(
        operator=operator, user=user_of(operator) if operator else AnonymousUser()
    )
    OperatorDeviceMiddleware(lambda _request: HttpResponse("x"))(request)
    return request


@pytest.mark.parametrize(
    ("amr", "is_in"),
    [
        (("hwk", "user", "mfa"), True),
        (("swk", "user", "mfa"), True),
        (("pwd", "hwk", "user", "mfa"), True),
        (("hwk", "user"), False),
        (("pwd",), False),
        (("pwd", "otp", "mfa"), False),
        (("mfa",), False),
        ((), False),
    ],
)
def test_operator_is_verified_by_a_passkey_that_knew_its_user_alone(
    amr: tuple[str, ...], is_in: bool
) -> None:
    """What the vault's session says, under its MAC: django-otp's device exists by that alone."""
    request = _verified(_operator(*amr))
    assert request.user.is_verified() is is_in
    assert is_let_in(request) is is_in
    assert (request.user.otp_device is not None) is is_in


def test_operators_device_is_their_own_and_takes_no_token() -> None:
    """It is the passkey of that very session, and no code makes anybody verified."""
    operator = _operator("hwk", "user", "mfa")
    device = _verified(operator).user.otp_device
    assert isinstance(device, OperatorPasskey)
    assert device.user_id == operator.session.account_id
    assert device.verify_token("123456") is False
    other = replace(operator, session=replace(operator.session, amr=("pwd",)))
    assert _verified(other).user.otp_device is None


def test_nobody_is_never_verified() -> None:
    """A visitor has no device, and asking costs nothing."""
    request = _verified(None)
    assert not request.user.is_verified()
    assert not is_let_in(request)
