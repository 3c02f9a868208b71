"""A small wiki that leaves signing in to the auth site: one code base, run once for each language.

It knows the auth site only as any wiki does, through OpenID Connect (Authlib is the client), and
imports nothing from it. Pages, sessions and accounts live in one SQLite file of its own.
"""
