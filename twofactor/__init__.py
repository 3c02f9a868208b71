"""What else someone holds besides a password: passkeys, code apps, recovery codes.

Owns the page that asks for a second factor within a flow, and the pages where people set theirs up.
What is stored, charged and judged is the vault's; which page comes next is
`accounts.flow.next_step`'s. Passkeys' ceremonies come next.
"""
