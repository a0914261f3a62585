"""A ballot that cannot be accepted: the voter is told why, in Korean and in English, and nothing is stored."""

import pytest

OPTIONS = [{"id": f"o{n}", "title": {"ko": f"{n}번"}, "cost": 10} for n in (1, 2, 3)]
PLAIN = [{"id": option["id"], "title": option["title"]} for option in OPTIONS]
QUESTIONS = [
    {"id": "q1", "title": {"ko": "하나"}, "method": "plurality", "seats": 1, "blank": False, "options": PLAIN},
    {"id": "q2", "title": {"ko": "둘"}, "method": "multiple", "seats": 1, "min_choices": 2, "max_choices": 2, "options": PLAIN},
    {"id": "q3", "title": {"ko": "셋"}, "method": "irv", "seats": 1, "options": PLAIN},
    {"id": "q4", "title": {"ko": "넷"}, "method": "score", "seats": 1, "options": PLAIN},
    {
        "id": "q5",
        "title": {"ko": "다섯"},
        "method": "budget_greedy",
        "seats": 1,
        "max_points": 5,
        "budget": 20,
        "options": OPTIONS,
    },
]
VALID = {"q1": ["o1"], "q2": ["o1", "o2"], "q3": [["o1"]], "q4": {"o1": 5}, "q5": {"o1": 5}}


@pytest.mark.parametrize(
    ("changed", "question", "reason", "korean", "english"),
    [
        ({"q1": None}, "q1", "blank", "이 질문에는 기권할 수 없습니다.", "This question cannot be left blank."),
        ({"q1": {"o1": 1}}, "q1", "shape", "이 투표 방식에 맞는 답이 아닙니다.", None),
        ({"q1": ["o9"]}, "q1", "unknown-option", "이 질문에 없는 선택지가 들어 있습니다.", None),
        ({"q2": ["o1", "o1"]}, "q2", "twice", "같은 선택지를 두 번 골랐습니다.", "An option is named twice."),
        ({"q2": ["o1"]}, "q2", "too-few", "고른 선택지가 너무 적습니다.", "Too few options are chosen."),
        ({"q2": ["o1", "o2", "o3"]}, "q2", "too-many", "고른 선택지가 너무 많습니다.", "Too many options are chosen."),
        ({"q3": [["o1", "o2"]]}, "q3", "equal-ranks", "두 선택지에 같은 순위를 줄 수 없습니다.", None),
        ({"q4": {"o1": 6}}, "q4", "score", "점수가 정해진 범위를 벗어났습니다.", "A score is outside the range."),
        ({"q5": {"o1": 6}}, "q5", "points", "나누어 준 점수의 합이 정해진 범위를 벗어났습니다.", None),
        ({"q9": None}, None, "questions", "모든 질문에 답하거나 기권을 표시해 주세요.", None),
    ],
)
def test_why_a_ballot_is_refused(client, make_poll, ballot_body, person_headers, db, changed, question, reason, korean, english):
    poll, voter = make_poll(questions=QUESTIONS), person_headers()
    body = ballot_body(poll, choices=VALID | changed)
    told = {}
    for language in ("ko", "en"):
        answer = client.put(f"/v1/polls/{poll[0]}/ballot", json=body, headers={**voter, "Accept-Language": language})
        assert (answer.status_code, answer.get_json()["code"]) == (422, "voting.invalid-ballot")
        told[language] = answer.get_json()
        assert (told[language].get("question"), told[language]["reason"]) == (question, reason)
    assert told["ko"]["title"] == f"투표 내용을 확인해 주세요. {korean}"
    assert told["en"]["title"].startswith("Please check your choices. ")
    assert english is None or told["en"]["title"].endswith(english)
    assert db.ballots.count_documents({"poll": poll[0]}) == 0
    assert client.put(f"/v1/polls/{poll[0]}/ballot", json={**body, "choices": VALID}, headers=voter).status_code == 200
