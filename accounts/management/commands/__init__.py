"""The owner's commands for accounts."""
