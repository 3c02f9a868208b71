"""A flow: one sign-in or sign-up in progress, in one browser tab, sealed in its form.

Owns the seal, the one function that decides the next step, and the places where flows may end.
Nothing is stored for a visitor who walks away. Leaves pages to views and proofs to services.
"""
