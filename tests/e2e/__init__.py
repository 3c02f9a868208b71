"""Journeys through a real browser, against the demo as `make run` starts it."""
