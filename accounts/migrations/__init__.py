"""Migrations of the mirror rows in the site database."""
