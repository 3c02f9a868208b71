"""I exist because a translator should never have to look for the strings: `make messages`.

Owns finding the public site's strings in the source, and the files below `locale/`: a catalogue a
language, and what it compiles to. Leaves the words to the translators (locale/README.md) and
judging them to tests/rules/test_catalogues.py. Nothing that runs in production imports it.
"""
