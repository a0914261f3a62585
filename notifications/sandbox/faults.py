"""The ways FCM fails, in the shapes the service itself answers with (HTTP v1 reference, ErrorCode and google.rpc.Status)."""

from dataclasses import dataclass
from typing import Any

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"

# Faults that are no answer at all: the connection misbehaves.
CONNECTION_FAULTS = frozenset({"timeout", "reset", "drip"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An error answer: HTTP status and the JSON body's `error` member."""

    status: int
    message: str
    grpc_status: str
    details: tuple[dict[str, Any], ...] = ()

    def document(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.status, "message": self.message, "status": self.grpc_status}
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


def _fcm(code: str) -> dict[str, Any]:
    return {"@type": FCM_ERROR, "errorCode": code}


def bad_field(field: str, description: str) -> Answer:
    """Give the answer to a request whose `field` is wrong."""
    detail = {"@type": BAD_REQUEST, "fieldViolations": [{"field": field, "description": description}]}
    return Answer(400, f"Invalid value at '{field}': {description}", "INVALID_ARGUMENT", (detail,))


ANSWERS: dict[str, Answer] = {
    "unregistered": Answer(404, "Requested entity was not found.", "NOT_FOUND", (_fcm("UNREGISTERED"),)),
    "invalid-token": Answer(
        400,
        "The registration token is not a valid FCM registration token",
        "INVALID_ARGUMENT",
        (_fcm("INVALID_ARGUMENT"),),
    ),
    "invalid-request": bad_field("message.android.ttl", "Illegal duration format"),
    "sender-mismatch": Answer(403, "SenderId mismatch", "PERMISSION_DENIED", (_fcm("SENDER_ID_MISMATCH"),)),
    "quota": Answer(
        429,
        "Quota exceeded for quota metric 'Send requests' of service 'fcm.googleapis.com'",
        "RESOURCE_EXHAUSTED",
        (_fcm("QUOTA_EXCEEDED"), {"@type": QUOTA_FAILURE, "violations": [{"subject": "project", "description": "per minute"}]}),
    ),
    "unavailable": Answer(503, "The service is currently unavailable.", "UNAVAILABLE", (_fcm("UNAVAILABLE"),)),
    "internal": Answer(500, "Internal error encountered.", "INTERNAL", (_fcm("INTERNAL"),)),
    "third-party-auth": Answer(
        401, "Auth error from APNS or Web Push Service", "UNAUTHENTICATED", (_fcm("THIRD_PARTY_AUTH_ERROR"),)
    ),
    "unauthenticated": Answer(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED"),
    "forbidden": Answer(403, "Permission 'cloudmessaging.messages.create' denied.", "PERMISSION_DENIED"),
}

FAULTS = frozenset(ANSWERS) | CONNECTION_FAULTS


def fault_in_name(target: str) -> str | None:
    """Read the fault a target asks for by its name: `fail-unregistered`, `fail-unregistered_0042`."""
    if not target.startswith("fail-"):
        return None
    name = target[5:].split("_", 1)[0]
    return name if name in FAULTS else None
