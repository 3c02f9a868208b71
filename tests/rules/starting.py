"""Reads the production settings as a process of some role would, and gives why it refuses."""

import importlib
import sys
from pathlib import Path
from typing import Final

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.environment import environment_for

ROOT: Final = Path(__file__).resolve().parents[2]
PRODUCTION: Final = {"DJANGO_SETTINGS_MODULE": "authsite.settings.base"}


def faults(role: str, **changes: str | None) -> list[str]:
    """The lines with which a process of that role refuses to start; none when it starts."""
    changed = {**environment_for(role), **PRODUCTION, **changes}
    variables = {name: value for name, value in changed.items() if value is not None}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", variables)
        module = sys.modules.pop("authsite.settings.base", None)
        try:
            importlib.import_module("authsite.settings.base")
        except ImproperlyConfigured as error:
            return str(error).splitlines()
        finally:
            sys.modules.pop("authsite.settings.base", None)
            if module is not None:
                sys.modules["authsite.settings.base"] = module
    return []
