"""CAP sources, sensors and what may send by itself: registered by administrators, read by whoever works with alerts."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.history import typed_differences
from admin.pages import ROWS, done, panel, refused
from admin.panel import blueprint
from admin.words import choices, label, say
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from notifications.alerts.hazards import CLASSES
from notifications.feeds import receipts as cap_receipts
from notifications.feeds import services as feeds
from notifications.feeds.schemas import SourceChangeIn, SourceIn
from notifications.listings import services as listings
from notifications.listings import subjects as listable
from notifications.listings.schemas import ListingIn
from notifications.sensors import services as sensors
from notifications.sensors.schemas import GatewayIn

READER = panel("administrator", "alert_author", "alert_approver", "auditor")
ADMINISTRATOR = panel("administrator")
SUBJECTS: dict[str, Callable[[str], dict[str, Any]]] = {
    feeds.LISTING_KIND: feeds.get_source,
    sensors.LISTING_KIND: sensors.get_rule,
}


@blueprint.page("/alerts/sources", guard=READER, methods=("GET", "POST"))
def alert_sources() -> Any:
    """List CAP sources with what came from them; register one."""
    form = Form()
    if form.is_sent:
        ADMINISTRATOR.check()
        with form.refusals():
            entered = {"name": form.text("name"), "sender": form.text("sender"), "url": form.text("url") or None}
            body = form.load(SourceIn(), {**entered, "feed_login": _login(form), "certificate": form.text("certificate") or None})
            source, key = feeds.create_source(body, by=current_staff().id, now=now())
            return _key_page(source["name"], key, "alert_sources")
    _place_errors(form)
    found, following = feeds.list_sources(after=request.args.get("after"), limit=ROWS)
    receipts, more_receipts = cap_receipts.list_receipts(after=request.args.get("messages_after"), limit=ROWS)
    page = render_template(
        "admin/alerts/sources.html",
        sources=found,
        following=following,
        receipts=receipts,
        more_receipts=more_receipts,
        names=feeds.names(sorted({receipt["source_id"] for receipt in receipts})),
        form=form,
        **_listing_parts(feeds.LISTING_KIND, {source["_id"]: source["name"] for source in found}),
    )
    return (page, 422) if form.problem else page


@blueprint.page("/alerts/sources/<id:source_id>", guard=ADMINISTRATOR, methods=("GET", "POST"))
def alert_source(source_id: str) -> Any:
    """Change a source, switch it off, or give it a new key."""
    source = feeds.get_source(source_id)
    kept = {name: source.get(name) for name in ("name", "sender", "url", "certificate", "revision")}
    stored = kept | {"active": source["is_active"] and "1"}
    form = Form(stored)
    if form.is_sent:
        with form.refusals():
            if form.text("act") == "key":
                renewed, key = feeds.renew_key(source_id, by=current_staff().id)
                return _key_page(renewed["name"], key, "alert_sources")
            if form.text("act") == "drop_key":
                feeds.drop_key(source_id, by=current_staff().id)
                return done(
                    say("키를 없앴습니다. 이제 가져오기만 합니다.", "The key is gone; messages are only fetched."),
                    "alert_sources",
                )
            entered = {name: form.text(name) for name in ("name", "sender")} | {"is_active": bool(form.text("active"))}
            certificate, login = form.text("certificate") or None, _login(form)
            more = {"feed_login": login, "certificate": certificate, "revision": form.text("revision") or "0"}
            body = form.load(SourceChangeIn(), entered | more)
            emptied = [] if certificate else ["certificate"]
            body |= dict.fromkeys([*emptied, *(["feed_login"] if form.text("no_login") else [])]) | {"url": _address(form)}
            feeds.change_source(source_id, body, seen=body.pop("revision"), by=current_staff().id, now=now())
            return done(say("고쳐서 저장했습니다.", "The changes are stored."), "alert_sources")
    _place_errors(form)
    page = render_template(
        "admin/alerts/source.html",
        source=source,
        form=form,
        revision=source["revision"] if form.is_late else form.value("revision"),
        conflict=typed_differences(form, stored, _field_name, but=("revision",)) if form.is_late else [],
    )
    return (page, 422) if form.problem else page


@blueprint.page("/alerts/gateways", guard=READER, methods=("GET", "POST"))
def alert_gateways() -> Any:
    """List the gateways that hand in readings; register one."""
    form = Form()
    if form.is_sent:
        ADMINISTRATOR.check()
        with form.refusals():
            stations = [line.strip() for line in form.text("stations").splitlines() if line.strip()]
            body = form.load(GatewayIn(), {"name": form.text("name"), "stations": stations})
            gateway, key = sensors.create_gateway(**body, by=current_staff().id, now=now())
            return _key_page(gateway["name"], key, "alert_gateways")
    found, following = sensors.list_gateways(after=request.args.get("after"), limit=ROWS)
    page = render_template("admin/alerts/gateways.html", gateways=found, following=following, form=form)
    return (page, 422) if form.problem else page


@blueprint.page("/alerts/gateways/<id:gateway_id>/close", guard=ADMINISTRATOR, methods=("POST",))
def alert_gateway_close(gateway_id: str) -> Any:
    """Take a gateway's right to hand in readings."""
    sensors.close_gateway(gateway_id, by=current_staff().id)
    return done(say("이 장치의 값은 더 받지 않습니다.", "Its readings are taken no more."), "alert_gateways")


