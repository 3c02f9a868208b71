"""The whole public site on one page. The operator's site has its own: emergency/urls.py."""

from django.urls import include, path

from authsite import health, language, metrics, wellknown

urlpatterns = [
    path("", include("sso.urls")),  # first: what wikis ask is asked most
    path("", include("accounts.urls")),
    path("language", language.set_language, name="set_language"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path(".well-known/security.txt", wellknown.security_txt, name="security_txt"),
    path(".well-known/change-password", wellknown.change_password, name="change_password"),
    path("robots.txt", wellknown.robots_txt, name="robots_txt"),
    path("favicon.ico", wellknown.favicon, name="favicon"),
    path("csp-report", wellknown.csp_report, name="csp_report"),
]

handler400 = "authsite.problems.bad_request"
handler403 = "authsite.problems.permission_denied"
handler404 = "authsite.problems.page_not_found"
handler500 = "authsite.problems.server_error"
