"""The WSGI application of one demo wiki: `granian --interface wsgi demo.wiki.wsgi:application`.

It prepares its own database, so that starting it is all there is to do.
"""

import os

# Set, not defaulted: the environment may name the auth site's settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "demo.wiki.settings"

from django.core.wsgi import get_wsgi_application

from demo.localhost import resolve_localhost

resolve_localhost()
application = get_wsgi_application()

# Models can be imported only now that Django is set up.
from demo.wiki.startup import prepare_database  # noqa: E402

prepare_database()
