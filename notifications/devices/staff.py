"""A citizen's push devices as staff see them: the truth about each, and what is personal only with a reason, and logged."""

from typing import Any

from mvoting.accounts import persons
from mvoting.accounts.errors import PersonNotFound
from mvoting.core import audit
from notifications.devices import services


def list_devices(person_id: str) -> list[dict[str, Any]]:
    """Give a person's devices, the one used last first; what is personal about them is for `show_devices`.

    Raises: PersonNotFound (accounts.person-not-found, 404).
    """
    if persons.person(person_id) is None:
        raise PersonNotFound
    return services.list_devices(person_id)


def show_devices(person_id: str, *, staff_id: str, reason: str) -> list[dict[str, Any]]:
    """Give a person's devices with their names and districts; who looked and why is logged before anything is shown.

    Raises: PersonNotFound (accounts.person-not-found, 404).
    """
    devices = list_devices(person_id)
    audit.record("person.show_devices", f"person:{person_id}", staff_id=staff_id, reason=reason, person_id=person_id)
    return devices
