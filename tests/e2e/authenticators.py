"""Chromium's virtual authenticators (WebAuthn Level 3 section 11): devices for the people here."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page


@dataclass(frozen=True)
class Device:
    """One authenticator in one person's browser."""

    cdp: CDPSession
    id: str

    def credentials(self) -> list[dict[str, Any]]:
        """What it holds."""
        answer = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        held: list[dict[str, Any]] = answer["credentials"]
        return held

    def move_to(self, other: "Device") -> None:
        """Carries its passkeys over to another browser's, as a keychain or a hand does."""
        for credential in self.credentials():
            other.cdp.send(
                "WebAuthn.addCredential", {"authenticatorId": other.id, "credential": credential}
            )

    def wait(self) -> None:
        """Whoever holds it does nothing when asked."""
        self._set("setAutomaticPresenceSimulation", enabled=False)

    def agree(self) -> None:
        """They touch it, now and whenever they are asked."""
        self._set("setAutomaticPresenceSimulation", enabled=True)

    def forget_user(self) -> None:
        """Its lid is shut: it finds no finger and no face (W21)."""
        self._set("setUserVerified", isUserVerified=False)

    def _set(self, what: str, **values: Any) -> None:
        self.cdp.send(f"WebAuthn.{what}", {"authenticatorId": self.id, **values})


def plug_in(page: Page, *, roaming: bool = False, knows_user: bool = True) -> Device:
    """Gives a person a device: their laptop's own, or a security key; with or without a PIN."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "usb" if roaming else "internal",
        "hasResidentKey": knows_user,
        "hasUserVerification": knows_user,
        "isUserVerified": knows_user,
        "automaticPresenceSimulation": True,
    }
    added = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Device(cdp, str(added["authenticatorId"]))
