"""The client's addresses, and a page that says whom Django has signed in."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path


def whoami(request: HttpRequest) -> JsonResponse:
    """The user name, and what django-wiki shows of somebody."""
    user = request.user
    return JsonResponse({"username": user.get_username(), "shown": str(user)})


urlpatterns = [
    path("oidc/", include("mozilla_django_oidc.urls")),
    path("", whoami),
]
