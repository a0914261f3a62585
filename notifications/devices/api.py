"""`/v1/devices`: the phones and browsers of the person who asks."""

from typing import Any

from mvoting.accounts.guards import current_person, member
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from notifications.devices import errors, rules, services
from notifications.devices.schemas import DeviceOut, DevicesOut, RegistrationIn

blueprint = ApiBlueprint("devices", __name__, url_prefix="/v1/devices", description="Phones and browsers that get pushes.")


def shown(device: dict[str, Any]) -> dict[str, Any]:
    """Give a device with the truth about it."""
    return {**device, "condition": rules.condition(device, now=now())}


@blueprint.route("", methods=["PUT"], guard=member)
@blueprint.arguments(RegistrationIn())
@blueprint.response(200, DeviceOut())
@blueprint.problems(errors.TooManyDevices, errors.OutsideCity)
def put_device(body):
    """Register this device, or refresh it."""
    person = current_person()
    return shown(services.register_device(person.id, person.trust, body, session_id=person.session_id, now=now()))


@blueprint.route("", methods=["GET"], guard=member)
@blueprint.response(200, DevicesOut())
def list_devices():
    """List my devices and when each was last reached."""
    return {"items": [shown(device) for device in services.list_devices(current_person().id)]}


@blueprint.route("/<id:device_id>", methods=["DELETE"], guard=member)
@blueprint.response(204)
@blueprint.problems(errors.DeviceNotFound)
def delete_device(device_id):
    """Forget a device, for example at signing out."""
    services.remove_device(current_person().id, device_id)
