"""The operator's pages, one a file; the admin (emergency/admin.py) has the lists."""
