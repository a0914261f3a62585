"""Sensor rules: when a station's values draft an alert, and what it says."""

from typing import Any

from flask import render_template, request

from admin import alert_form
from admin.forms import Form
from admin.history import typed_differences
from admin.maps import city_map
from admin.pages import ROWS, done, panel
from admin.panel import blueprint
from admin.poll_form import number
from admin.words import LABELS, choices, districts, label, say
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from notifications.alerts.hazards import CLASSES, HAZARDS
from notifications.sensors import services as sensors
from notifications.sensors.schemas import RuleChangeIn

READER = panel("administrator", "alert_author", "alert_approver", "auditor")
ADMINISTRATOR = panel("administrator")
MINUTE_S = 60
NEW: dict[str, Any] = {"class": "severe", "hazard": "flood", **alert_form.ISSUERS, "active": "1", "above": "1"}
NEW |= {"duration_min": 10, "gap_min": 15, "lasts_min": 180}


@blueprint.page("/alerts/rules", guard=READER)
def alert_rules() -> str:
    """List sensor rules and where each stands."""
    found, following = sensors.list_rules(after=request.args.get("after"), limit=ROWS)
    subjects = [(rule["_id"], rule["name"]) for rule in found if rule["is_active"]]
    kinds = {"kind": sensors.LISTING_KIND, "subjects": subjects, "classes": choices("alert_class", CLASSES)}
    return render_template("admin/alerts/rules.html", rules=found, following=following, **kinds)


@blueprint.page("/alerts/rules/new", guard=ADMINISTRATOR, methods=("GET", "POST"))
def alert_rule_new() -> Any:
    """Make a rule; it drafts alerts, which two people release."""
    form = Form(NEW)
    if form.is_sent:
        with form.refusals():
            body = form.load(RuleChangeIn(), _content(form))
            sensors.create_rule({key: body[key] for key in body if key != "is_active"}, by=current_staff().id, now=now())
            return done(say("규칙을 저장했습니다.", "The rule is stored."), "alert_rules")
    return _page(form, None)


@blueprint.page("/alerts/rules/<id:rule_id>", guard=ADMINISTRATOR, methods=("GET", "POST"))
def alert_rule(rule_id: str) -> Any:
    """Change a rule or switch it off; its listings end."""
    rule = sensors.get_rule(rule_id)
    form = Form(_initial(rule))
    if form.is_sent:
        with form.refusals():
            body = form.load(RuleChangeIn(), _content(form) | {"revision": form.text("revision") or "0"})
            sensors.change_rule(rule_id, body, seen=body.pop("revision"), by=current_staff().id, now=now())
            return done(say("고쳐서 저장했습니다.", "The changes are stored."), "alert_rules")
    return _page(form, rule)


def _page(form: Form, rule: dict[str, Any] | None) -> Any:
    alert_form.place_errors(form)
    page = render_template(
        "admin/alerts/rule.html",
        form=form,
        rule=rule,
        revision=rule["revision"] if rule and form.is_late else form.value("revision"),
        conflict=typed_differences(form, _initial(rule), _name, but=("revision",)) if rule and form.is_late else [],
        map=city_map(),
        districts=districts(),
        classes=choices("alert_class", CLASSES),
        hazards=choices("hazard", HAZARDS),
    )
    return (page, 422) if form.problem else page


def _name(field: str) -> str:
    return label("rule_field" if field in LABELS["rule_field"] else "alert_field", field)


def _content(form: Form) -> dict[str, Any]:
    content = {
        **{name: form.text(name) for name in ("name", "station", "kind", "unit")},
        **{name: _decimal(form.text(name)) for name in ("threshold", "clear_at")},
        "is_above": bool(form.text("above")),
        "is_active": bool(form.text("active")),
        "duration_s": _seconds(form, "duration_min"),
        "gap_max_s": _seconds(form, "gap_min"),
        "lasts_s": _seconds(form, "lasts_min"),
        "alert": {
            "class": form.text("class"),
            "hazard": form.text("hazard"),
            "wording": alert_form.wording_of(form),
            "area": alert_form.area_of(form),
        },
    }
    return {key: value for key, value in content.items() if value is not None}


def _initial(rule: dict[str, Any]) -> dict[str, Any]:
    alert = rule["alert"]
    area = {"polygons": [], "circles": [], "districts": [], **alert["area"]}
    return {
        **{name: rule[name] for name in ("name", "station", "kind", "unit", "revision")},
        **{name: f"{rule[name]:g}" for name in ("threshold", "clear_at")},
        "above": "1" if rule["is_above"] else "",
        "active": "1" if rule["is_active"] else "",
        "duration_min": rule["duration_s"] // MINUTE_S,
        "gap_min": rule["gap_max_s"] // MINUTE_S,
        "lasts_min": rule["lasts_s"] // MINUTE_S,
        "class": alert["alert_class"],
        "hazard": alert["hazard"],
        **alert_form.words_fields(alert["wording"]),
        **alert_form.area_fields(area),
    }


def _seconds(form: Form, name: str) -> int | None:
    minutes = number(form.text(name))
    return None if minutes is None else minutes * MINUTE_S


def _decimal(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
