"""Every form of the panel and the API's routes for the same acts: who may send a form must be allowed every one of them."""

import csv
from pathlib import Path

from mvoting.accounts.guards import ROLES

SAME_ACT = {
    "alert_approve": ["alerts.approve"],
    "alert_cancel": ["alerts.cancel"],
    "alert_duty": ["duty.put_phone"],
    "alert_duty_trial": ["duty.try_phone"],
    "alert_duty_remove": ["duty.delete_phone"],
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
    "alert_source": ["cap.change_source", "cap.renew_key", "cap.drop_key"],
    "alert_sources": ["cap.create_source"],
    "alert_submit": ["alerts.submit"],
    "audit_verify": ["audit.get_entries"],
    "campaign_act": ["campaigns.release_campaign", "campaigns.cancel_campaign"],
    "campaign_audience": ["campaigns.preview_audience"],
    "campaign_edit": ["campaigns.put_campaign"],
    "campaign_list": ["people_lists.look_up"],
    "campaign_list_remove": ["people_lists.remove_list"],
    "campaign_lists": ["people_lists.upload_list"],
    "campaign_new": ["campaigns.create_campaign"],
    "campaign_preview": ["campaigns.create_campaign"],
    "counter": ["people.post_counter_session"],
    "debate_pin": ["debates.pin_comment"],
    "debate_speak": ["debates.add_official_comment"],
    "debate_summary": ["debates.put_summary"],
    "debates": ["debates.open_debate_by_city"],
    "departments_list": ["ideas-staff.set_officers"],
    "idea_act": [
        "ideas-staff.move_idea",
        "ideas-staff.publish_answer",
        "ideas-staff.put_answer_draft",
        "ideas-staff.add_milestone",
        "ideas-staff.change_milestone",
    ],
    "idea_coordinate": ["ideas-staff.assign_department", "ideas-together.ask_merge_by_staff", "ideas-staff.put_hall_of_fame"],
    "idea_poll": ["ideas-staff.make_poll"],
    "moderation_appeal": ["reports.decide_appeal"],
    "moderation_bulk": ["reports.decide_many"],
    "moderation_decide": ["reports.decide"],
    "moderation_flood": ["reports.decide_many"],
    "moderation_revise": ["reports.revise"],
    "moderation_undo": ["reports.revise"],
    "people_link": ["people.post_link"],
    "person_act": ["people.put_residence", "people.post_end_session"],
    "person_devices": ["person-devices.post_show_devices"],
    "person_erase": ["people.post_erasure"],
    "person_facts": ["people.post_show_facts"],
    "poll_audience": ["polls.create_poll"],
    "poll_cancel": ["polls.cancel_poll"],
    "poll_closing": ["polls.put_closing"],
    "poll_contents": ["board.post_contents"],
    "poll_copy": ["polls.duplicate_poll"],
    "poll_edit": ["polls.put_draft"],
    "poll_from_template": ["poll-templates.draft_from_template"],
    "poll_new": ["polls.create_poll"],
    "poll_review": ["citizen-polls.approve", "citizen-polls.refuse"],
    "poll_roll": ["admissions.upload_roll"],
    "poll_roll_look_up": ["admissions.look_up_roll"],
    "poll_roll_clear": ["admissions.clear_roll"],
    "poll_schedule": ["polls.schedule_poll"],
    "poll_sealing": ["polls.put_sealing"],
    "poll_share": ["board.post_share"],
    "poll_template": ["polls.keep_template"],
    "poll_tie": ["polls.put_tie_commitment", "board.post_tie_seed"],
    "poll_visibility": ["reports.hide", "reports.revise"],
    "programme": ["ideas-staff.put_programme"],
    "programme_new": ["ideas-staff.put_programme"],
    "push_template": ["push_templates.propose"],
    "push_template_act": ["push_templates.agree", "push_templates.retire"],
    "push_template_new": ["push_templates.propose"],
    "push_template_preview": ["push_templates.preview"],
    "registers_list": ["people.post_register"],
    "settings_moderation": ["reports.change_settings"],
    "settings_policy": ["citizen-polls.put_policy"],
    "staff_act": ["staff.put_roles", "staff.put_suspension", "staff.post_end_suspension", "staff.post_new_factors"],
    "staff_agree": ["staff.post_agreement"],
    "staff_invite": ["staff.post_invitation"],
    "staff_withdraw": ["staff.post_invitation"],
}
# Forms about nobody but who sends them; every staff member has them.
OWN = {
    "job_cancel": "one's own job, a colleague's is not found",
    "export": "each list has its own roles: tests/api/admin/test_jobs.py tries every list as everybody",
    "my_authenticator": "one's own sign-in",
    "my_new_passkey": "one's own sign-in",
    "my_passkey_remove": "one's own sign-in",
    "my_password": "one's own sign-in",
    "my_recovery_codes": "one's own sign-in",
}
# Forms of whoever is not signed in yet.
DOORS = {"choose_language", "join", "second_factor", "sign_in", "sign_out"}


def forms_of(app):
    """Give every address of the panel that takes a form: {name of its page: its rule}."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("panel.") and "POST" in rule.methods]
    return {rule.endpoint.removeprefix("panel."): rule for rule in rules}


def holders(app):
    """Give who may do what each form does, as the permission table says: {form: roles}."""
    with (Path(__file__).parent / "permissions.csv").open(encoding="utf-8", newline="") as file:
        table = {(row["method"], row["route"]): {role for role in ROLES if row[role] == "yes"} for row in csv.DictReader(file)}
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    methods = {endpoint: next(iter(rule.methods - {"HEAD", "OPTIONS"})) for endpoint, rule in rules.items()}
    return {
        form: set.intersection(*(table[methods[route], rules[route].rule] for route in routes))
        for form, routes in SAME_ACT.items()
    }
