"""What the demo city talks about: texts of our own. People, polls, ideas, debates; all made up."""

import secrets
from typing import Any

MAPO, GANGNAM, NOWON, GWANAK = "11440", "11680", "11350", "11620"

PEOPLE = (
    ("010-2000-1001", "김민지", MAPO),
    ("010-2000-1002", "이준호", MAPO),
    ("010-2000-1003", "박수아", GANGNAM),
    ("010-2000-1004", "최도윤", NOWON),
    ("010-2000-1005", "정하은", GWANAK),
    ("010-2000-1006", "강지후", MAPO),
    ("010-2000-1007", "조서윤", GANGNAM),
    ("010-2000-1008", "윤시우", NOWON),
    ("010-2000-1009", "장예린", GWANAK),
    ("010-2000-1010", "임건우", MAPO),
)


def _options(*titles: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"title": {"ko": ko, "en": en}} for ko, en in titles]


NIGHT_BUS: dict[str, Any] = {
    "title": {"ko": "밤에도 다니는 버스, 어디부터 늘릴까요?", "en": "Night buses: where should we add the first line?"},
    "description": {
        "ko": "새벽 한 시부터 네 시까지 다니는 심야버스를 한 노선 늘립니다. 어느 노선이 먼저인지 골라 주세요.",
        "en": "One more line will run between one and four in the morning. Please choose which comes first.",
    },
    "questions": [
        {
            "title": {"ko": "먼저 늘릴 노선", "en": "The line to add first"},
            "method": "plurality",
            "seats": 1,
            "options": _options(
                ("홍대입구–구로디지털단지", "Hongik Univ. – Guro Digital Complex"),
                ("강남역–잠실", "Gangnam Station – Jamsil"),
                ("노원–종로", "Nowon – Jongno"),
            ),
        }
    ],
    "figures": "after_closing",
}
NIGHT_BUS_VOTES = ("o1", "o1", "o2", "o1", "o3", "o1", "o2", "o3", "o1", "o2")  # by the people above
LIBRARY_HOURS: dict[str, Any] = {
    "title": {"ko": "동네 도서관, 언제까지 열까요?", "en": "How late should neighbourhood libraries stay open?"},
    "description": {
        "ko": "받아들일 수 있는 시간을 모두 골라 주세요. 가장 많은 분이 괜찮다고 한 시간으로 여섯 달 동안 해 봅니다.",
        "en": "Choose every closing time you could live with. The one most people accept is tried for six months.",
    },
    "questions": [
        {
            "title": {"ko": "문 닫는 시각", "en": "Closing time"},
            "method": "approval",
            "options": _options(
                ("오후 8시", "8 p.m."), ("오후 10시", "10 p.m."), ("자정", "Midnight"), ("24시간", "Around the clock")
            ),
        }
    ],
    "figures": "live",
}
RIVERSIDE: dict[str, Any] = {
    "title": {"ko": "한강공원 빈터에 무엇을 만들까요?", "en": "What should become of the empty lot by the river?"},
    "description": {
        "ko": "마음에 드는 차례대로 순위를 매겨 주세요. 1순위가 떨어지면 다음 순위로 표가 옮겨 갑니다.",
        "en": "Rank them as you like them. If your first choice drops out, your vote moves on to the next.",
    },
    "questions": [
        {
            "title": {"ko": "빈터의 쓰임", "en": "Use of the lot"},
            "method": "irv",
            "options": _options(
                ("물놀이터", "Splash pool"),
                ("텃밭", "Allotments"),
                ("작은 공연장", "Small stage"),
                ("그대로 두기", "Leave it as it is"),
            ),
        }
    ],
    "figures": "after_closing",
}
SCHOOL_ROAD: dict[str, Any] = {
    "title": {"ko": "학교 앞 길을 아침마다 차 없는 길로 할까요?", "en": "Should school streets be car-free in the mornings?"},
    "description": {
        "ko": "오전 8시부터 9시까지 초등학교 앞 200미터에 차를 들이지 않는 안입니다.",
        "en": "No cars on the last 200 metres before primary schools from eight to nine in the morning.",
    },
    "questions": [
        {
            "title": {"ko": "어떻게 할까요?", "en": "What shall we do?"},
            "method": "plurality",
            "options": _options(("찬성합니다", "In favour"), ("반대합니다", "Against")),
        }
    ],
    "figures": "after_closing",
}

