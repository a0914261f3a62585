"""`/v1/people/<id>/devices`: a citizen's push devices, for whoever helps a person whom no push reaches."""

from typing import Any

from mvoting.accounts.errors import PersonNotFound
from mvoting.accounts.guards import current_staff, staff
from mvoting.accounts.people_schemas import ReasonIn
from mvoting.core.http import ApiBlueprint
from notifications.devices import staff as for_staff
from notifications.devices.api import shown
from notifications.devices.schemas import DevicesOut, DeviceStatesOut

blueprint = ApiBlueprint("person-devices", __name__, url_prefix="/v1/people", description="A citizen's push devices, for staff.")

counter = staff("poll_officer", "administrator")


@blueprint.route("/<id:person_id>/devices", methods=["GET"], guard=counter)
@blueprint.response(200, DeviceStatesOut())
@blueprint.problems(PersonNotFound)
def list_states(person_id: str) -> dict[str, Any]:
    """List a person's push devices and whether pushes reach them, without what is personal about them."""
    return {"items": [shown(device) for device in for_staff.list_devices(person_id)]}


@blueprint.route("/<id:person_id>/devices/shown", methods=["POST"], guard=counter)
@blueprint.arguments(ReasonIn())
@blueprint.response(200, DevicesOut())
@blueprint.problems(PersonNotFound)
def post_show_devices(body: dict[str, Any], person_id: str) -> dict[str, Any]:
    """Show a person's push devices with their names and districts; who asked and why is logged."""
    devices = for_staff.show_devices(person_id, staff_id=current_staff().id, reason=body["reason"])
    return {"items": [shown(device) for device in devices]}
