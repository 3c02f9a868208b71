"""Django's admin with the operator's own sign-in and first page, and only the routes it needs."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django_otp.admin import OTPAdminSite

from emergency.lists import ReadOnlyAdmin
from emergency.views import list_measures, own_passkeys, site_measures
from emergency.views.enrol import enrol
from emergency.views.find_address import find_address
from emergency.views.leaked_token import leaked_token, revoke_leaked
from emergency.views.lockouts import lockouts
from emergency.views.measures import operator_required
from emergency.views.overview import overview
from emergency.views.sign_in import login, logout


class _DoorConverter:
    """A door of the site in an address: one of those that there are."""

    regex = "|".join(site_measures.DOORS)

    def to_python(self, value: str) -> str:
        """The door, as the vault names it."""
        return value

    def to_url(self, value: str) -> str:
        """The same."""
        return value


register_converter(_DoorConverter, "door")


class OperatorSite(OTPAdminSite):  # type: ignore[misc] # django-otp ships no types
    """Who may enter is ``request.user``'s to say, which emergency/middleware.py has from the vault.

    Of operators, those whom a passkey has verified (django-otp's gate; the device is the vault's).

    Not routed: Django's own log, actions, password form, autocomplete and redirects by model.
    """

    enable_nav_sidebar = False
    site_url = None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """First page, sign-in, sign-out, passkeys, and each list with its pages."""
        urls: list[URLPattern | URLResolver] = [
            path("", self.admin_view(overview), name="index"),
            path("login/", login, name="login"),
            path("logout/", logout, name="logout"),
            path("enrol/", enrol, name="enrol"),
            path("passkeys/", self.admin_view(own_passkeys.passkeys), name="passkeys"),
            path(
                "passkeys/<slug:key>/remove/",
                self.admin_view(own_passkeys.remove),
                name="passkey_remove",
            ),
            path("find-address/", self.admin_view(find_address), name="find_address"),
            path("leaked-token/", self.admin_view(leaked_token), name="leaked_token"),
            path(
                "leaked-token/<slug:kind>/<uuid:account_id>/<uuid:ref>/revoke/",
                self.admin_view(revoke_leaked),
                name="revoke_leaked",
            ),
        ]
        urls += self._lockout_urls()
        for model_admin in self._registry.values():
            if not isinstance(model_admin, ReadOnlyAdmin):
                raise TypeError(f"{model_admin} is not read-only")
            urls.append(path(f"{model_admin.slug}/", include(model_admin.get_urls())))
        return urls

    def _lockout_urls(self) -> list[URLPattern]:
        """The page of all lockouts, and those on lists of accounts and on the whole site."""
        view = self.admin_view
        return [
            path("lockouts/", view(lockouts), name="lockouts"),
            path("lockouts/accounts/", view(list_measures.lock_list), name="lock_list"),
            path(
                "lockouts/accounts/<int:list_id>/undo/",
                view(list_measures.unlock_list),
                name="unlock_list",
            ),
            *(
                path(f"lockouts/{slug}/<door:door>/", view(page), name=f"door_{slug}")
                for slug, page in (("close", site_measures.close), ("open", site_measures.reopen))
            ),
            path(
                "lockouts/end-all-sessions/",
                view(site_measures.end_all_measure),
                name="end_all_sessions",
            ),
            path("lockouts/withdraw-keys/", view(site_measures.withdraw), name="withdraw_keys"),
            path("lockouts/restore-keys/", view(site_measures.restore), name="restore_keys"),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What the frame of every list shows."""
        return {"operator": operator_required(request), "is_popup": False}
