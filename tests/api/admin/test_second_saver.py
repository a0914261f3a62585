"""Two people edit the same thing: whoever saves second is told, sees what was stored beside what they typed, and loses nothing.

Every form that begins with what is stored is either in `CHANGES`, and tried, or in `NAMED`, with the reason why it need not be.
"""

from datetime import UTC, datetime, timedelta

import pytest

from mvoting.accounts import staff_sessions
from mvoting.accounts.guards import ROLES
from tests.api.admin.browsers import Browser
from tests.api.admin.pages import Page, name_of, walk
from tests.browser import panel_scene, panel_states

LATER, MUCH_LATER = (f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M}" for days in (5, 6))
# Form, and its act where it has several: (a screen of the scene, the field that both change, what the first and the second write).
CHANGES = {
    "alert_edit": ("alert_edit", "where_ko", "은평구 불광천", "서대문구 연희교"),
    "alert_rule": ("alert_rule", "station", "불광천-응암교", "중랑천-월계교"),
    "alert_source": ("alert_source", "name", "기상청 서울", "기상청 수도권"),
    "campaign_edit": ("campaign_edit", "title_ko", "축제가 미뤄졌습니다", "축제가 취소됐습니다"),
    "debate_summary": ("debate-summarised", "answer", "내년에 올립니다.", "올리지 않습니다."),
    "idea_act:correct": ("idea-executing", "milestone", "기초 공사를 마쳤습니다.", "나무를 심었습니다."),
    "idea_act:keep": ("idea", "text", "올여름 전에 하겠습니다.", "예산이 모자랍니다."),
    "idea_act:publish": ("idea", "text", "올여름 전에 하겠습니다.", "예산이 모자랍니다."),
    "idea_coordinate:assign": ("idea", "department", "교통실", "주택실"),
    "poll_closing": ("poll-open", "closes_at", LATER, MUCH_LATER),
    "poll_edit": ("poll_edit", "title_ko", "심야버스 노선", "밤에 다니는 버스"),
    "programme": ("programme", "collecting_days", "41", "52"),
    "settings_moderation": ("office_settings", "auto_hide_at", "14", "19"),
    "settings_policy": ("office_settings", "daily_limit", "17", "23"),
}
NAMED = {
    "alert_approve": "the text to type is asked of the alert's version; a changed alert is refused and shown anew",
    "alert_new": "makes a new alert; begins with the city's name and a time",
    "alert_rule_new": "makes a new rule; begins with usual limits",
    "alert_follow_up": "makes a new message",
    "campaign_new": "makes a new campaign",
    "departments_list": "ticks, not texts: test_two_who_choose_officers below",
    "moderation_decide": "decides once; the second is told that a colleague was first",
    "moderation_revise": "begins with a usual reason; every decision stays in the case's history",
    "poll_new": "makes a new poll; begins with usual rules",
    "programme_new": "makes a new programme; one that exists is refused",
    "push_template": "writes another version; every version stays, and a second person chooses",
    "staff_act": "ticks, not texts: test_staff.py, the second administrator is shown both choices of roles",
}


@pytest.fixture(scope="module")
def city(app):
    """Fill the city once. Gives: ({screen: address}, the staff id of somebody with all roles)."""
    from mvoting.core.database import database
    from proposals.ideas.services import programmes
    from proposals.moderation.services import settings as moderation_settings

    db, staff_id = database(), panel_scene.officer()[1].staff_id
    screens = {**panel_scene.city(db, staff_id), **panel_states.more(db, staff_id)}
    yield screens | {"debate-summarised": screens["debate-closed"]}, staff_id
    for rules in (
        "idea_programmes",
        "moderation_settings",
        "poll_policies",
    ):  # saved here: other tests expect what a city begins with
        db[rules].delete_many({})
    programmes._known = moderation_settings._settings = (0.0, {})


