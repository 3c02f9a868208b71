"""The application, with its database made first."""

import os

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "handbook.settings"
django.setup()
call_command("makemigrations", "handbook", verbosity=0)
call_command("migrate", verbosity=0)
application = get_wsgi_application()
