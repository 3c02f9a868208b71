"""The pages of second factors."""

from django.urls import path

from twofactor.views.challenge import challenge
from twofactor.views.new_app import new_app
from twofactor.views.overview import overview
from twofactor.views.own_apps import remove, rename
from twofactor.views.recovery_codes import download_codes, recovery_codes

app_name = "twofactor"

urlpatterns = [
    path("login/second-factor", challenge, name="challenge"),
    path("account/two-factor", overview, name="overview"),
    path("account/two-factor/app", new_app, name="new_app"),
    path("account/two-factor/rename", rename, name="rename"),
    path("account/two-factor/remove", remove, name="remove"),
    path("account/two-factor/codes", recovery_codes, name="recovery_codes"),
    path("account/two-factor/codes/download", download_codes, name="download_codes"),
]
