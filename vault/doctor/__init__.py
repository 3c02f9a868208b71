"""The doctor: looks whether a vault in service still is what the files and the design say.

It reads, and it tries what must fail; whatever it does is rolled back. Each file is one subject and
ends with its checks; ``examination.py`` runs them all. It never gives a row or a secret, only the
names of tables, functions, roles and settings.
"""
