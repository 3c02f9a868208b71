"""The site's own table in the site database: the shared counters."""
