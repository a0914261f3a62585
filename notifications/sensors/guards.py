"""The guard of sensor gateways: a key of their own, which can hand in readings and nothing else."""

from typing import Any

from flask import g, request

from mvoting.core.http import Guard
from notifications.sensors import errors, services


def _check_gateway() -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise errors.GatewayUnknown
    g.sensor_gateway = services.gateway_of_key(key.strip())
    g.principal_id, g.signed_in = g.sensor_gateway["_id"], True


sensor_gateway = Guard("sensor_gateway", _check_gateway, ("machine",))


def current_gateway() -> dict[str, Any]:
    """Give the gateway that hands in; only behind `sensor_gateway`."""
    gateway: dict[str, Any] = g.sensor_gateway
    return gateway
