"""Settings: ``base`` is production; ``dev`` and ``test`` loosen what they name, with reasons."""
