"""The panel's blueprint: its frame, its error pages, and every screen."""

import hashlib
import logging
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Request, Response, g, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from pymongo.errors import PyMongoError
from werkzeug.exceptions import HTTPException

from admin import chart_rows, charts, history, navigation, pages, staff_session, words
from admin.forms import MOMENT, SESSION_OVER
from admin.pages import PageBlueprint, anyone, may, protect
from admin.staff_session import form_token
from admin.tables import TABLES
from mvoting.core import log, problems
from mvoting.core.http import IdConverter
from mvoting.core.language import LANGUAGES, language
from mvoting.core.problems import Problem
from mvoting.core.refusals import database_problem
from mvoting.core.secrets import derive_key
from mvoting.core.settings import settings

STATIC = Path(__file__).parent / "static"

blueprint = PageBlueprint("panel", __name__, url_prefix="/admin", template_folder="templates", static_folder="static")


class PanelSessions(SecureCookieSessionInterface):
    """Opens a session for the panel only: the API knows none, and opening one took a twentieth of each of its requests."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return super().open_session(app, request) if request.path.startswith(blueprint.url_prefix or "/") else None


@blueprint.record_once
def _configure(state: BlueprintSetupState) -> None:
    app: Any = state.app
    is_secure = staff_session.is_secure()
    app.session_interface = PanelSessions()
    app.secret_key = derive_key("panel session")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-panel" if is_secure else "panel",
        SESSION_COOKIE_SECURE=is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters.setdefault("id", IdConverter)


@blueprint.before_request
def _choose_language() -> None:
    chosen = session.get("language")
    if chosen in LANGUAGES:
        g.language = chosen


@blueprint.app_template_global()
def asset(name: str) -> str:
    """Give the address of a static file, with its hash, so that browsers keep it until it changes."""
    return url_for("panel.static", filename=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@blueprint.context_processor
def _frame() -> dict[str, Any]:
    return {
        "say": words.say,
        "label": words.label,
        "language": language(),
        "staff": g.get("staff"),
        "may": may,
        "form_token": form_token,
        "moment_pattern": MOMENT.pattern,
        "navigation": navigation.sections(),
        "test_mode": settings().alert_mode == "test",
        "charts": charts,
        "words": words,
    }


FILTERS = (words.when, words.ago, words.day, words.number, words.localized, words.district, words.size, words.shown_lines)
CHART_POINTS = (chart_rows.month_points, chart_rows.case_points, chart_rows.band_points, chart_rows.reply_points)
NAMES = (words.band, words.topic, words.actor, words.feed_trouble, words.push_version, words.target_name)
FIELDS = (chart_rows.bar_rows, chart_rows.zip_names, history.field_name, history.field_value)
for _filter in (*FILTERS, *CHART_POINTS, *NAMES, *FIELDS):
    blueprint.add_app_template_filter(_filter)


@blueprint.app_template_filter()
def filter_value(value: str) -> str:
    """Give what a chosen filter is called, where it has a name."""
    kind, _, code = value.rpartition(":")
    named = {"reason": "report_reason", "because": "because"}.get(kind)
    return words.label(named, code) if named else value


@blueprint.app_template_filter()
def table_name(name: str) -> str:
    """Give what an exported list is called."""
    return words.say(*TABLES[name].name) if name in TABLES else name


@blueprint.errorhandler(Problem)
def _problem(problem: Problem) -> Any:
    if problem.code in SESSION_OVER:
        if request.method == "GET":
            return redirect(url_for("panel.sign_in", next=request.full_path.rstrip("?")), 303)
        return redirect(url_for("panel.sign_in"), 303)
    return _error_page(problem)


@blueprint.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> Any:
    if (error.code or 500) < 400:
        return error.get_response()
    known = {404: problems.NotFound(), 405: problems.MethodNotAllowed(), 413: problems.BodyTooLarge(limit_bytes="")}
    return _error_page(known.get(error.code or 500) or problems.BadRequest())


@blueprint.errorhandler(PyMongoError)
def _database_error(error: PyMongoError) -> Any:
    return _error_page(database_problem(error))


@blueprint.errorhandler(Exception)
def _unexpected(error: Exception) -> Any:
    log.event("core.unexpected_error", level=logging.ERROR, kind=type(error).__name__, route=str(request.url_rule), exc_info=True)
    return _error_page(problems.InternalError())


def _error_page(problem: Problem) -> Response:
    body = render_template("admin/error.html", problem=problem, text=pages.problem_text(problem))
    return Response(body, problem.status, problem.headers)


@blueprint.page("/language", guard=anyone, methods=("POST",))
def choose_language() -> Any:
    """Keep the chosen language for this browser."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    return redirect(staff_session.safe_next(request.form.get("next")), 303)


@blueprint.page("/", guard=anyone)
def first_page() -> Any:
    """Lead from the address with a slash to the first page."""
    return redirect(url_for("panel.today"), 308)


@blueprint.page("/<path:_anything>", guard=anyone)
def nowhere(_anything: str) -> None:
    """Answer an address that leads nowhere with a page."""
    pages.no_such_page()


blueprint.after_request(protect)

# The screens add themselves to the blueprint.
from admin import (  # noqa: E402,F401
    alert_rules,
    alert_sources,
    alerts,
    audit,
    campaign_composer,
    campaigns,
    city_settings,
    debates,
    departments,
    duty_phones,
    ideas,
    long_work,
    moderation,
    own_account,
    own_authenticator,
    people,
    people_lists,
    poll_composer,
    poll_people,
    polls,
    push_templates,
    registers,
    reports,
    signing_in,
    staff,
    system,
    today,
    trustees,
)
