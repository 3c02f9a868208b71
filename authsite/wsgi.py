"""The WSGI application of the public site and of the operator's site: the role decides which."""

import gc
import os
import sys

import django
from django.conf import settings
from django.core.cache import close_caches
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

from authsite import roles
from authsite.handler import Handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "authsite.settings.base")

try:
    django.setup(set_prefix=False)
    application = Handler()
except ImproperlyConfigured as error:
    # One clear line each instead of a traceback.
    sys.exit(f"authsite does not start:\n{error}")

# What Django does after each request it does before the next one as well, or for nobody here.
request_finished.disconnect(close_old_connections)
request_finished.disconnect(close_caches)  # neither of ours has anything to close
request_finished.disconnect(reset_urlconf)  # each request sets it, to the only one there is
request_started.disconnect(reset_queries)  # they are kept under DEBUG alone
if settings.ROLE == roles.WEB:
    # Its counters and the vault have connections of their own; what asks through Django's, which is
    # authsite/health.py, looks at it first.
    request_started.disconnect(close_old_connections)

# What is loaded now stays: the collector need not walk a hundred thousand objects to learn that.
gc.freeze()
# Requests leave few cycles behind: look for them every few dozen requests, not at each.
gc.set_threshold(20_000, 20, 20)