@pytest.fixture
def colleagues(app, city):
    """Give two people with all roles."""
    from mvoting.core.database import database

    ids = (city[1], panel_states.colleague(database(), city[1], "차은우", *ROLES))
    return [Browser(app.test_client(), staff_sessions.begin(staff_id, stage="full")) for staff_id in ids]


def acts_of(app, form):
    """Name a form, once for each of its acts."""
    acts = [value for name, value in form.buttons if name == "act"]
    return [f"{name_of(app, form)}:{act}" for act in acts] or [name_of(app, form)]


def test_every_form_that_begins_with_what_is_stored_is_tried_or_named(app, city, colleagues):
    pages = walk(app, colleagues[0], list(city[0].values())).values()
    editing = {act for page in pages for form in page.forms if form.shown for act in acts_of(app, form)}
    known = set(CHANGES) | set(NAMED)
    assert {act for act in editing if act not in known and act.partition(":")[0] not in NAMED} == set()


def opened(app, browser, address, act):
    """Open a page and give its form for an act, as a browser would send it."""
    page = Page(address, browser.text(address))
    form = next(form for form in page.forms if act in acts_of(app, form))
    return form.action, form.fields | ({"act": act.partition(":")[2]} if ":" in act else {}) | {"reason": "바꿀 까닭"}


@pytest.mark.parametrize("act", CHANGES)
def test_the_second_saver_is_told_and_loses_nothing(app, city, colleagues, act):
    screen, field, theirs, mine = CHANGES[act]
    first, second = colleagues
    address = city[0][screen]
    forms = [opened(app, each, address, act) for each in (first, second)]
    action, sent = forms[0]
    saved = first.post(action, sent | {field: theirs, "act": sent.get("act", "").replace("publish", "keep")}, token=None)
    assert saved.status_code == 303, saved.text[-3000:]
    action, sent = forms[1]
    late = second.post(action, sent | {field: mine}, token=None)
    assert late.status_code in (409, 412, 422)
    shown = late.text.replace("T", " ") if field == "closes_at" else late.text
    for text in (theirs, mine) if field != "closes_at" else (mine.replace("T", " "),):
        assert text in shown, text
    stored = Page(address, second.text(address))
    kept = next(form for form in stored.forms if act in acts_of(app, form)).fields
    if field in kept and field != "closes_at":
        assert kept[field].strip() == theirs, "nothing was overwritten"
    once_more = opened_from(app, late.text, address, act)
    assert once_more.fields.get(field, mine).strip() == mine, "what was typed stays in the form"


def opened_from(app, html, address, act):
    return next(form for form in Page(address, html).forms if act in acts_of(app, form))


@pytest.mark.parametrize("act", ["settings_policy", "programme", "alert_rule", "alert_source"])
def test_a_refusal_for_another_reason_does_not_bring_the_newer_version_along(app, city, colleagues, act):
    """Else the next try would overwrite what its sender was never told of."""
    screen, field, theirs, _ = CHANGES[act]
    first, second = colleagues
    address = city[0][screen]
    (action, sent), (_, other) = [opened(app, each, address, act) for each in (first, second)]
    changed = str(int(theirs) + 1) if theirs.isdecimal() else f"{theirs} 둘"
    assert first.post(action, sent | {field: changed}).status_code == 303
    held = "version" if "version" in other else "revision"
    refused = second.post(action, other | {field: ""})
    assert refused.status_code == 422
    assert opened_from(app, refused.text, address, act).fields[held] == other[held]


def test_two_who_choose_officers(app, db, city, colleagues):
    first, second = colleagues
    theirs, mine = (panel_states.colleague(db, city[1], name, "department_officer") for name in ("강하늘", "남주혁"))
    sent = {"department": "물순환안전국", "version": "0"}
    assert first.post("/admin/departments", sent | {"officer": [theirs]}).status_code == 303
    late = second.post("/admin/departments", sent | {"officer": [mine]})
    assert late.status_code == 422
    assert "<td>강하늘</td><td>남주혁</td>" in late.text
