"""The pages of accounts."""

from django.urls import path
from django.views.generic import TemplateView

from accounts.views.account import account
from accounts.views.change_password import password
from accounts.views.home import home
from accounts.views.login import login
from accounts.views.logout import logout
from accounts.views.other_sessions import end_others
from accounts.views.prove import prove
from accounts.views.signup import signup
from accounts.views.unreachable import unreachable

app_name = "accounts"

urlpatterns = [
    path("", home, name="home"),
    path("login", login, name="login"),
    path("login/more", unreachable, name="unreachable"),
    path("signup", signup, name="signup"),
    path("logout", logout, name="logout"),
    path("privacy", TemplateView.as_view(template_name="privacy.html"), name="privacy"),
    path("account/", account, name="account"),
    path("account/password", password, name="password"),
    path("account/prove", prove, name="prove"),
    path("account/sessions/end-others", end_others, name="end_others"),
]
