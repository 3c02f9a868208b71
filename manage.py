#!/usr/bin/env python
"""Django's command line. The environment says which settings and which role (`AUTHSITE_ROLE`)."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "authsite.settings.base")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # One clear line each instead of a traceback.
        sys.exit(f"manage.py does not start:\n{error}")


if __name__ == "__main__":
    main()