IDEAS = (
    (
        "놀이터에 그늘막을 설치해 주세요",
        "한여름에는 **미끄럼틀**이 뜨거워 아이들이 놀 수 없습니다. 나무가 자랄 때까지만이라도 그늘막이 있으면 좋겠습니다.",
        MAPO,
        "welfare",
    ),
    (
        "버스 정류장에 앉을 자리를 늘려 주세요",
        "어르신들이 서서 기다리십니다. 폭이 좁은 곳에는 접이식 의자라도 놓을 수 있지 않을까요?",
        GWANAK,
        "transport",
    ),
    (
        "따릉이 대여소를 지하철 출구 가까이로 옮겨 주세요",
        "출구에서 3분을 걸어 되돌아가야 합니다.\n\n- 1번 출구 옆 빈 화단\n- 3번 출구 옆 주차면 두 칸",
        NOWON,
        "transport",
    ),
    (
        "골목 빗물받이를 장마 전에 미리 청소해 주세요",
        "작년 여름에 낙엽으로 막힌 빗물받이 때문에 반지하 두 집이 잠겼습니다. 5월에 한 번만 치워도 다릅니다.",
        GWANAK,
        "safety",
    ),
    (
        "점자 블록 위에 세운 킥보드를 바로 치울 수 있게 해 주세요",
        "신고해도 다음 날에야 옮겨집니다. 대여 업체가 한 시간 안에 옮기도록 정해 주세요.",
        GANGNAM,
        "safety",
    ),
    (
        "주말 아침에 운동장을 동네에 열어 주세요",
        "학교 운동장이 주말 내내 비어 있습니다. 아침 두 시간만이라도 걷고 뛸 수 있으면 합니다.",
        MAPO,
        "culture",
    ),
)
DEBATE = {
    "title": "시청 앞 광장에 자전거 길을 낼까요?",
    "body": "광장을 가로지르면 5분이 줄어듭니다. 그 대신 행사가 있는 날에는 길을 막아야 합니다. 여러분의 생각을 들려주세요.",
}
OPINIONS = (
    ("for", "아침 출근길에 광장을 빙 돌아가느라 차도로 내려서는 사람이 많습니다. 안전을 생각하면 길을 내는 편이 낫습니다."),
    ("against", "광장은 서서 이야기하는 곳입니다. 자전거가 지나다니면 아이를 데리고 나오기가 어렵습니다."),
    ("other", "길을 새로 내기보다 시간을 나누면 어떨까요? 평일 아침 두 시간만 타고 지나가게 합시다."),
)
REPLY = "시간을 나누는 안에 저도 찬성합니다. 바닥에 불빛으로 알려 주면 헷갈리지 않을 것 같아요."
RUDE = "이런 글이나 쓰는 사람은 이 동네에서 나가라. 한심하다 정말."
NOTICE: dict[str, Any] = {
    "class": "advisory",
    "hazard": "heavy_snow",
    "wording": {
        "ko": {
            "issuer": "서울특별시",
            "where": "노원구 전역",
            "what": "오늘 밤 많은 눈이 예보되었습니다",
            "action": "내 집 앞 눈을 치우고 내일은 대중교통을 이용하세요",
        },
        "en": {
            "issuer": "Seoul",
            "where": "All of Nowon-gu",
            "what": "Heavy snow is forecast for tonight",
            "action": "Clear the snow at your door and use public transport tomorrow",
        },
    },
    "area": {"districts": [NOWON]},
}

_PLACES = (
    "놀이터",
    "마을버스 종점",
    "시장 뒷골목",
    "도서관 앞마당",
    "하천 산책로",
    "학교 담장 길",
    "경로당 옆 쉼터",
    "지하철역 2번 출구",
)
_TROUBLES = (
    "한여름이면 쇠붙이가 달아올라 아무도 앉지 못합니다",
    "비만 오면 물이 고여 유모차가 지나가지 못합니다",
    "저녁이면 불빛이 없어 아이들이 돌아서 다닙니다",
    "담배꽁초가 늘 수북해서 창문을 열 수가 없습니다",
    "어르신들이 쉴 곳이 없어 계단에 걸터앉으십니다",
    "밤마다 오토바이 소리에 잠을 깨는 집이 많습니다",
    "휠체어로는 턱을 넘을 수 없어 먼 길로 돌아갑니다",
    "주말마다 불법 주차로 구급차가 들어오지 못했습니다",
)
_WISHES = (
    "그늘막과 긴 의자를 놓아 주세요",
    "바닥을 고르고 물길을 내 주세요",
    "낮은 가로등을 몇 개만 세워 주세요",
    "작은 나무와 화분으로 자리를 바꿔 주세요",
    "손잡이와 완만한 길을 만들어 주세요",
    "주민이 함께 돌보는 시간을 정해 주세요",
    "안내판을 크고 쉬운 말로 바꿔 주세요",
    "한 달 동안 시험 삼아 차를 막아 봅시다",
)


def invented_idea() -> dict[str, Any]:
    """Make an idea that is not like the last: the same text again and again would be taken for a flood."""
    place, trouble, wish = (secrets.choice(parts) for parts in (_PLACES, _TROUBLES, _WISHES))
    return {"title": f"{place}: {wish}", "body": f"우리 동네 **{place}** 이야기입니다. {trouble}. {wish}.", "district": MAPO}


def invented_opinion() -> str:
    """Make an opinion that is not like the last."""
    return f"{secrets.choice(_PLACES)}부터 해 보면 좋겠습니다. {secrets.choice(_TROUBLES)}. 그러니 {secrets.choice(_WISHES)}."
