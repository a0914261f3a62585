"""The lists from which both processes, HTTP and Celery, are put together. Explicit, no discovery.

Each entry is a dotted path, loaded when a composition root asks for it.
"""

from importlib import import_module
from typing import Any

DOCUMENTS = [
    "mvoting.core.lease:Lease",
    "mvoting.core.idempotency:IdempotentRequest",
    "mvoting.core.audit:AuditEntry",
    "mvoting.core.audit:AuditTree",
    "mvoting.core.audit:PersonalKey",
    "mvoting.core.storage:StoredPicture",
    "mvoting.core.figures:Figure",
    "mvoting.core.runs:TaskRun",
    "mvoting.accounts.models:Person",
    "mvoting.accounts.models:Identifier",
    "mvoting.accounts.models:Session",
    "mvoting.accounts.models:RevokedSession",
    "mvoting.accounts.models:Merger",
    "mvoting.accounts.models:Erasure",
    "mvoting.accounts.models:PersonalExport",
    "mvoting.accounts.models:PollHorizon",
    "mvoting.accounts.models:RegisterEntry",
    "mvoting.accounts.models:RegisterImport",
    "mvoting.accounts.models:SignInCode",
    "mvoting.accounts.models:Staff",
    "mvoting.accounts.models:Invitation",
    "mvoting.accounts.models:RightsRequest",
    "mvoting.accounts.models:StaffSession",
    "mvoting.accounts.models:Throttle",
    "mvoting.voting.polls.models:Poll",
    "mvoting.voting.polls.models:RollEntry",
    "mvoting.voting.polls.models:RollUpload",
    "mvoting.voting.polls.models:RejectedRow",
    "mvoting.voting.polls.models:Admission",
    "mvoting.voting.polls.models:PollQuota",
    "mvoting.voting.polls.models:PollPolicy",
    "mvoting.voting.polls.models:PollTemplate",
    "mvoting.voting.ballots.models:Ballot",
    "mvoting.voting.board.models:BoardBatch",
    "mvoting.voting.board.models:BoardTile",
    "mvoting.voting.board.models:BoardCosignature",
    "mvoting.voting.board.models:TrusteeShare",
    "mvoting.voting.board.models:Turnout",
    "notifications.devices.models:Device",
    "notifications.preferences.models:Preferences",
    "notifications.people_lists.models:PeopleList",
    "notifications.people_lists.models:ListedPerson",
    "notifications.templates.models:TemplateVersion",
    "notifications.campaigns.models:Campaign",
    "notifications.campaigns.models:Batch",
    "notifications.campaigns.models:PlatformStop",
    "notifications.campaigns.models:AlonePushes",
    "notifications.campaigns.models:PushDay",
    "proposals.events:ProposalEvent",
    "proposals.events:EventCounter",
    "proposals.ideas.models:StoredProgramme",
    "proposals.ideas.models:Idea",
    "proposals.ideas.models:Endorsement",
    "proposals.ideas.models:Follow",
    "proposals.ideas.models:Addition",
    "proposals.ideas.models:Merge",
    "proposals.ideas.models:AnswerDraft",
    "proposals.ideas.models:Department",
    "proposals.ideas.models:TermCount",
    "proposals.debates.models:Debate",
    "proposals.debates.models:Comment",
    "proposals.debates.models:CommentVote",
    "proposals.debates.models:Participant",
    "proposals.moderation.models:Report",
    "proposals.moderation.models:Case",
    "proposals.moderation.models:Fingerprint",
    "proposals.moderation.models:Standing",
    "proposals.moderation.models:ModerationSettings",
    "notifications.inbox.models:Ack",
    "notifications.announcements.models:Bookmark",
    "notifications.alerts.models:Alert",
    "notifications.duty.models:DutyPhone",
    "notifications.listings.models:Listing",
    "notifications.feeds.models:Source",
    "notifications.feeds.models:Receipt",
    "notifications.feeds.models:FeedLink",
    "notifications.sensors.models:Gateway",
    "notifications.sensors.models:StoredReading",
    "notifications.sensors.models:Rule",
    "admin.jobs.models:Job",
    "admin.jobs.models:JobPiece",
]

BLUEPRINTS = [
    "mvoting.core.health:blueprint",
    "mvoting.accounts.pictures_api:blueprint",
    "mvoting.accounts.api:sign_in",
    "mvoting.accounts.api:session_routes",
    "mvoting.accounts.me_api:me",
    "mvoting.accounts.api:well_known",
    "mvoting.accounts.me_api:export_routes",
    "mvoting.accounts.staff_api:staff_routes",
    "mvoting.accounts.factors_api:blueprint",
    "mvoting.accounts.people_api:blueprint",
    "mvoting.accounts.audit_api:blueprint",
    "mvoting.voting.polls.api:blueprint",
    "mvoting.voting.polls.api:template_routes",
    "mvoting.voting.polls.citizens_api:blueprint",
    "mvoting.voting.polls.admissions_api:blueprint",
    "mvoting.voting.ballots.api:blueprint",
    "mvoting.voting.board.api:blueprint",
    "notifications.devices.api:blueprint",
    "notifications.devices.staff_api:blueprint",
    "notifications.preferences.api:blueprint",
    "notifications.inbox.api:blueprint",
    "notifications.people_lists.api:blueprint",
    "notifications.templates.api:blueprint",
    "notifications.campaigns.api:blueprint",
    "mvoting.voting.tally.api:blueprint",
    "proposals.ideas.api:blueprint",
    "proposals.ideas.together_api:blueprint",
    "proposals.ideas.staff_api:blueprint",
    "proposals.debates.api:blueprint",
    "proposals.moderation.api:blueprint",
    "notifications.alerts.api:blueprint",
    "notifications.duty.api:blueprint",
    "notifications.listings.api:blueprint",
    "notifications.feeds.api:blueprint",
    "notifications.sensors.api:blueprint",
]

