"""One test for each module of the OpenID Foundation's plans, by its name: ``-k oidcc-codereuse``.

Over HTTP and TLS against a site that runs as in production: a web process, a worker, a PostgreSQL.
Each test does and checks what the module of the conformance suite does and checks, as its sources
and the specifications say. What the suite would warn of or leave out is a decision, written down in
docs/conformance.md; a test fails when it meets a warning that nobody decided on, and when one that
was decided on is gone.
"""
