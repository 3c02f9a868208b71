"""Pages of one's own account that are about wikis."""
