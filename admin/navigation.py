"""Which screens a role sees. What it may do there is decided by each page's guard and each service."""

from typing import Any

from flask import g, request

from admin.words import say

# (group, [(endpoint, text, roles; none for every staff member, first part of its endpoints)])
OFFICERS = ("proposal_officer", "department_officer", "administrator")
GROUPS: list[tuple[tuple[str, str], list[tuple[str, tuple[str, str], tuple[str, ...], tuple[str, ...]]]]] = [
    (
        ("", ""),
        [("today", ("오늘 할 일", "Today"), (), ("today",)), ("jobs_list", ("내 작업", "My jobs"), (), ("job",))],
    ),
    (
        ("시민의 글", "Citizens’ texts"),
        [
            ("moderation_queue", ("신고 처리", "Moderation"), ("moderator", "administrator"), ("moderation",)),
            ("ideas", ("제안", "Proposals"), OFFICERS, ("idea",)),
            ("debates", ("토론", "Debates"), (*OFFICERS, "moderator"), ("debate",)),
            ("departments_list", ("부서", "Departments"), ("proposal_officer", "administrator"), ("department",)),
        ],
    ),
    (("투표", "Voting"), [("polls", ("투표", "Polls"), ("poll_officer", "moderator"), ("poll",))]),
    (
        ("알림", "Messages"),
        [
            ("alerts", ("재난 알림", "Alerts"), ("alert_author", "alert_approver", "auditor", "administrator"), ("alert",)),
            (
                "campaigns",
                ("소식 발송", "Campaigns"),
                ("poll_officer", "administrator", "auditor"),
                ("campaign", "push_template"),
            ),
        ],
    ),
    (
        ("운영", "Office"),
        [
            ("people", ("시민", "People"), ("poll_officer", "moderator", "administrator"), ("people", "person")),
            ("staff", ("직원과 권한", "Staff and roles"), ("administrator", "auditor"), ("staff",)),
            ("audit_trail", ("감사 기록", "Audit trail"), ("auditor", "administrator"), ("audit",)),
            ("reports", ("통계", "Reports"), ("administrator", "auditor"), ("reports",)),
            ("office_settings", ("설정", "Settings"), ("administrator",), ("office_settings",)),
            ("system", ("시스템", "System"), ("administrator", "auditor"), ("system",)),
        ],
    ),
]


def sections() -> list[dict[str, Any]]:
    """Give the groups and screens that who asks may open."""
    who = g.get("staff")
    if who is None:
        return []
    here = (request.endpoint or "").removeprefix("panel.")
    shown = []
    for name, screens in GROUPS:
        items = [
            {"endpoint": f"panel.{endpoint}", "text": say(*text), "is_here": here.startswith(parts)}
            for endpoint, text, roles, parts in screens
            if not roles or who.roles & set(roles)
        ]
        if items:
            shown.append({"name": say(*name), "items": items})
    return shown
