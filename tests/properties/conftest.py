"""The browser and the wikis of the web tests, for statements about the site as a whole."""

from tests.web.conftest import ada, add_wiki, browser, grace, mail, unlimited, wiki

__all__ = ["ada", "add_wiki", "browser", "grace", "mail", "unlimited", "wiki"]
