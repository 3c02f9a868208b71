"""The pages of accounts, one a file. They translate: forms to services, errors to pages."""
