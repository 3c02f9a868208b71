"""Who someone is and how they come in.

Accounts owns names, passwords, addresses, sessions and the flow from the first page of a sign-in
to its destination. It leaves secrets and verdicts to the vault, what else someone holds to
twofactor, what wikis are told to sso, and sending anything to the outbox.
"""
