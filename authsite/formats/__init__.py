"""How a language writes dates, where Django's own way reads badly in a sentence."""
