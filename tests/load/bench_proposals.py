"""Ideas and debates at the size of a city: lists beside the floor's read, endorsing beside casting, similar ideas.

100,000 ideas, 1,000,000 endorsements and 500,000 opinions are written straight into the collections, in the shape the services
write, and indexed afterwards, which takes a quarter of the time; then everything is asked over HTTP of the product's own server. The floor is the same as casting's (bench_cast.py).
BENCH_SCALE makes all of it smaller, for trying out.
"""

import itertools
import os
import random
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from mvoting.stack import servers
from tests.load.bench_cast import (
    ROOT,
    Place,
    Served,
    _casts,
    _environment,
    _floor_app,
    _granian,
    _measure,
    _poll,
    _served,
    _tokens,
)
from tests.load.runner import Bench
from tests.load.traffic import Outcome, burst

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
IDEAS, ENDORSEMENTS, COMMENTS = int(100_000 * SCALE), int(1_000_000 * SCALE), int(500_000 * SCALE)
DEBATES = max(10, int(2_000 * SCALE))
READS, WRITES = 800, 1000
FILL = 5_000
BODIES, PEOPLE = 5_000, 200_000
OPEN_IDEAS = 2_000

random.seed(2017)
PLACES = [
    a + b
    for a in "한양강솔별달꽃해들샘은금새윗아"
    for b in ("마을", "골목", "시장", "공원", "하천", "산책로", "정류장", "도서관", "학교", "광장")
]
THINGS = [
    "그늘막",
    "가로등",
    "벤치",
    "자전거보관대",
    "놀이터",
    "횡단보도",
    "화장실",
    "쉼터",
    "비상벨",
    "분리수거함",
    "안내판",
    "운동기구",
    "텃밭",
    "주차장",
    "엘리베이터",
    "보안등",
    "무더위쉼터",
    "온열의자",
    "미끄럼방지",
    "과속카메라",
    "반려견놀이터",
    "작은도서관",
    "마을버스",
    "심야버스",
    "따릉이대여소",
    "공공와이파이",
    "수유실",
    "경사로",
    "음수대",
]
ACTIONS = [
    "을 설치해 주세요",
    "을 늘려 주세요",
    "을 고쳐 주세요",
    " 관리가 필요합니다",
    "이 부족합니다",
    "을 더 밝게 해 주세요",
    " 위치를 옮겨 주세요",
]


def run(bench: Bench) -> None:
    """Measure reading, endorsing and finding."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        replica_set = stack.enter_context(servers.mongodb(folder, cache_gb=1.0))
        redis_url = stack.enter_context(servers.redis_server(folder / "redis"))
        place = Place(replica_set.primary(), replica_set.uri, folder, _environment(replica_set.uri, redis_url, folder))
        os.environ.update(place.environment)
        floor_app = _floor_app(bench)
        city = _fill(bench)
        product = stack.enter_context(_served([sys.executable, "-m", "mvoting", "serve"], ROOT, place))
        _prepare_floor()
        floor = stack.enter_context(_served(_granian("floor_app:app"), floor_app, place))
        _reading(bench, product, floor, city)
        _similar(bench, product)
        _endorsing(bench, product, city)


def _prepare_floor() -> None:
    """Make the floor's collections as it would itself: its two workers trip over each other when both begin."""
    from mvoting.core.database import database

    floor = database().client["mvoting_floor"]
    for name in ("participation", "ballots", "single"):
        floor.create_collection(name)
    floor["items"].create_index("rank")
    floor["items"].insert_many({"rank": n, "title": f"item {n}", "body": "x" * 400, "votes": n % 97} for n in range(1000))


def _bare(method: str, path: str, token: str | None = None) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    return (head + "Content-Length: 0\r\n\r\n").encode()


# --- reading ---------------------------------------------------------------------------------------------------------


