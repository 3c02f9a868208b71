"""What both sites have: probes, metrics, and what browsers look for by themselves."""

from django.urls import path

from authsite import health, metrics, wellknown

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("csp-report", wellknown.csp_report, name="csp_report"),
    path(".well-known/security.txt", wellknown.security_txt, name="security_txt"),
    path("robots.txt", wellknown.robots_txt, name="robots_txt"),
    path("favicon.ico", wellknown.favicon, name="favicon"),
]
