"""The operator's site: what is wrong now, who is who, and the lockouts.

I exist so that one person, tired and at night, closes exactly what must be closed and sees
beforehand what it will hit. Who may do what is decided by the vault; nothing here has authority.
Runs in the roles operator (pages) and owner (commands) only.
"""
