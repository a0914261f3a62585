"""An alert for the tests, and the way through its states over HTTP."""

from datetime import timedelta

from mvoting.core.clock import now

WORDING = {
    "ko": {
        "issuer": "서울특별시",
        "where": "마포구 홍제천",
        "what": "수위가 빠르게 오르고 있습니다",
        "action": "하천변에서 즉시 나와 높은 곳으로 대피하세요",
    },
    "en": {
        "issuer": "Seoul City",
        "where": "Hongjecheon, Mapo-gu",
        "what": "water is rising fast",
        "action": "Leave the riverside for higher ground now",
    },
}
MAPO = {"districts": ["11440"]}


def body(**changes):
    """Give a whole alert as an author sends it."""
    return {
        "class": "extreme",
        "hazard": "flood",
        "wording": WORDING,
        "area": MAPO,
        "expires_at": (now() + timedelta(hours=3)).isoformat(),
        **changes,
    }


class Desk:
    """Two people at the duty office: one writes, the other releases."""

    def __init__(self, client, staff_headers):
        self.client = client
        self.author = staff_headers("alert_author", staff_id="author")
        self.approver = staff_headers("alert_approver", staff_id="approver")

    def draft(self, **changes):
        answer = self.client.post("/v1/alerts", json=body(**changes), headers=self.author)
        assert answer.status_code == 201, answer.get_json()
        return answer.get_json()

    def act(self, alert, act, *, by=None, version=None, **sent):
        headers = {**(by or self.author), "If-Match": f'"{version or alert["version"]}"'}
        return self.client.post(f"/v1/alerts/{alert['id']}/{act}", json=sent, headers=headers)

    def submitted(self, **changes):
        answer = self.act(self.draft(**changes), "submit", repeats_seen=changes.pop("repeats_seen", []))
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    def review(self, alert):
        return self.client.get(f"/v1/alerts/{alert['id']}/review", headers=self.approver).get_json()

    def approve(self, alert, *, by=None, **changes):
        review = self.review(alert)
        sent = {"typed": review["confirmation"]["ko"], **changes}
        return self.act(alert, "approve", by=by or self.approver, **sent)

    def released(self, **changes):
        answer = self.approve(self.submitted(**changes))
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()
