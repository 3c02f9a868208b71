"""What needs no database and no site of ours running."""
