"""What else someone holds besides a password: passkeys, code apps, recovery codes.

Owns the page that asks for a second factor within a flow. What is stored, charged and judged is the
vault's; which page comes next is `accounts.flow.next_step`'s. Enrolling on one's own pages, and
passkeys' ceremonies, come next.
"""
