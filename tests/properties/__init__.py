"""Statements that are true for all inputs."""
