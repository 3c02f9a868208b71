"""The measures at the owner's console: the same code as the pages."""
