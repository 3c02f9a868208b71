"""The settings that differ from role to role, for tests that play one in this process."""

from collections.abc import Mapping
from typing import Any

from authsite.roles import SECRETS
from authsite.settings.environment import Environment

_RINGS = [name.removeprefix("AUTHSITE_") for name in SECRETS if name.endswith("_KEYS")]


def settings_of(role: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """What ``authsite.settings.base`` would read from these variables, role by role."""
    env = Environment(variables)
    found: dict[str, Any] = {name: env.ring(f"AUTHSITE_{name}") for name in _RINGS}
    found |= {
        "ROLE": role,
        "VAULT_URL": env.secret("VAULT_URL"),
        "SEAL_STORE": variables.get("AUTHSITE_SEAL_STORE", ""),
        "OPERATOR_URL": variables.get("AUTHSITE_OPERATOR_URL", ""),
    }
    if role == "operator":
        found["ROOT_URLCONF"] = "emergency.urls"
        found["OWN_ORIGIN"] = variables["AUTHSITE_OPERATOR_URL"]
        found["ALLOWED_HOSTS"] = ["operator.example.org"]
    env.refuse_if_faulty()
    return found