@blueprint.page("/alerts/listings", guard=READER)
def alert_listings() -> str:
    """List what may send by itself, with the two people behind each."""
    found, following = listings.list_listings(after=request.args.get("after"), limit=ROWS)
    subjects = {each["subject_id"]: _subject_name(each) for each in found}
    people = {each[name] for each in found for name in ("proposed_by", "agreed_by", "revoked_by") if each.get(name)}
    names = staff_management.names(sorted(people))
    return render_template("admin/alerts/listings.html", listings=found, following=following, subjects=subjects, people=names)


@blueprint.page("/alerts/listings/propose", guard=ADMINISTRATOR, methods=("POST",))
def alert_listing_propose() -> Any:
    """Propose that a source or rule, as it stands now, may send alerts of some classes by itself."""
    form = Form()
    try:
        entered = {name: form.text(name) for name in ("kind", "subject_id", "reason")}
        body = form.load(ListingIn(), {**entered, "classes": request.form.getlist("classes")})
        revision = listable.revision_of(body["kind"], body["subject_id"])
        facts = (body["kind"], body["subject_id"], revision, body["classes"])
        listings.propose(*facts, reason=body["reason"], by=current_staff().id, now=now())
    except Problem as problem:
        return refused(problem, "alert_listings")
    return done(
        say("제안했습니다. 다른 관리자가 동의해야 시작됩니다.", "Proposed. Another administrator has to agree."), "alert_listings"
    )


@blueprint.page("/alerts/listings/<id:listing_id>/act", guard=ADMINISTRATOR, methods=("POST",))
def alert_listing_act(listing_id: str) -> Any:
    """Agree to a colleague's proposal, or take a listing back."""
    by = current_staff().id
    try:
        if Form().text("act") == "agree":
            listing = listings.get_listing(listing_id)
            revision = listable.revision_of(listing["kind"], listing["subject_id"])
            listings.agree(listing_id, subject_revision=revision, by=by, now=now())
        else:
            listings.revoke(listing_id, by=by, now=now())
    except Problem as problem:
        return refused(problem, "alert_listings")
    return done(say("처리했습니다.", "Done."), "alert_listings")


def _listing_parts(kind: str, subjects: dict[str, str]) -> dict[str, Any]:
    return {"kind": kind, "subjects": list(subjects.items()), "classes": choices("alert_class", CLASSES)}


def _field_name(field: str) -> str:
    return label("rule_field", field)


def _subject_name(listing: dict[str, Any]) -> str:
    try:
        return str(SUBJECTS[listing["kind"]](listing["subject_id"])["name"])
    except Problem:
        return str(listing["subject_id"])


def _login(form: Form) -> dict[str, str] | None:
    """Give the feed's sign-in where one was typed; what is stored is never shown, and stays where nothing is typed."""
    if not form.text("login_user") and not form.text("login_secret"):
        return None
    return {"secret": form.text("login_secret")} | ({"user": form.text("login_user")} if form.text("login_user") else {})


def _place_errors(form: Form) -> None:
    """Bring what was refused about a feed's sign-in to its fields on the page."""
    for part in ("user", "secret"):
        if texts := form.errors.pop(f"feed_login_{part}", None):
            form.errors[f"login_{part}"] = texts


def _address(form: Form) -> str | None:
    return form.load(SourceChangeIn(), {"url": form.text("url")})["url"] if form.text("url") else None


def _key_page(name: str, key: str, back: str) -> str:
    """Show a key this once; it is stored nowhere, not even in a flash message."""
    return render_template("admin/alerts/key.html", name=name, key=key, back=back)
