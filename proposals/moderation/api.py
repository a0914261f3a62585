"""`/v1/reports`: reporting and appealing by citizens, the queue and its decisions for moderators."""

from mvoting.accounts.guards import current_person, current_staff, member, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.pagination import BadCursor, PageQuery, page_schema
from mvoting.core.problems import InvalidInput
from proposals.moderation import errors, schemas, services

blueprint = ApiBlueprint("reports", __name__, url_prefix="/v1/reports", description="Reports, decisions and appeals.")

MODERATORS = ("moderator", "administrator")
CASE = "/cases/<string(maxlength=40):case_id>"


@blueprint.route("", methods=["POST"], guard=member)
@blueprint.arguments(schemas.ReportIn())
@blueprint.response(201, schemas.ReportOut())
@blueprint.problems(errors.TargetNotFound, errors.OwnText)
def report(body):
    """Report a text, once; at a set number of reports it is hidden until a moderator decides."""
    target = body["target"]
    return services.report(target["kind"], target["id"], current_person().id, body["reason"], body["note"], now=now())


@blueprint.route("/about-me", methods=["GET"], guard=member)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(schemas.MyCaseOut, "MyCasePage"))
@blueprint.problems(BadCursor)
def list_about_me(query):
    """Read what was decided about my texts, and why."""
    items, following = services.cases_of_author(current_person().id, after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/appeals", methods=["POST"], guard=member)
@blueprint.arguments(schemas.AppealIn())
@blueprint.response(201, schemas.MyCaseOut())
@blueprint.problems(errors.NothingToAppeal)
def lodge_appeal(body):
    """Ask that somebody else looks at the hiding of my text."""
    target = body["target"]
    return services.appeal(target["kind"], target["id"], current_person().id, body["text"], now=now())


@blueprint.route("/cases", methods=["GET"], guard=staff(*MODERATORS))
@blueprint.arguments(schemas.CaseQuery(), location="query")
@blueprint.response(200, page_schema(schemas.CaseOut, "CasePage"))
@blueprint.problems(BadCursor)
def list_cases(query):
    """List cases, the longest waiting first."""
    wanted = {name: query.get(name) for name in ("after", "kind", "mark", "q")}
    items, following = services.open_reports(limit=query["limit"], state=query["state"], **wanted)
    return {"items": items, "next": following}


@blueprint.route("/appeals", methods=["GET"], guard=staff(*MODERATORS))
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(schemas.CaseOut, "AppealPage"))
@blueprint.problems(BadCursor)
def list_appeals(query):
    """List appeals that wait."""
    items, following = services.open_appeals(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route(CASE, methods=["GET"], guard=staff(*MODERATORS))
@blueprint.response(200, schemas.CaseOut())
@blueprint.problems(errors.CaseNotFound)
def get_case(case_id):
    """Read a case."""
    return services.get_case(case_id)


@blueprint.route(CASE + "/decision", methods=["POST"], guard=staff(*MODERATORS))
@blueprint.arguments(schemas.DecideIn())
@blueprint.response(200, schemas.CaseOut())
@blueprint.problems(errors.CaseNotFound, errors.CaseDecided)
def decide(body, case_id):
    """Hide or keep a text, with a reason."""
    return services.decide(case_id, body["action"], body["reason"], current_staff().id, now=now())


@blueprint.route(CASE + "/decision", methods=["PUT"], guard=staff(*MODERATORS))
@blueprint.arguments(schemas.DecideIn())
@blueprint.response(200, schemas.CaseOut())
@blueprint.problems(errors.CaseNotFound, errors.CaseDecided)
def revise(body, case_id):
    """Change a decision as long as nobody appealed; the earlier one stays in the history."""
    return services.revise(case_id, body["action"], body["reason"], current_staff().id, now=now())


@blueprint.route(CASE + "/appeal", methods=["PUT"], guard=staff(*MODERATORS))
@blueprint.arguments(schemas.AppealDecisionIn())
@blueprint.response(200, schemas.CaseOut())
@blueprint.problems(errors.CaseNotFound, errors.CaseDecided, errors.SameModerator)
def decide_appeal(body, case_id):
    """Decide an appeal; only somebody else than who hid the text."""
    return services.decide_appeal(case_id, body["outcome"], body["reason"], current_staff().id, now=now())


@blueprint.route("/decisions", methods=["POST"], guard=staff(*MODERATORS))
@blueprint.arguments(schemas.DecideManyIn())
@blueprint.response(200, schemas.DecidedOut())
@blueprint.problems(errors.CasesChanged)
def decide_many(body):
    """Decide several cases alike: named ones, all that a search finds, or a whole flood."""
    how = (body["action"], body["reason"], current_staff().id)
    match sorted(body.keys() & {"case_ids", "flood_id", "found"}):
        case ["case_ids"]:
            return services.decide_many(body["case_ids"], *how, now=now())
        case ["flood_id"]:
            return services.decide_flood(body["flood_id"], *how, now=now())
        case ["found"]:
            wanted = {name: body["found"][name] for name in ("q", "kind", "mark") if name in body["found"]}
            return services.decide_many(services.find_open(wanted, body["found"]["count"]), *how, now=now())
    raise InvalidInput(errors={"json": {"case_ids": ["case_ids | flood_id | found"]}})


@blueprint.route("/hidings", methods=["POST"], guard=staff(*MODERATORS))
@blueprint.arguments(schemas.AppealIn())
@blueprint.response(201, schemas.CaseOut())
@blueprint.problems(errors.TargetNotFound, errors.CaseDecided)
def hide(body):
    """Hide a text that nobody reported yet; `text` is the reason."""
    target = body["target"]
    return services.hide(target["kind"], target["id"], body["text"], current_staff().id, now=now())


@blueprint.route("/settings", methods=["GET"], guard=staff(*MODERATORS))
@blueprint.response(200, schemas.SettingsOut())
def get_settings():
    """Read the settings of moderation."""
    return services.moderation_settings()


@blueprint.route("/settings", methods=["PATCH"], guard=staff("administrator"))
@blueprint.arguments(schemas.SettingsIn())
@blueprint.response(200, schemas.SettingsOut())
def change_settings(body):
    """Change the settings of moderation."""
    return services.change_settings(body, current_staff().id)
