"""The accounts room as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who someone is and how they come in; registers the flow's own destination."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Flows may always end at the account pages, or find that they cannot get any further."""
        # Imported here: the URLs that they name need the apps to be loaded.
        from accounts.flow import destinations, own_pages  # noqa: PLC0415
        from accounts.flow.next_step import Step  # noqa: PLC0415
        from accounts.views import new_password, steps, unreachable  # noqa: PLC0415

        destinations.register(own_pages.NAME, own_pages.OwnPages())
        steps.register(Step.UNREACHABLE, unreachable.present)
        steps.register(Step.MEND, new_password.present)
