"""What else someone holds: passkeys, code apps, recovery codes, trusted browsers.

Owns the page that asks for a second factor within a flow, and the pages where people set theirs up.
What is stored, charged and judged is the vault's; which page comes next is
`accounts.flow.next_step`'s. Passkeys' ceremonies are in `services/ceremonies.py`.
"""
