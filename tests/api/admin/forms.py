"""What the panel's composers send, for the tests."""

import io
from datetime import timedelta

from PIL import Image

from mvoting.core.clock import now


def moment(hours):
    """Give a moment as a form holds it, in the city's time."""
    return (now() + timedelta(hours=hours + 9)).strftime("%Y-%m-%dT%H:%M")


def poll_form(**changes):
    """Give a poll with one question and two options."""
    form = {
        "questions": "1",
        "title_ko": "우리 동네 야간버스",
        "title_en": "Night bus",
        "opens_at": moment(1),
        "closes_at": moment(30),
        "figures": "after_closing",
        "changeable": "1",
        "audience_kind": "everyone",
        "trust": "member",
        "q1_title_ko": "어느 노선이 필요한가요?",
        "q1_method": "plurality",
        "q1_seats": "1",
        "q1_paste": "강변 | River\n도심 | Centre",
    }
    return form | changes


def alert_form(**changes):
    """Give a whole alert."""
    form = {
        "class": "severe",
        "hazard": "flood",
        "expires_at": moment(3),
        "districts": ["11440"],
        "issuer_ko": "서울특별시",
        "where_ko": "마포구 홍제천",
        "what_ko": "물이 빠르게 불어나고 있습니다",
        "action_ko": "하천에서 나와 높은 곳으로 대피하세요",
        "issuer_en": "Seoul",
        "where_en": "Hongje stream, Mapo-gu",
        "what_en": "The water is rising fast",
        "action_en": "Leave the stream, go to high ground",
    }
    return form | changes


def picture(name="picture.png", colour=(20, 90, 160)):
    """Give a picture as a form sends it."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    file.seek(0)
    return file, name


def made(answer):
    """Give the id of what a form made."""
    assert answer.status_code == 303, answer.text[-3000:]
    return answer.location.rsplit("/", 1)[1].split("?")[0]
