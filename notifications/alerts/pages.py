"""`/alerts`: what is in force, as a plain page for anyone. Needs the web server and the database, nothing else.

No sign-in, no script, no Redis; a cache in front may keep serving the last page while this server is down.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request

from mvoting.core.clock import now
from mvoting.core.districts import district_name
from mvoting.core.language import language
from mvoting.core.pages import PublicPages
from notifications.alerts import services
from notifications.alerts.hazards import CLASSES, HAZARDS

blueprint = PublicPages("alert_pages", __name__, url_prefix="/alerts", template_folder="templates")

SEOUL = ZoneInfo("Asia/Seoul")
HEADERS = {
    "Cache-Control": "public, max-age=5, stale-if-error=86400",
    "Vary": "Accept-Language",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}


@blueprint.get("")
def get_active() -> Response:
    """Show the alerts in force."""
    return _page("alerts/active.html", alerts=services.active_alerts(now=now()))


@blueprint.get("/<id:alert_id>")
def get_alert(alert_id: str) -> Response:
    """Show one alert, also when it is over."""
    return _page("alerts/alert.html", alert=services.get_public(alert_id), moment=now())


@blueprint.get("/style.css")
def get_style() -> Response:
    """Give the pages' style."""
    return Response(render_template("alerts/style.css"), mimetype="text/css", headers={"Cache-Control": "public, max-age=3600"})


def _page(template: str, **facts: object) -> Response:
    spoken = language()
    words = {"language": spoken, "classes": CLASSES, "hazards": HAZARDS, "district_name": district_name, "local": _local}
    page = make_response(render_template(template, **words, **facts))
    page.headers.update(HEADERS)
    page.add_etag()
    page.make_conditional(request)
    return page


def _local(moment: datetime) -> str:
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M")
