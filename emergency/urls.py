"""The whole of the operator's site: the admin, and what both sites share."""

from django.urls import include, path
from django.views.generic import RedirectView

from emergency.admin import site

handler400 = "authsite.problems.bad_request"
handler403 = "authsite.problems.permission_denied"
handler404 = "authsite.problems.page_not_found"
handler500 = "authsite.problems.server_error"

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/", query_string=False)),
    path("admin/", site.urls),
    # By name: the wiring stands above this room.
    path("", include("authsite.shared_urls")),
]
