"""The pages of second factors, and of signing in and up by a passkey."""

from django.urls import path

from twofactor.views.challenge import challenge
from twofactor.views.new_app import new_app
from twofactor.views.new_passkey import new_passkey
from twofactor.views.offer import offer
from twofactor.views.overview import overview
from twofactor.views.own_factors import remove, rename
from twofactor.views.passkey_sign_in import passkey_sign_in, prove_passkey
from twofactor.views.recover import recover
from twofactor.views.recovery_codes import download_codes, recovery_codes
from twofactor.views.remove_password import remove_password
from twofactor.views.sign_up import passkey_sign_up
from twofactor.views.trusted_browsers import distrust

app_name = "twofactor"

urlpatterns = [
    path("login/passkey", passkey_sign_in, name="passkey_sign_in"),
    path("login/second-factor", challenge, name="challenge"),
    path("login/passkey-offer", offer, name="offer"),
    path("login/recover", recover, name="recover"),
    path("signup/passkey", passkey_sign_up, name="passkey_sign_up"),
    path("account/prove/passkey", prove_passkey, name="prove_passkey"),
    path("account/password/remove", remove_password, name="remove_password"),
    path("account/two-factor", overview, name="overview"),
    path("account/two-factor/passkey", new_passkey, name="new_passkey"),
    path("account/two-factor/app", new_app, name="new_app"),
    path("account/two-factor/rename", rename, name="rename"),
    path("account/two-factor/remove", remove, name="remove"),
    path("account/two-factor/codes", recovery_codes, name="recovery_codes"),
    path("account/two-factor/codes/download", download_codes, name="download_codes"),
    path("account/two-factor/distrust", distrust, name="distrust"),
]
