"""The vault: everything that can act as a login, and everything that decides trust.

Owns the restricted database: its tables and functions (``sql/``), its connection pool, the keys
that seal what must be read again (``seals``), and one typed Python function for each SQL function.
It leaves to others what people see, what the protocols say, and when to ask.
"""