def _reading(bench: Bench, product: Served, floor: Served, city: dict[str, Any]) -> None:
    kinds = {"feed": _feed, "search": _search, "idea": lambda: _ideas(city), "comments": lambda: _threads(city)}
    rates: dict[str, list[float]] = {}
    tails: dict[str, list[float]] = {}
    for number in range(ROUNDS + 1):
        bench.say(f"reading, round {number} of {ROUNDS}")
        bare = _measure(floor, [_bare("GET", f"/floor/read20?page={n % 50}") for n in range(READS)], {200})
        for kind, requests in kinds.items():
            outcome = _measure(product, requests(), {200})
            if number:  # the first warms
                rates.setdefault(f"{kind}.per_s", []).append(outcome.per_s)
                rates.setdefault(f"{kind}.ratio_to_floor", []).append(outcome.per_s / bare.per_s)
                tails.setdefault(f"{kind}.p95_ms", []).append(outcome.quantile_ms(0.95))
        if number:
            rates.setdefault("proposals.floor_read20_per_s", []).append(bare.per_s)
    for name, values in rates.items():
        bench.record_rounds(name, values, "ratio" if name.endswith("floor") else "/s")
    for name, values in tails.items():
        bench.record_rounds(name, values, "ms")


def _feed() -> list[bytes]:
    sorts = ["newest", "hot", "most_endorsed", "near_threshold"]
    filters = ["", "&district=11440", "&category=safety", "&district=11680"]
    return [_bare("GET", f"/v1/ideas?limit=20&sort={random.choice(sorts)}{random.choice(filters)}") for _ in range(READS)]


def _search() -> list[bytes]:
    from urllib.parse import quote

    return [
        _bare("GET", f"/v1/ideas?limit=20&q={quote(f'{random.choice(PLACES)} {random.choice(THINGS)}')}") for _ in range(READS)
    ]


def _ideas(city: dict[str, Any]) -> list[bytes]:
    return [_bare("GET", f"/v1/ideas/{random.choice(city['ideas'])}") for _ in range(READS)]


def _threads(city: dict[str, Any]) -> list[bytes]:
    sorts = ["newest", "best", "controversial", "most_replied"]
    return [
        _bare("GET", f"/v1/debates/{random.choice(city['debates'])}/comments?sort={random.choice(sorts)}") for _ in range(READS)
    ]


def _similar(bench: Bench, product: Served) -> None:
    from urllib.parse import quote

    tails = []
    for _ in range(ROUNDS):
        texts = [quote(f"{random.choice(PLACES)} {random.choice(THINGS)}{random.choice(ACTIONS)}") for _ in range(400)]
        outcome = burst(product.port, [_bare("GET", f"/v1/ideas/similar?text={text}") for text in texts], connections=4)
        tails.append(_checked(outcome).quantile_ms(0.95))
    bench.record_rounds("similar.p95_ms", tails, "ms")


def _checked(outcome: Outcome) -> Outcome:
    if set(outcome.statuses) != {200}:
        raise RuntimeError(f"unexpected answers: {outcome.statuses}")
    return outcome


# --- endorsing -------------------------------------------------------------------------------------------------------


def _endorsing(bench: Bench, product: Served, city: dict[str, Any]) -> None:
    poll = _poll("open")
    figures: dict[str, list[float]] = {}
    tails = []
    for number in range(ROUNDS + 1):
        bench.say(f"endorsing, round {number} of {ROUNDS}")
        cast = _measure(product, _casts(poll, WRITES), {200})
        spread = _measure(product, _endorsements(city["open"]), {200})
        one = _measure(product, _endorsements(city["open"][number : number + 1]), {200})
        if number:
            figures.setdefault("endorse.ratio_to_cast", []).append(spread.per_s / cast.per_s)
            figures.setdefault("endorse.one_idea_ratio_to_cast", []).append(one.per_s / cast.per_s)
            figures.setdefault("endorse.per_s", []).append(spread.per_s)
            tails.append(spread.quantile_ms(0.95))
    for name, values in figures.items():
        bench.record_rounds(name, values, "ratio" if name.endswith("cast") else "/s")
    bench.record_rounds("endorse.p95_ms", tails, "ms")
    _check_counts(city["open"])