# Blueprints of pages outside the API.
PAGES = [
    "mvoting.core.docs_pages:blueprint",
    "notifications.alerts.pages:blueprint",
    "app.pages:blueprint",
    "admin.panel:blueprint",
]

# Modules whose tasks the workers know.
TASKS = [
    "mvoting.accounts.tasks",
    "mvoting.personal_data",
    "mvoting.voting.one_person",
    "mvoting.voting.polls.tasks",
    "mvoting.voting.board.tasks",
    "notifications.campaigns.tasks",
    "notifications.alerts.tasks",
    "notifications.duty.tasks",
    "notifications.feeds.tasks",
    "notifications.sensors.tasks",
    "notifications.announcements.tasks",
    "mvoting.voting.tally.tasks",
    "proposals.one_person",
    "proposals.ideas.tasks",
    "proposals.debates.tasks",
    "proposals.moderation.tasks",
    "admin.jobs.tasks",
    "admin.figures",
]

# (task name, every n seconds, queue). Every one may run twice at once and may be skipped without loss.
BEAT: list[tuple[str, float, str]] = [
    ("personal_data.carry_on", 5.0, "default"),
    ("accounts.read_registers", 5.0, "default"),
    ("personal_data.forget_old", 600.0, "default"),
    ("voting.keep_one_person", 10.0, "default"),
    ("voting.open_and_close_polls", 1.0, "default"),
    ("voting.sequence_boards", 2.0, "default"),
    ("notifications.announce_polls", 2.0, "default"),
    ("notifications.announce_proposals", 2.0, "default"),
    ("notifications.announce_sign_outs", 5.0, "default"),
    ("notifications.announce_near_thresholds", 60.0, "default"),
    ("notifications.sweep_campaigns", 5.0, "default"),
    ("notifications.complete_campaigns", 30.0, "default"),
    ("notifications.send_digests", 60.0, "default"),
    ("notifications.sweep_alerts", 2.0, "alerts"),
    ("voting.tally_polls", 2.0, "default"),
    ("voting.open_sealed_polls", 10.0, "default"),
    ("voting.keep_archives", 10.0, "default"),
    ("proposals.keep_one_person", 10.0, "default"),
    ("proposals.relay_events", 2.0, "default"),
    ("proposals.sweep_ideas", 5.0, "default"),
    ("proposals.refresh_counts", 10.0, "default"),
    ("proposals.reconcile_all_counts", 3600.0, "default"),
    ("proposals.tell_debate_closings", 30.0, "default"),
    ("proposals.finish_decisions", 10.0, "default"),
    ("proposals.look_at_polls", 2.0, "default"),
    ("alerts.carry_on", 2.0, "alerts"),
    ("duty.knock", 5.0, "alerts"),
    ("voting.read_rolls", 10.0, "default"),
    ("feeds.poll", 30.0, "default"),
    ("sensors.evaluate", 30.0, "alerts"),
    ("jobs.carry_on", 5.0, "default"),
    ("reports.refresh", 600.0, "default"),
]

# Pairs of functions (person_id) that hand out and remove what a package knows about a person.
PERSONAL_DATA: list[tuple[str, str]] = [
    ("mvoting.accounts.exports:export_personal_data", "mvoting.accounts.exports:erase_personal_data"),
    ("mvoting.core.storage:export_personal_data", "mvoting.core.storage:erase_personal_data"),
    ("mvoting.voting.ballots.services:export_personal_data", "mvoting.voting.ballots.services:erase_personal_data"),
    ("proposals.personal_data:export_personal_data", "proposals.personal_data:erase_personal_data"),
    ("notifications.devices.services:export_personal_data", "notifications.devices.services:erase_personal_data"),
    ("notifications.campaigns.caps:export_personal_data", "notifications.campaigns.caps:erase_personal_data"),
    ("notifications.people_lists.services:export_personal_data", "notifications.people_lists.services:erase_personal_data"),
    ("notifications.inbox.services:export_personal_data", "notifications.inbox.services:erase_personal_data"),
    ("notifications.preferences.services:export_personal_data", "notifications.preferences.services:erase_personal_data"),
]

# What is done instead where an account only was not used for long: what it published stays, under an id that leads to nobody.
WHEN_UNUSED: dict[str, str] = {
    "mvoting.core.storage:erase_personal_data": "",  # pictures in texts; others are forgotten after a day
    "proposals.personal_data:erase_personal_data": "proposals.personal_data:erase_unpublished",
}

# What each package forgets by itself: functions (*, now) that give how much they forgot, some at a time.
RETENTION: list[str] = [
    "mvoting.core.storage:forget_old",
    "mvoting.accounts.retention:forget_old",
    "notifications.retention:forget_old",
]

# What `python -m mvoting upgrade` fills in documents stored by earlier releases: functions that yield each batch.
UPGRADES: list[str] = [
    "mvoting.accounts.leaving:fill_used_on",
    "mvoting.accounts.joining:fill_due",
    "mvoting.voting.polls.services:fill_letters",
    "proposals.ideas.services.writing:fill_title_terms",
    "proposals.ideas.services.endorsing:fill_ranks",
    "proposals.moderation.services.cases:fill_marks",
    "proposals.moderation.services.cases:fill_terms",
]


def load(path: str) -> Any:
    """Load `package.module:name`."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name) if name else import_module(module)
