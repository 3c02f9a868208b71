"""The WSGI application of the public site and of the operator's site: the role decides which."""

import gc
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "authsite.settings.base")

try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    # One clear line each instead of a traceback.
    sys.exit(f"authsite does not start:\n{error}")

# What is loaded now stays: the collector need not walk a hundred thousand objects to learn that.
gc.freeze()