def _endorsements(ideas: list[str]) -> list[bytes]:
    return [_bare("PUT", f"/v1/ideas/{random.choice(ideas)}/endorsement", token) for token in _tokens(WRITES)]


def _check_counts(ideas: list[str]) -> None:
    from mvoting.core.database import database
    from proposals.ideas.services import endorsing

    wrong = [i for i in ideas[:200] if database().ideas.find_one({"_id": i})["endorsement_count"] != endorsing.count_documents(i)]
    if wrong:
        raise RuntimeError(f"counts differ from documents: {wrong[:3]}")


# --- filling ---------------------------------------------------------------------------------------------------------


def _fill(bench: Bench) -> dict[str, Any]:
    from mvoting.core.database import prepare
    from mvoting.core.ids import random_id
    from mvoting.parts import DOCUMENTS, load

    now = datetime.now(UTC)
    bench.say(f"writing {IDEAS} ideas")
    # The last ones take the endorsements of the measurement: their threshold is out of reach, the rest as in a real city.
    bodies = [_body() for _ in range(BODIES)]
    shares = _shares(IDEAS, ENDORSEMENTS)
    made: list[tuple[str, int]] = []
    counts: Counter[str] = Counter()
    for start in range(0, IDEAS, FILL):
        rows = [
            _idea(random_id(), now - timedelta(minutes=n), *random.choice(bodies), shares[n], is_open=n < OPEN_IDEAS)
            for n in range(start, min(start + FILL, IDEAS))
        ]
        made += [(row["_id"], row["endorsement_count"]) for row in rows]
        counts.update(term for row in rows for term in row["title_terms"])
        _insert("ideas", rows)
    _insert("idea_term_counts", [{"_id": term, "n": n} for term, n in counts.items()])
    bench.say(f"writing {sum(count for _, count in made)} endorsements")
    people = [random_id() for _ in range(PEOPLE)]
    endorsed = ((idea_id, people[(place * 7 + n) % PEOPLE]) for place, (idea_id, count) in enumerate(made) for n in range(count))
    while rows := [{"_id": f"{idea}:{who}", "person_id": who, "at": now} for idea, who in itertools.islice(endorsed, FILL)]:
        _insert("idea_endorsements", rows)
    bench.say(f"writing {COMMENTS} opinions")
    debates = [random_id() for _ in range(DEBATES)]
    _insert("debates", [_debate(debate_id, now) for debate_id in debates])
    for start in range(0, COMMENTS, FILL):
        _insert("comments", _comments(debates, min(FILL, COMMENTS - start), now))
    bench.say("making the indexes")
    prepare(load(path) for path in DOCUMENTS)
    ideas = [idea_id for idea_id, _ in made]
    return {"ideas": ideas, "open": ideas[:OPEN_IDEAS], "debates": debates}


def _insert(name: str, rows: list[dict[str, Any]]) -> None:
    from pymongo import WriteConcern

    from mvoting.core.database import database

    collection = database().get_collection(name, write_concern=WriteConcern(w=1))
    for start in range(0, len(rows), FILL):
        collection.insert_many(rows[start : start + FILL], ordered=False)


def _shares(many: int, total: int) -> list[int]:
    """Share endorsements out as people do: few ideas have many, most have hardly any."""
    weights = [min(random.paretovariate(0.9), 2000) for _ in range(many)]
    whole = sum(weights)
    return [int(weight * total / whole + random.random()) for weight in weights]


def _body() -> tuple[str, list[str]]:
    from proposals import similarity

    text = f"{random.choice(PLACES)} 근처에 사는 주민입니다. {random.choice(THINGS)} 때문에 불편합니다. {random.choice(THINGS)}도 함께 살펴 주세요."
    return text, similarity.index_terms(text)


@cache
def _analysed(title: str) -> dict[str, Any]:
    from proposals import similarity

    return {
        "title": title,
        "title_terms": similarity.index_terms(title),
        "title_grams": " ".join(sorted(similarity.grams(title))),
    }


