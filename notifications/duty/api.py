"""`/v1/staff/duty-phones`: the phones that ring when a draft of an alert waits for whoever asks."""

from mvoting.accounts.guards import current_staff, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from notifications.duty import errors, services
from notifications.duty.schemas import DutyPhoneIn, DutyPhoneOut, DutyPhonesOut

blueprint = ApiBlueprint(
    "duty", __name__, url_prefix="/v1/staff/duty-phones", description="Phones that ring when a draft of an alert waits."
)

alert_staff = staff("alert_author", "alert_approver")


@blueprint.route("", methods=["PUT"], guard=alert_staff)
@blueprint.arguments(DutyPhoneIn())
@blueprint.response(200, DutyPhoneOut())
@blueprint.problems(errors.TooManyDutyPhones)
def put_phone(body):
    """Register a phone of mine, or refresh it."""
    return services.register(current_staff().id, body, now=now())


@blueprint.route("", methods=["GET"], guard=alert_staff)
@blueprint.response(200, DutyPhonesOut())
def list_phones():
    """List my duty phones and when each last rang."""
    return {"items": services.list_phones(current_staff().id)}


@blueprint.route("/<id:phone_id>/trial", methods=["POST"], guard=alert_staff)
@blueprint.response(200, DutyPhoneOut())
@blueprint.problems(errors.DutyPhoneNotFound, errors.TriedJustNow, errors.DutyPhoneSilent)
def try_phone(phone_id):
    """Ring a phone of mine now, to see that its address is right."""
    at = now()
    return {**services.try_out(current_staff().id, phone_id, now=at), "rung_at": at}


@blueprint.route("/<id:phone_id>", methods=["DELETE"], guard=alert_staff)
@blueprint.response(204)
@blueprint.problems(errors.DutyPhoneNotFound)
def delete_phone(phone_id):
    """Forget a phone of mine."""
    services.remove(current_staff().id, phone_id)
