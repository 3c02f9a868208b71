"""I exist because "fast" means nothing without a number: what a sign-in costs the server, measured.

Owns a site of its own (PostgreSQL, web workers), a client that signs in over loopback, a bare
Django application that does the least such a sign-in needs, and the table. Leaves judging to the
reader: nothing here passes or fails. See README.md.
"""
