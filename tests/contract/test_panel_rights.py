"""No form of the panel does for anybody what the API would refuse: each form beside the route that does the same."""

import re

import pytest

from mvoting.accounts.guards import ROLES

# Form → the API's routes for the same acts. Who may send the form must be allowed every one of them.
SAME_ACT = {
    "alert_approve": ["alerts.approve"],
    "alert_cancel": ["alerts.cancel"],
    "alert_edit": ["alerts.put_draft"],
    "alert_follow_up": ["alerts.follow_up"],
    "alert_gateway_close": ["sensors.close_gateway"],
    "alert_gateways": ["sensors.create_gateway"],
    "alert_listing_act": ["alert_listings.agree", "alert_listings.revoke"],
    "alert_listing_propose": ["alert_listings.propose"],
    "alert_new": ["alerts.create_draft"],
    "alert_preview": ["alerts.create_draft"],
    "alert_return": ["alerts.return_to_draft"],
    "alert_rule": ["sensors.change_rule"],
    "alert_rule_new": ["sensors.create_rule"],
    "alert_source": ["cap.change_source", "cap.renew_key"],
    "alert_sources": ["cap.create_source"],
    "alert_submit": ["alerts.submit"],
    "audit_verify": ["audit.get_entries"],
    "campaign_act": ["campaigns.release_campaign", "campaigns.cancel_campaign"],
    "campaigns": ["campaigns.create_campaign"],
    "counter": ["people.post_counter_session"],
    "debate_pin": ["debates.pin_comment"],
    "debate_speak": ["debates.add_official_comment"],
    "debate_summary": ["debates.put_summary"],
    "debates": ["debates.open_debate_by_city"],
    "idea_act": ["ideas.move_idea", "ideas.publish_answer", "ideas.put_answer_draft", "ideas.add_milestone"],
    "idea_coordinate": ["ideas.assign_department", "ideas.ask_merge_by_staff", "ideas.put_hall_of_fame"],
    "idea_poll": ["ideas.make_poll"],
    "moderation_appeal": ["reports.decide_appeal"],
    "moderation_bulk": ["reports.decide_many"],
    "moderation_decide": ["reports.decide"],
    "moderation_flood": ["reports.decide_many"],
    "moderation_revise": ["reports.revise"],
    "moderation_undo": ["reports.revise"],
    "people_link": ["people.post_link"],
    "person_act": ["people.put_residence", "people.post_end_session"],
    "person_erase": ["people.post_erasure"],
    "person_facts": ["people.post_show_facts"],
    "poll_audience": ["polls.create_poll"],
    "poll_cancel": ["polls.cancel_poll"],
    "poll_closing": ["polls.put_closing"],
    "poll_copy": ["polls.duplicate_poll"],
    "poll_edit": ["polls.put_draft"],
    "poll_from_template": ["poll-templates.draft_from_template"],
    "poll_new": ["polls.create_poll"],
    "poll_review": ["citizen-polls.approve", "citizen-polls.refuse"],
    "poll_roll": ["admissions.upload_roll"],
    "poll_schedule": ["polls.schedule_poll"],
    "poll_sealing": ["polls.put_sealing"],
    "poll_template": ["polls.keep_template"],
    "poll_tie": ["polls.put_tie_commitment", "board.post_tie_seed"],
    "programme": ["ideas.put_programme"],
    "programme_new": ["ideas.put_programme"],
    "registers_list": ["people.post_register"],
    "settings_moderation": ["reports.change_settings"],
    "settings_policy": ["citizen-polls.put_policy"],
    "staff_act": ["staff.put_roles", "staff.put_suspension", "staff.post_end_suspension", "staff.post_new_factors"],
    "staff_agree": ["staff.post_agreement"],
    "staff_invite": ["staff.post_invitation"],
    "staff_withdraw": ["staff.post_invitation"],
}


def roles(app, endpoint):
    name = app.view_functions[endpoint].guard.name.partition(":")[2]
    return set(name.split("|")) if name else set(ROLES)


def wider(app):
    """Give the forms whose page more people may open than may send it: {endpoint: roles that must be refused}."""
    allowed = {form: set.intersection(*(roles(app, route) for route in routes)) for form, routes in SAME_ACT.items()}
    return {form: refused for form, those in allowed.items() if (refused := roles(app, f"panel.{form}") - those)}


def test_every_form_that_is_named_exists_with_its_routes(app):
    named = {f"panel.{form}" for form in SAME_ACT} | {route for routes in SAME_ACT.values() for route in routes}
    assert named - set(app.view_functions) == set()


def test_only_lists_with_a_form_on_them_are_open_to_more_than_their_form(app):
    assert set(wider(app)) <= {"alert_gateways", "alert_sources", "campaigns", "debates"}


@pytest.mark.parametrize("form", ["alert_gateways", "alert_sources", "campaigns", "debates"])
def test_who_may_only_read_such_a_list_is_refused_its_form(app, staff_headers, form):
    path = app.url_map.bind("localhost").build(f"panel.{form}", {})
    for role in sorted(wider(app).get(form, set())):
        client = app.test_client()
        client.set_cookie("staff", staff_headers(role)["Authorization"].removeprefix("Bearer "))
        token = re.search(r'name="csrf_token" value="(\w+)"', client.get("/admin/me").text)[1]
        assert client.post(path, data={"csrf_token": token}).status_code == 403, role
