"""Browsers in the reader's words: "Firefox on Android"."""

from django.utils.translation import gettext as _

from vault.agents import agent_label, parts_of

__all__ = ["agent_label", "agent_words"]


def agent_words(label: str) -> str:
    """A label that was kept, in words; a plain one where it says nothing."""
    browser, system = parts_of(label) or ("", "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
