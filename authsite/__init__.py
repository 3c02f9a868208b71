"""Wiring only: settings, roles, URLs, middleware and logs of the site's processes.

What people and wikis do here lives in the rooms below: accounts, twofactor, sso, vault, outbox and
emergency.
"""
