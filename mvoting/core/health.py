"""Is the process alive, and can it serve? Redis may be missing: voting goes on without it."""

from typing import Any

import redis
from marshmallow import fields
from pymongo.errors import PyMongoError

from mvoting.core.database import database
from mvoting.core.http import ApiBlueprint, Guard
from mvoting.core.keys import signing_keys
from mvoting.core.schemas import Output
from mvoting.core.settings import SettingsError, settings

blueprint = ApiBlueprint("health", __name__, url_prefix="/health", description="Liveness and readiness.")
anyone = Guard("public", lambda: None)


class LiveOut(Output):
    """The process answers."""

    live = fields.Boolean(required=True)


class ReadyOut(Output):
    """Whether requests can be served, and what is missing."""

    ready = fields.Boolean(required=True)
    missing = fields.List(fields.String(), required=True, metadata={"example": ["redis"]})


@blueprint.route("/live", methods=["GET"], guard=anyone)
@blueprint.response(200, LiveOut())
def get_live() -> dict[str, bool]:
    """Tell that the process runs."""
    return {"live": True}


@blueprint.route("/ready", methods=["GET"], guard=anyone)
@blueprint.response(200, ReadyOut())
@blueprint.alt_response(503, schema=ReadyOut(), description="MongoDB or the signing keys are missing")
def get_ready() -> tuple[dict[str, Any], int]:
    """Tell whether this process can serve, and name what is missing."""
    missing = [name for name, answers in (("mongodb", _mongodb), ("redis", _redis), ("keys", _keys)) if not answers()]
    ready = not {"mongodb", "keys"} & set(missing)
    return {"ready": ready, "missing": missing}, 200 if ready else 503


def _mongodb() -> bool:
    try:
        return bool(database().client.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False


def _redis() -> bool:
    try:
        with redis.Redis.from_url(settings().redis_url, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _keys() -> bool:
    try:
        return all(signing_keys(use) for use in ("token", "board"))
    except SettingsError:
        return False
