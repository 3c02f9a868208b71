"""Single pieces of the vault, without a database."""
