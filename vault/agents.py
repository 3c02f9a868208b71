"""What a browser calls itself, coarse enough to keep and to mail: "Firefox on Android".

The vocabulary is closed, and in no language: rooms that show it have the words.
"""

from typing import Final

# The first that matches wins: many browsers also name the one that they descend from.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_ON: Final = " on "


def agent_label(user_agent: str) -> str:
    """The label for a User-Agent header; empty where it says nothing known."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser}{_ON}{system}" if browser and system else browser or system


def parts_of(label: str) -> tuple[str, str] | None:
    """Browser and system of a label, either of them empty; None for what is no label of ours."""
    browsers, systems = (dict(known).values() for known in (_BROWSERS, _SYSTEMS))
    browser, on, system = label.partition(_ON)
    if not on and browser in systems:
        browser, system = "", browser
    if (on and not (browser and system)) or not {browser} <= {"", *browsers}:
        return None
    return (browser, system) if system in {"", *systems} else None
