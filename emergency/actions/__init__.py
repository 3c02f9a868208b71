"""What operators do, without HTTP: the same code for the pages and for the commands.

Each measure takes ``by``, the operator whose live session acts, or None at the owner's console;
the vault decides whether that is enough. Refusals are raised (emergency/errors.py).
"""
