"""What else someone holds besides a password: passkeys, a code app, recovery codes.

The room is here so that the rooms around it have their places; it has no second factor to offer
yet. Until it does, sign-in asks for a password alone.
"""
