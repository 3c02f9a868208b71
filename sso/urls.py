"""The protocol's endpoints."""

from django.urls import path

from sso.endpoints.authorization import authorize
from sso.endpoints.consent import consent
from sso.endpoints.discovery import jwks, metadata
from sso.endpoints.end_session import confirm_end_session, end_session
from sso.endpoints.introspection import introspection
from sso.endpoints.par import pushed_authorization_request
from sso.endpoints.revocation import revocation
from sso.endpoints.token import token
from sso.endpoints.userinfo import userinfo
from sso.views.own_wikis import own_wikis, withdraw

app_name = "sso"

urlpatterns = [
    # First: each sign-in at a wiki asks these two.
    path("oauth/authorize", authorize, name="authorize"),
    path("oauth/token", token, name="token"),
    path(".well-known/openid-configuration", metadata, name="configuration"),
    path(".well-known/oauth-authorization-server", metadata, name="server_metadata"),
    path(".well-known/jwks.json", jwks, name="jwks"),
    path("oauth/par", pushed_authorization_request, name="pushed_authorization_request"),
    path("oauth/consent", consent, name="consent"),
    path("oauth/introspect", introspection, name="introspection"),
    path("oauth/revoke", revocation, name="revocation"),
    path("oauth/userinfo", userinfo, name="userinfo"),
    path("oauth/logout", end_session, name="end_session"),
    path("oauth/logout/confirm", confirm_end_session, name="confirm_end_session"),
    path("account/wikis", own_wikis, name="own_wikis"),
    path("account/wikis/withdraw", withdraw, name="withdraw"),
]
