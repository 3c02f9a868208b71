"""What every endpoint that wikis post forms to asks first: a form, no parameter twice, and who."""

from typing import Final

from django.http import HttpRequest

from sso.errors import InvalidRequest
from sso.services.clients import Wiki, authenticate_wiki
from sso.services.parameters import single_values

_FORM: Final = "application/x-www-form-urlencoded"


def authenticated_form(request: HttpRequest) -> tuple[Wiki, dict[str, str]]:
    """The wiki that a request proves to come from, and its parameters.

    Raises ``InvalidRequest``, ``InvalidClient``, and ``NotNow`` while its keys cannot be fetched.
    """
    if request.content_type != _FORM:
        raise InvalidRequest(f"send a form ({_FORM})")
    form, repeated = single_values(request.POST.lists())
    if repeated:
        raise InvalidRequest("a parameter is repeated")
    return authenticate_wiki(request.META.get("HTTP_AUTHORIZATION"), form), form


def token_of(form: dict[str, str]) -> str:
    """The token that a wiki asks about. Raises ``InvalidRequest``."""
    token = form.get("token")
    if not token:
        raise InvalidRequest("token is missing")
    return token
