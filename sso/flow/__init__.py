"""Where flows of wikis end: back at the wiki, with a code or an assertion."""
