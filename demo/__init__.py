"""I exist because a stranger should see the whole site work within two commands.

Owns what `make run` and the tests need and production does not: an embedded PostgreSQL, two small
wikis, accounts to sign in with, and the supervisor of all their processes. Leaves everything that a
real site needs to the rooms below; nothing below may import it.
"""