def _idea(idea_id: str, at: datetime, body: str, body_terms: list[str], count: int, *, is_open: bool) -> dict[str, Any]:
    from mvoting.core.districts import DISTRICTS
    from proposals import markdown, ranking
    from proposals.ideas.programmes import DEMOCRACY_SEOUL
    from proposals.vocabulary import CATEGORIES

    found_by = _analysed(f"{random.choice(PLACES)} {random.choice(THINGS)}{random.choice(ACTIONS)}")
    thresholds = [dict(threshold) for threshold in DEMOCRACY_SEOUL.to_document()["thresholds"]]
    if is_open:
        thresholds[0]["count"], thresholds[1]["count"] = 10_000_000, 20_000_000
    return {
        "_id": idea_id,
        "programme_id": "democracy-seoul",
        "pipeline": "democracy-seoul",
        "thresholds": thresholds,
        "state": "collecting" if is_open or random.random() < 0.5 else "expired",
        "visibility": "public",
        "author_id": idea_id[::-1],
        "coauthor_ids": [],
        **found_by,
        "terms": list(dict.fromkeys([*found_by["title_terms"], *body_terms])),
        "body": body,
        "body_html": {"version": markdown.VERSION, "html": f"<p>{body}</p>\n"},
        "summary": body,
        "next_threshold": {"count": thresholds[0]["count"], "consequence": "department_reply"},
        "category": random.choice(list(CATEGORIES)),
        "district": random.choice(list(DISTRICTS)),
        **{key: [] for key in ("photos", "reached", "promises", "answers", "milestones", "merged_from", "outbox")},
        "timeline": [{"at": at, "event": "submit", "from": "draft", "to": "collecting", "by": "author"}],
        "created_at": at,
        "published_at": at,
        "closes_at": datetime.now(UTC) + timedelta(days=30),
        "endorsement_count": count,
        "to_threshold": (10_000_000 if is_open else 50) - count,
        "ranked_missing": (10_000_000 if is_open else 50) - count,
        "ranked_count": count,
        "touched_at": at,
        "hot": ranking.hot(count, at),
        "addition_count": 0,
        "version": 1,
    }


def _debate(debate_id: str, now: datetime) -> dict[str, Any]:
    times = {"opens_at": now - timedelta(days=5), "closes_at": now + timedelta(days=5), "created_at": now}
    lists: dict[str, Any] = {"pinned_ids": [], "told": [], "outbox": [], "side_counts": {}}
    shared = {"sides": "none", "needs": "member", "opened_by": "citizen", "visibility": "public", "version": 1, **times, **lists}
    return {
        "_id": debate_id,
        "title": "심야버스를 늘릴까요?",
        "body": "의견을 들려주세요.",
        "comment_count": 0,
        "participant_count": 0,
        **shared,
    }


def _comments(debates: list[str], count: int, now: datetime) -> list[dict[str, Any]]:
    from mvoting.core.ids import random_id
    from proposals import markdown, ranking

    rows = []
    for _ in range(count):
        comment_id, up, down = random_id(), int(random.paretovariate(1)), int(random.paretovariate(1.3)) - 1
        body = f"{random.choice(PLACES)}에 사는데 {random.choice(THINGS)} 이야기에 공감합니다. 배차 간격부터 줄여야 합니다."
        rows.append(
            {
                "_id": comment_id,
                "debate_id": random.choice(debates),
                "parent_id": None,
                "path": comment_id,
                "depth": 1,
                "author_id": comment_id[::-1],
                "official": None,
                "side": None,
                "body": body,
                "body_html": {"version": markdown.VERSION, "html": f"<p>{body}</p>\n"},
                "up": up,
                "down": down,
                "best": ranking.wilson(up, down),
                "controversial": ranking.controversial(up, down),
                "reply_count": 0,
                "created_at": now - timedelta(seconds=random.randrange(400_000)),
                "versions": [],
                "visibility": "public",
                "version": 1,
                "outbox": [],
            }
        )
    return rows
