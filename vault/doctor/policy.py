"""The numbers in the vault: upper bounds of lifetimes, and what unknown names are shown."""

from collections.abc import Iterator

from django.conf import settings

from vault.doctor.checks import check
from vault.doctor.patient import Patient


@check("As a superuser, set vault.policy back; find out who raised it.")
def policy_within_design(patient: Patient) -> Iterator[str]:
    """No lifetime in vault.policy is above the bound that the history sets, and none is missing."""
    wanted, found = patient.wanted.policy, patient.found.policy
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"{name} is missing: what asks for it has no bound"
        elif name not in wanted:
            yield f"{name} is in no file"
        elif found[name] > wanted[name]:
            yield f"{name} is {found[name]} s; the bound is {wanted[name]} s"


@check("Run manage.py migrate --database vault: it sets them to this process's settings.")
def decoys_as_settings(patient: Patient) -> Iterator[str]:
    """A name that nobody has is shown today's cost and pepper, so that nothing tells it apart."""
    wanted = {
        "argon2_memory_kib": settings.ARGON2_MEMORY_KIB,
        "argon2_time_cost": settings.ARGON2_TIME_COST,
        "argon2_parallelism": settings.ARGON2_PARALLELISM,
        "pepper_id": settings.PEPPER_KEYS.active_id,
    }
    rows = patient.vault.execute(
        "SELECT argon2_memory_kib, argon2_time_cost, argon2_parallelism, pepper_id FROM vault.site"
    ).fetchall()
    if len(rows) != 1:
        yield f"vault.site has {len(rows)} rows"
        return
    for (name, value), shown in zip(wanted.items(), rows[0], strict=True):
        if shown != value:
            yield f"vault.site.{name} is {shown}; the setting is {value}"


CHECKS = (policy_within_design, decoys_as_settings)
