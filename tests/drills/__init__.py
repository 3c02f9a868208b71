"""The thief's seat, with each zone's real privileges."""
