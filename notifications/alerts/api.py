"""`/v1/alerts`: what is in force, for everybody; writing, releasing, stopping and following up, for staff."""

from datetime import UTC, datetime, timedelta

from flask import Response

from mvoting.accounts.guards import current_staff, public, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, required_version, with_version
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import page_schema
from mvoting.core.problems import PreconditionFailed, PreconditionRequired
from mvoting.core.settings import settings
from notifications.alerts import cap_out, errors, services
from notifications.alerts.schemas import (
    FOLLOW_UPS,
    ActiveAlertsOut,
    AlertIn,
    AlertOut,
    AlertQuery,
    ApproveIn,
    FollowUpIn,
    NoteIn,
    ReviewOut,
    StaffAlertOut,
    StaffAlertPageItemOut,
    SubmitIn,
)
from notifications.cap import writer
from notifications.cap.message import MIME_TYPE

blueprint = ApiBlueprint("alerts", __name__, url_prefix="/v1/alerts", description="Disaster alerts.")

author = staff("alert_author")
approver = staff("alert_approver")
alert_staff = staff("alert_author", "alert_approver")
reader = staff("alert_author", "alert_approver", "auditor", "administrator")

CACHEABLE = {"Cache-Control": "public, max-age=5, stale-if-error=600"}
FEED_COVERS = timedelta(days=7)
FEED_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)  # the date of a feed without entries

CAP_EXAMPLE = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>01m821zmxjy5a1g15f6meysfkv</identifier>'
    "<sender>mvoting.city.example</sender><sent>2026-11-22T09:00:00+09:00</sent><status>Actual</status>"
    "<msgType>{kind}</msgType><scope>Public</scope>{rest}</alert>"
)
ALERT_EXAMPLE = CAP_EXAMPLE.format(kind="Alert", rest="<info><language>ko-KR</language><event>대설</event>…</info>")
CANCEL_EXAMPLE = CAP_EXAMPLE.format(kind="Cancel", rest="<references>…</references>")
FEED_EXAMPLE = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ko"><title>서울시 재난문자 · Emergency alerts</title>'
    "<entry><title>안전안내 재난문자 · 대설</title><updated>2026-11-22T09:00:00+00:00</updated>…</entry></feed>"
)

UNSENDABLE = (errors.AlertIncomplete, errors.ExpiryInvalid, errors.RepeatedAlert, errors.WrongMode)
VERSIONED = (errors.AlertNotFound, errors.AlertStateChanged, PreconditionRequired, PreconditionFailed)


@blueprint.route("/active", methods=["GET"], guard=public)
@blueprint.response(200, ActiveAlertsOut())
def list_active():
    """List the alerts in force, the gravest first. Cacheable; needs only the database."""
    return {"items": services.active_alerts(now=now())}, CACHEABLE


@blueprint.route("/<id:alert_id>", methods=["GET"], guard=public)
@blueprint.response(200, AlertOut())
@blueprint.problems(errors.AlertNotFound)
def get_alert(alert_id):
    """Read an alert that has gone out."""
    return services.get_public(alert_id), CACHEABLE


@blueprint.route("/<id:alert_id>/alert.cap", methods=["GET"], guard=public)
@blueprint.response(200, {"type": "string"}, content_type=MIME_TYPE, example=ALERT_EXAMPLE)
@blueprint.problems(errors.AlertNotFound)
def get_cap(alert_id):
    """Read a released alert as a CAP 1.2 message."""
    message = cap_out.to_message(services.get_public(alert_id), settings().public_url)
    return Response(writer.write(message), mimetype=MIME_TYPE, headers=CACHEABLE)


@blueprint.route("/<id:alert_id>/cancellation.cap", methods=["GET"], guard=public)
@blueprint.response(200, {"type": "string"}, content_type=MIME_TYPE, example=CANCEL_EXAMPLE)
@blueprint.problems(errors.AlertNotFound)
def get_cancellation_cap(alert_id):
    """Read the CAP 1.2 message that takes back an alert which was stopped after its release."""
    alert = services.get_public(alert_id)
    if "cancelled_at" not in alert:
        raise errors.AlertNotFound
    message = cap_out.cancellation_of(alert, settings().public_url)
    return Response(writer.write(message), mimetype=MIME_TYPE, headers=CACHEABLE)


