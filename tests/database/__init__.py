"""Grants and functions, tried as the site's own roles."""
