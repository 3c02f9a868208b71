"""The operator's site as a whole process: who gets in, what they see, what they can do there."""