@blueprint.route("/feed.atom", methods=["GET"], guard=public)
@blueprint.response(200, {"type": "string"}, content_type="application/atom+xml", example=FEED_EXAMPLE)
def get_feed():
    """Read the Atom feed of the last seven days' messages, each with its CAP message."""
    alerts = services.released_since(now() - FEED_COVERS)
    updated = max((alert.get("cancelled_at") or alert["approved_at"] for alert in alerts), default=FEED_BEGAN)
    feed = cap_out.atom_feed(alerts, settings().public_url, updated=updated)
    return Response(feed, mimetype="application/atom+xml", headers=CACHEABLE)


@blueprint.route("", methods=["GET"], guard=reader)
@blueprint.arguments(AlertQuery(), location="query")
@blueprint.response(200, page_schema(StaffAlertPageItemOut, "StaffAlertPage"))
def list_alerts(query):
    """List all alerts with their states, the latest first."""
    items, following = services.list_alerts(query.get("state"), after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("", methods=["POST"], guard=author)
@idempotent
@blueprint.arguments(AlertIn())
@blueprint.response(201, StaffAlertOut())
@blueprint.problems(errors.AreaInvalid)
def create_draft(body):
    """Draft an alert; its correction and all-clear are prepared with it."""
    return with_version(services.create_draft(body, by=current_staff().id, now=now()))


@blueprint.route("/<id:alert_id>", methods=["PUT"], guard=author)
@blueprint.arguments(AlertIn())
@blueprint.response(200, StaffAlertOut())
@blueprint.problems(*VERSIONED, errors.AreaInvalid)
def put_draft(body, alert_id):
    """Replace a draft; If-Match names the version that was read."""
    return with_version(services.edit_draft(alert_id, required_version(), body, by=current_staff().id, now=now()))


@blueprint.route("/<id:alert_id>/review", methods=["GET"], guard=reader)
@blueprint.response(200, ReviewOut())
@blueprint.problems(errors.AlertNotFound)
def get_review(alert_id):
    """Read what an approver must see: exact texts, area, number of phones, repeats, words to type."""
    return with_version(services.review(alert_id, now=now()))


@blueprint.route("/<id:alert_id>/submit", methods=["POST"], guard=author)
@blueprint.arguments(SubmitIn())
@blueprint.response(200, StaffAlertOut())
@blueprint.problems(*VERSIONED, *UNSENDABLE)
def submit(body, alert_id):
    """Hand a draft over for approval."""
    return with_version(services.submit(alert_id, required_version(), by=current_staff().id, now=now(), **body))


@blueprint.route("/<id:alert_id>/return", methods=["POST"], guard=alert_staff)
@blueprint.arguments(NoteIn())
@blueprint.response(200, StaffAlertOut())
@blueprint.problems(*VERSIONED)
def return_to_draft(body, alert_id):
    """Give a submitted alert back for changes."""
    return with_version(services.return_to_draft(alert_id, required_version(), by=current_staff().id, now=now(), **body))


@blueprint.route("/<id:alert_id>/approve", methods=["POST"], guard=approver)
@blueprint.arguments(ApproveIn())
@blueprint.response(200, StaffAlertOut())
@blueprint.problems(*VERSIONED, *UNSENDABLE, errors.OwnAlert, errors.AuthorGone, errors.NotConfirmed)
def approve(body, alert_id):
    """Release an alert that others wrote; the confirmation is typed."""
    return with_version(services.approve(alert_id, required_version(), by=current_staff().id, now=now(), **body))


@blueprint.route("/<id:alert_id>/cancel", methods=["POST"], guard=alert_staff)
@blueprint.arguments(NoteIn())
@blueprint.response(200, StaffAlertOut())
@blueprint.problems(errors.AlertNotFound, errors.AlertStateChanged)
def cancel(body, alert_id):
    """Stop an alert; one person suffices."""
    return with_version(services.cancel(alert_id, by=current_staff().id, now=now(), **body))


@blueprint.route("/<id:alert_id>/<any(correction, 'all-clear'):kind>", methods=["POST"], guard=alert_staff)
@idempotent
@blueprint.arguments(FollowUpIn())
@blueprint.response(201, StaffAlertOut())
@blueprint.problems(errors.AlertNotFound, errors.CannotFollow, errors.AlreadyFollowed, errors.WrongMode, errors.FollowUpLate)
def follow_up(body, alert_id, kind):
    """Send the prepared correction or all-clear to those whom the alert reached, or open it for rewording."""
    by = current_staff().id
    if body["is_reworded"]:
        return with_version(services.draft_follow_up(alert_id, FOLLOW_UPS[kind], by=by, now=now()))
    return with_version(services.send_prepared(alert_id, FOLLOW_UPS[kind], note=body["note"], by=by, now=now()))
