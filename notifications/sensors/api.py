"""`/v1/sensors`: gateways hand in readings; administrators keep gateways and rules."""

from mvoting.accounts.guards import current_staff, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, key_guard
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import PreconditionFailed
from notifications.alerts.errors import AreaInvalid
from notifications.sensors import errors, services
from notifications.sensors.schemas import (
    GatewayIn,
    GatewayKeyOut,
    GatewayOut,
    ReadingsIn,
    RuleChangeIn,
    RuleIn,
    RuleOut,
    TakenReadingsOut,
)

blueprint = ApiBlueprint("sensors", __name__, url_prefix="/v1/sensors", description="Sensors and their rules.")

sensor_gateway, current_gateway = key_guard(
    "sensor_gateway", services.gateway_of_key, errors.GatewayUnknown, who="sensor gateways, by their key"
)
administrator = staff("administrator")
reader = staff("administrator", "alert_author", "alert_approver", "auditor")


@blueprint.route("/readings", methods=["POST"], guard=sensor_gateway)
@blueprint.arguments(ReadingsIn())
@blueprint.response(200, TakenReadingsOut())
@blueprint.problems(errors.GatewayUnknown, errors.StationNotOfGateway, errors.ReadingTimeRefused)
def hand_in(body):
    """Hand in readings, late ones and doubles too; all are stored or none."""
    return services.take_readings(current_gateway(), body["readings"], now=now())


@blueprint.route("/key", methods=["POST"], guard=sensor_gateway)
@blueprint.response(200, GatewayKeyOut())
def take_key():
    """Renew my own key, so that nobody else knows it; the old one is void at once, and listings of my stations' rules end."""
    return {**current_gateway(), "key": services.take_key(current_gateway(), now=now())}


@blueprint.route("/gateways", methods=["GET"], guard=reader)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(GatewayOut, "GatewayPage"))
def list_gateways(query):
    """List gateways, the newest first."""
    items, following = services.list_gateways(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/gateways", methods=["POST"], guard=administrator)
@idempotent
@blueprint.arguments(GatewayIn())
@blueprint.response(201, GatewayKeyOut())
def create_gateway(body):
    """Register a gateway; its key is shown this once."""
    gateway, key = services.create_gateway(**body, by=current_staff().id, now=now())
    return {**gateway, "key": key}


@blueprint.route("/gateways/<id:gateway_id>", methods=["DELETE"], guard=administrator)
@blueprint.response(204)
@blueprint.problems(errors.GatewayNotFound)
def close_gateway(gateway_id):
    """Take a gateway's right to hand in readings."""
    services.close_gateway(gateway_id, by=current_staff().id)


@blueprint.route("/rules", methods=["GET"], guard=reader)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(RuleOut, "SensorRulePage"))
def list_rules(query):
    """List rules and where each stands, the newest first."""
    items, following = services.list_rules(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/rules", methods=["POST"], guard=administrator)
@idempotent
@blueprint.arguments(RuleIn())
@blueprint.response(201, RuleOut())
@blueprint.problems(errors.RuleInvalid, AreaInvalid)
def create_rule(body):
    """Make a rule; it drafts alerts, which two people release."""
    return services.create_rule(body, by=current_staff().id, now=now())


@blueprint.route("/rules/<id:rule_id>", methods=["PUT"], guard=administrator)
@blueprint.arguments(RuleChangeIn())
@blueprint.response(200, RuleOut())
@blueprint.problems(errors.RuleNotFound, errors.RuleInvalid, AreaInvalid, PreconditionFailed)
def change_rule(body, rule_id):
    """Replace a rule; its listings end."""
    seen = body.pop("revision", None)
    return services.change_rule(rule_id, body, seen=seen, by=current_staff().id, now=now())
