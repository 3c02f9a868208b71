"""The whole public site on one page. The operator's site has its own: emergency/urls.py."""

from django.urls import include, path

from authsite import language, wellknown

urlpatterns = [
    path("", include("sso.urls")),  # first: what wikis ask is asked most
    path("", include("accounts.urls")),
    path("", include("twofactor.urls")),
    path(".well-known/passkey-endpoints", wellknown.passkey_endpoints, name="passkey_endpoints"),
    path(".well-known/change-password", wellknown.change_password, name="change_password"),
    path("language", language.set_language, name="set_language"),
    path("", include("authsite.shared_urls")),
]

handler400 = "authsite.problems.bad_request"
handler403 = "authsite.problems.permission_denied"
handler404 = "authsite.problems.page_not_found"
handler500 = "authsite.problems.server_error"
