"""Other OpenID Providers, to measure this site's silent sign-in beside theirs.

Owns what they are made of and how they are run; what is measured is for bench/measures.py. They
live below `var/`, in an environment of their own: the site never imports any of it.
"""
