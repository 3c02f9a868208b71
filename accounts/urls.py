"""The pages of accounts."""

from django.urls import path
from django.views.generic import TemplateView

from accounts.views import email_changes
from accounts.views.account import account
from accounts.views.activity import activity
from accounts.views.change_password import password
from accounts.views.confirm_address import confirm
from accounts.views.email import email
from accounts.views.home import home
from accounts.views.login import login
from accounts.views.logout import logout, logout_progress
from accounts.views.new_password import new_password
from accounts.views.not_me import not_me
from accounts.views.prove import prove
from accounts.views.reset import reset
from accounts.views.reset_code import reset_code
from accounts.views.sessions import end_all, end_one, end_others, sessions
from accounts.views.signup import signup
from accounts.views.undo_address import undo
from accounts.views.unreachable import unreachable

app_name = "accounts"

urlpatterns = [
    path("", home, name="home"),
    path("login", login, name="login"),
    path("login/more", unreachable, name="unreachable"),
    path("signup", signup, name="signup"),
    path("reset", reset, name="reset"),
    path("reset/code", reset_code, name="reset_code"),
    path("reset/password", new_password, name="new_password"),
    path("logout", logout, name="logout"),
    path("logout/progress", logout_progress, name="logout_progress"),
    path("privacy", TemplateView.as_view(template_name="privacy.html"), name="privacy"),
    path("account/", account, name="account"),
    path("account/password", password, name="password"),
    path("account/prove", prove, name="prove"),
    path("account/email", email, name="email"),
    path("account/email/add", email_changes.add, name="email_add"),
    path("account/email/primary", email_changes.primary, name="email_primary"),
    path("account/email/remove", email_changes.remove, name="email_remove"),
    path("account/email/confirm", confirm, name="confirm_address"),
    path("account/email/undo", undo, name="undo_address"),
    path("account/activity", activity, name="activity"),
    path("account/sessions", sessions, name="sessions"),
    path("account/sessions/end", end_one, name="end_one"),
    path("account/sessions/end-others", end_others, name="end_others"),
    path("account/sessions/end-all", end_all, name="end_all"),
    path("account/sessions/not-me", not_me, name="not_me"),
]
