"""Settings for the tests: a web process against a database that tests/conftest.py brings up."""

import os

from tests.environment import environment_for

# The suite itself plays the web role; a subprocess that is handed another role keeps it. Type
# checks look at the owner's applications, which are all of them.
if "AUTHSITE_ROLE" not in os.environ:
    os.environ.update(environment_for(os.environ.get("AUTHSITE_TEST_ROLE", "web")))

from authsite.settings.base import *  # noqa: F403

# Static files from where they lie: nothing is collected for a test.
WHITENOISE_USE_FINDERS = True

# The real hash, only cheap: the suite computes thousands. What production pays is held by
# tests/rules/test_settings.py, and the demo of tests/e2e does pay it.
ARGON2_MEMORY_KIB = 128
