"""Numbered history of the vault's tables; each migration names one file of ``sql/history``."""
