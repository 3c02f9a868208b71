"""What leaves the site: letters, back-channel logout and, later, wiki hooks.

Owns the worker that takes jobs from the vault's outbox, the guarded fetcher through which every
outgoing HTTP request goes, and the writing of letters. Rooms above register a handler for their
own kind of job (`outbox.handlers`) and their own recurring tasks (`outbox.periodic`), so that this
room need not know them. Queueing a job is not done here: the vault writes it in the transaction
that causes it.
"""
