"""The wiki's pages and endpoints, one subject a file."""
