"""The demo wiki, tried as a process of its own against a small OpenID provider over real HTTP."""
