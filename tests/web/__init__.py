"""Journeys through Django's client, without mocks."""
