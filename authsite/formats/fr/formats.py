"""French dates: « 3 mars 2026 à 14:05 »."""

DATETIME_FORMAT = "j F Y à H:i"
