"""The corpus of scripts, stored through every text field of citizens and staff, read back over HTTP: inert."""

import importlib.util
from datetime import timedelta
from pathlib import Path

import pytest

from mvoting.core.clock import now

_spec = importlib.util.spec_from_file_location("test_markdown", Path(__file__).parents[2] / "unit/proposals/test_markdown.py")
unit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(unit)


def html_parts(value):
    """Give every text that is meant as HTML, wherever it stands in an answer."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith("_html") and inner:
                yield inner
            yield from html_parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from html_parts(inner)


def check(response):
    assert response.status_code < 300, response.text
    assert response.content_type in ("application/json", "text/csv; charset=utf-8")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    if response.content_type == "application/json":
        for html in html_parts(response.get_json()):
            assert unit.acts(html) == [], html
    return response


@pytest.mark.parametrize("start", range(0, len(unit.PAYLOADS), 20))
def test_every_field_with_every_payload_comes_back_inert(client, person_headers, staff_headers, endorse_many, start):
    officer, moderator = staff_headers("proposal_officer"), staff_headers("moderator")
    for payload in unit.PAYLOADS[start : start + 20]:
        me, other, one_line = person_headers(), person_headers(), payload.replace("\t", " ")
        idea = {"title": f"제목입니다 {one_line}"[:100], "body": f"내용입니다 여러분 {payload}", "programme_id": "oasis"}
        raised = check(client.post("/v1/ideas", json=idea, headers=me)).get_json()
        url = f"/v1/ideas/{raised['id']}"
        if raised["visibility"] == "public":  # those with a link wait for a moderator
            check(client.post(f"{url}/additions", json={"body": f"더하기 {payload}"}, headers=other))
            endorse_many(raised["id"], 5)
            answer = {"text": f"답변 {payload}", "verdict": "accepted", "reason": one_line[:500]}
            check(client.post(f"{url}/answers", json=answer, headers=officer))
            report = {"target": {"kind": "idea", "id": raised["id"]}, "reason": "spam", "note": payload}
            check(client.post("/v1/reports", json=report, headers=other))
        topic = {"title": f"토론입니다 {one_line}"[:100], "body": f"토론합시다 여러분 {payload}", "sides": "none"}
        topic["closes_at"] = (now() + timedelta(days=1)).isoformat()
        debate = check(client.post("/v1/debates", json=topic, headers=me)).get_json()
        if debate["visibility"] == "public":
            thread = f"/v1/debates/{debate['id']}"
            check(client.post(f"{thread}/comments", json={"body": payload}, headers=other))
            check(client.post(f"{thread}/comments/by-city", json={"body": payload, "department": one_line[:60]}, headers=officer))
            for path in ("", "/comments", "/export.csv"):
                check(client.get(thread + path))
        check(client.get(url, headers=me))
        check(client.get(f"{url}/additions", headers=me))
    for path in ("/v1/ideas?limit=100", "/v1/debates?limit=100", "/v1/ideas/mine"):
        check(client.get(path, headers=me))
    check(client.get("/v1/reports/cases?limit=100", headers=moderator))
