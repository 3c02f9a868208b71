"""OpenID Connect for the wikis.

Owns what a wiki may ask of this site and what it is told: authorization requests, codes, ID
tokens, discovery and keys, logout by redirect and by back channel. Who a person is and how they
prove it is for accounts and twofactor; sso hands them a flow and gets a session back. Keys and
codes themselves live in the vault.
"""
