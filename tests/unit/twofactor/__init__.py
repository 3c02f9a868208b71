"""Second factors without a database and without HTTP."""
