"""The pages of second factors."""

from django.urls import path

from twofactor.views.challenge import challenge

app_name = "twofactor"

urlpatterns = [path("login/second-factor", challenge, name="challenge")]
