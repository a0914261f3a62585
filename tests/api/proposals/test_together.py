"""Drafts, co-authors, additions, merges, follows, photos, similar ideas, lists."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from mvoting.core.clock import now
from mvoting.core.ids import random_id

BODY = "여름이면 놀이터가 너무 뜨거워서 놀 수 없습니다."


def test_a_draft_survives_and_only_its_author_sees_it(client, person_headers):
    me, other = person_headers(), person_headers()
    draft = client.post("/v1/ideas/drafts", json={"title": "그늘"}, headers=me).get_json()
    url = f"/v1/ideas/{draft['id']}"
    assert client.get(url, headers=other).status_code == 404
    assert client.get(url).status_code == 404
    assert client.patch(url, json={"body": BODY}, headers=me).status_code == 428
    saved = client.patch(url, json={"body": BODY}, headers=me | {"If-Match": f'"{draft["version"]}"'})
    assert saved.status_code == 200, saved.text
    assert client.patch(url, json={"body": "x"}, headers=me | {"If-Match": f'"{draft["version"]}"'}).status_code == 412
    assert client.patch(url, json={"body": "x"}, headers=other | {"If-Match": saved.headers["ETag"]}).status_code == 404
    assert client.post(f"{url}/submission", headers=me).get_json()["code"] == "proposals.idea-incomplete"
    client.patch(url, json={"title": "놀이터에 그늘을"}, headers=me | {"If-Match": saved.headers["ETag"]})
    assert draft["id"] in [line["id"] for line in client.get("/v1/ideas/mine", headers=me).get_json()["items"]]
    assert client.post(f"{url}/submission", headers=other).status_code == 404
    assert client.post(f"{url}/submission", headers=me).get_json()["state"] == "collecting"
    assert client.post(f"{url}/submission", headers=me).get_json()["code"] == "proposals.move-not-allowed"
    assert client.delete(url, headers=me).status_code == 409
    assert client.get(url).status_code == 200


def test_a_text_that_was_endorsed_cannot_be_rewritten(client, make_idea, endorse_many, person_headers):
    author = random_id()
    idea, me = make_idea(author), person_headers(author)
    edited = client.patch(
        f"/v1/ideas/{idea['_id']}", json={"title": "놀이터 그늘막 설치"}, headers=me | {"If-Match": f'"{idea["version"]}"'}
    )
    assert edited.get_json()["title"] == "놀이터 그늘막 설치"
    endorse_many(idea["_id"], 1)
    refused = client.patch(
        f"/v1/ideas/{idea['_id']}", json={"title": "카지노 광고"}, headers=me | {"If-Match": edited.headers["ETag"]}
    )
    assert refused.get_json()["code"] == "proposals.text-fixed"


def test_a_retried_request_raises_one_idea(client, person_headers):
    me = person_headers() | {"Idempotency-Key": random_id()}
    one, two = (client.post("/v1/ideas", json={"title": "골목에 가로등을", "body": BODY}, headers=me) for _ in range(2))
    assert one.get_json()["id"] == two.get_json()["id"]


def test_coauthors_must_accept(client, make_idea, person_headers):
    author, friend = random_id(), random_id()
    idea = make_idea(author)
    url = f"/v1/ideas/{idea['_id']}"
    assert client.post(f"{url}/invitation", headers=person_headers()).status_code == 403
    code = client.post(f"{url}/invitation", headers=person_headers(author)).get_json()["code"]
    assert code not in client.get(url).text
    assert client.put(f"{url}/coauthorship", json={"code": random_id()}, headers=person_headers(friend)).status_code == 409
    joined = client.put(f"{url}/coauthorship", json={"code": code}, headers=person_headers(friend))
    assert joined.get_json()["is_coauthor"] is True
    assert client.put(f"{url}/coauthorship", json={"code": code}, headers=person_headers()).status_code == 409
    assert client.delete(f"{url}/coauthorship", headers=person_headers(friend)).status_code == 204
    assert client.get(url).get_json()["coauthors"] == []


def test_an_addition_is_accepted_with_its_credit_or_declined(client, make_idea, person_headers, events_about):
    author, helper = random_id(), random_id()
    idea = make_idea(author)
    url = f"/v1/ideas/{idea['_id']}"
    added = client.post(f"{url}/additions", json={"body": "벤치도 함께 놓아 주세요."}, headers=person_headers(helper)).get_json()
    answer = f"{url}/additions/{added['id']}/answer"
    assert client.put(answer, json={"is_accepted": True}, headers=person_headers()).status_code == 403
    assert client.put(answer, json={"is_accepted": True}, headers=person_headers(author)).get_json()["state"] == "accepted"
    assert client.put(answer, json={"is_accepted": False}, headers=person_headers(author)).status_code == 404
    page = client.get(url).get_json()
    assert page["addition_count"] == 1
    assert client.get(f"{url}/additions").get_json()["items"][0]["author"] == added["author"] != page["author"]
    assert [e["to"]["id"] for e in events_about(idea["_id"]) if e["kind"].startswith("addition")] == [author, helper]


def test_a_merge_moves_only_those_who_consent_and_counts_nobody_twice(
    client, db, make_idea, endorse_many, person_headers, events_about
):
    from proposals.ideas.services import endorsing

    first, second = random_id(), random_id()
    source, target = make_idea(first, title="놀이터 그늘막 설치"), make_idea(second, title="놀이터에 그늘막을")
    one, both, silent = endorse_many(source["_id"], 3)
    endorsing.endorse(target["_id"], both, now=now())
    asked = client.post(
        f"/v1/ideas/{source['_id']}/merges", json={"into_id": target["_id"]}, headers=person_headers(first)
    ).get_json()
    assert (
        client.post(f"/v1/ideas/{source['_id']}/merges", json={"into_id": target["_id"]}, headers=person_headers()).status_code
        == 403
    )
    waiting = client.get(f"/v1/ideas/{target['_id']}/merges", headers=person_headers(second)).get_json()["items"]
    assert [m["id"] for m in waiting] == [asked["id"]]
    answer = f"/v1/ideas/{target['_id']}/merges/{asked['id']}/answer"
    assert client.put(answer, json={"is_accepted": True}, headers=person_headers(first)).status_code == 403
    assert client.put(answer, json={"is_accepted": True}, headers=person_headers(second)).get_json()["state"] == "accepted"
    consent = f"/v1/ideas/{source['_id']}/merge-consent"
    assert client.put(consent, headers=person_headers(one)).get_json()["endorsement_count"] == 2
    assert client.put(consent, headers=person_headers(both)).get_json()["endorsement_count"] == 2
    assert client.put(consent, headers=person_headers(one)).get_json()["code"] == "proposals.nothing-to-move"
    old, new = client.get(f"/v1/ideas/{source['_id']}").get_json(), client.get(f"/v1/ideas/{target['_id']}").get_json()
    assert (old["state"], old["merged_into"], old["endorsement_count"]) == ("merged", target["_id"], 1)
    assert new["merged_from"] == [source["_id"]]
    assert db.idea_endorsements.find_one({"_id": f"{target['_id']}:{one}"})["moved_from"] == source["_id"]
    assert db.idea_endorsements.find_one({"_id": f"{source['_id']}:{silent}"}) is not None
    asked_events = events_about(source["_id"], "merge_consent_asked")
    assert [e["to"] for e in asked_events] == [{"kind": "endorsers", "id": source["_id"]}]


def test_consent_follows_an_idea_that_was_merged_on(client, make_idea, endorse_many, person_headers):
    authors = [random_id() for _ in range(3)]
    first, second, third = (make_idea(author) for author in authors)
    (early,) = endorse_many(first["_id"], 1)
    for source, target, asks, decides in ((first, second, 0, 1), (second, third, 1, 2)):
        into = {"into_id": target["_id"]}
        asked = client.post(f"/v1/ideas/{source['_id']}/merges", json=into, headers=person_headers(authors[asks])).get_json()
        url = f"/v1/ideas/{target['_id']}/merges/{asked['id']}/answer"
        assert client.put(url, json={"is_accepted": True}, headers=person_headers(authors[decides])).status_code == 200
    moved = client.put(f"/v1/ideas/{first['_id']}/merge-consent", headers=person_headers(early)).get_json()
    assert (moved["id"], moved["endorsement_count"]) == (third["_id"], 1)
    again = client.put(f"/v1/ideas/{first['_id']}/merge-consent", headers=person_headers(early))
    assert again.get_json()["code"] == "proposals.nothing-to-move"
    unmerged = client.put(f"/v1/ideas/{third['_id']}/merge-consent", headers=person_headers(early))
    assert unmerged.get_json()["code"] == "proposals.idea-not-found"


def test_at_most_five_coauthors_join_and_no_invitation_outlives_its_week(client, db, make_idea, person_headers):
    author = random_id()
    idea = make_idea(author)
    url = f"/v1/ideas/{idea['_id']}"

    def join(code):
        return client.put(f"{url}/coauthorship", json={"code": code}, headers=person_headers())

    def invite():
        return client.post(f"{url}/invitation", headers=person_headers(author)).get_json()["code"]

    old = invite()
    assert join(invite()).status_code == 200
    assert join(old).status_code == 409, "a new invitation replaces the last"
    own = client.put(f"{url}/coauthorship", json={"code": invite()}, headers=person_headers(author))
    assert own.get_json()["code"] == "proposals.invitation-invalid"
    late = invite()
    db.ideas.update_one({"_id": idea["_id"]}, {"$set": {"invitation.expires_at": now()}})
    assert join(late).status_code == 409
    assert [join(invite()).status_code for _ in range(5)] == [200, 200, 200, 200, 409]
    assert len(client.get(url).get_json()["coauthors"]) == 5


def test_an_addition_is_refused_where_nothing_is_collected_and_without_a_text(client, make_idea, person_headers):
    author = random_id()
    idea = make_idea(author)
    url = f"/v1/ideas/{idea['_id']}/additions"
    for body in ({"body": ""}, {"body": "가" * 2001}, {"body": {"$gt": ""}}, {}):
        assert client.post(url, json=body, headers=person_headers()).status_code == 422
    assert client.post(url, json={"body": "벤치도"}).status_code == 401
    client.post(f"/v1/ideas/{idea['_id']}/retirement", json={"reason": "그만둡니다."}, headers=person_headers(author))
    over = client.post(url, json={"body": "벤치도"}, headers=person_headers())
    assert over.get_json()["code"] == "proposals.not-collecting"


def test_an_idea_of_another_programme_cannot_be_merged_in(client, make_idea, person_headers):
    author = random_id()
    source, target = make_idea(author, programme_id="oasis"), make_idea(random_id())
    refused = client.post(f"/v1/ideas/{source['_id']}/merges", json={"into_id": target["_id"]}, headers=person_headers(author))
    assert refused.get_json()["code"] == "proposals.merge-not-possible"


def test_followers_are_who_followed(client, make_idea, person_headers):
    from proposals import services

    author, fan = random_id(), random_id()
    idea = make_idea(author)
    url = f"/v1/ideas/{idea['_id']}/follow"
    assert client.put(url, headers=person_headers(fan)).status_code == 204
    assert client.put(url, headers=person_headers(fan)).status_code == 204
    to = {"kind": "followers", "id": idea["_id"]}
    assert sorted(services.audience(to)[0]) == sorted([author, fan])
    page, cursor = services.audience(to, limit=1)
    rest, _ = services.audience(to, after=cursor, limit=1)
    assert sorted(page + rest) == sorted([author, fan])
    client.delete(url, headers=person_headers(fan))
    assert services.audience(to)[0] == [author]


def photo():
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (37.0, 33.0, 59.0), 3: "E", 4: (126.0, 58.0, 41.0)}
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (10, 120, 60)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def upload(client, headers, data=None):
    return client.post("/v1/pictures", data={"file": (io.BytesIO(data or photo()), "p.jpg")}, headers=headers)


def test_photos_lose_their_position_and_hide_with_their_idea(client, person_headers, staff_headers):
    me = person_headers()
    picture = upload(client, me).get_json()["id"]
    raised = client.post("/v1/ideas", json={"title": "놀이터 그늘막", "body": BODY, "photos": [picture]}, headers=me).get_json()
    assert raised["photos"] == [picture]
    image = Image.open(io.BytesIO(client.get(f"/v1/pictures/{picture}").data))
    assert (image.format, dict(image.getexif())) == ("WEBP", {})
    hidden = {"target": {"kind": "idea", "id": raised["id"]}, "text": "개인정보가 보입니다."}
    assert client.post("/v1/reports/hidings", json=hidden, headers=staff_headers("moderator")).status_code == 201
    assert client.get(f"/v1/pictures/{picture}").status_code == 404


def test_photos_of_others_and_more_than_ten_are_refused(client, person_headers):
    picture = upload(client, person_headers()).get_json()["id"]
    idea = {"title": "놀이터 그늘막", "body": BODY}
    assert client.post("/v1/ideas", json=idea | {"photos": [picture]}, headers=person_headers()).status_code == 404
    assert client.post("/v1/ideas", json=idea | {"photos": [picture] * 11}, headers=person_headers()).status_code == 422
    assert client.post("/v1/ideas", json=idea | {"photos": [{"$gt": ""}]}, headers=person_headers()).status_code == 422


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"<svg onload=alert(1)>",
        b"GIF89a" + b"\x00" * 40,
        b"%PDF-1.7 /JavaScript",
        photo()[:40],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
    ],
)
def test_what_is_no_photo_is_refused(client, person_headers, data):
    assert upload(client, person_headers(), data).get_json()["code"] == "core.picture-refused"


def test_a_photo_with_a_script_behind_it_loses_the_script(client, person_headers):
    picture = upload(client, person_headers(), photo() + b"<script>alert(1)</script><?php system('id') ?>").get_json()["id"]
    served = client.get(f"/v1/pictures/{picture}")
    assert b"<script>" not in served.data
    assert b"<?php" not in served.data
    assert served.headers["X-Content-Type-Options"] == "nosniff"


def test_similar_ideas_are_shown_while_typing(client, make_idea):
    word = "".join("가나다라마바사아자차"[ord(c) % 10] for c in random_id()[-3:])
    idea = make_idea(title=f"{word} 전망대에 망원경을 설치해 주세요")
    other = make_idea(title=f"{word} 골목의 보안등을 고쳐 주세요")
    found = client.get(f"/v1/ideas/similar?text={word} 전망대 망원경").get_json()["items"]
    assert idea["_id"] in [line["id"] for line in found]
    assert other["_id"] not in [line["id"] for line in found]
    assert client.get(f"/v1/ideas/{idea['_id']}/similar").get_json()["items"] == []


def test_lists_page_without_gaps_or_repeats(client, make_idea):
    district = "11110"
    ids = [make_idea(district=district)["_id"] for _ in range(7)]
    for sort in ("newest", "hot", "most_endorsed", "near_threshold"):
        seen, after = [], ""
        while True:
            page = client.get(
                f"/v1/ideas?district={district}&limit=2&sort={sort}" + (f"&after={after}" if after else "")
            ).get_json()
            assert "items" in page, (sort, page)
            seen += [line["id"] for line in page["items"]]
            after = page["next"]
            if not after:
                break
        assert len(seen) == len(set(seen)), sort
        assert set(ids) <= set(seen), sort


def test_orders_follow_the_counts_within_a_district_too(client, make_idea, endorse_many):
    from proposals.ideas.services import endorsing

    few, many = make_idea(district="11740"), make_idea(district="11740")
    endorse_many(few["_id"], 1)
    endorse_many(many["_id"], 3)
    endorsing.refresh_ranks(since=now() - timedelta(minutes=1))
    for sort in ("most_endorsed", "near_threshold", "hot"):
        lines = client.get(f"/v1/ideas?district=11740&sort={sort}").get_json()["items"]
        assert [line["id"] for line in lines][:2] == [many["_id"], few["_id"]], sort


def test_ideas_near_me_come_nearest_first_also_at_one_very_place(client, make_idea):
    here = {"type": "Point", "coordinates": [127.9, 36.1]}
    same = sorted(make_idea(point=here)["_id"] for _ in range(5))
    away = make_idea(point={"type": "Point", "coordinates": [127.9, 36.105]})["_id"]
    make_idea(point={"type": "Point", "coordinates": [127.9, 36.5]})
    seen, after = [], ""
    while True:
        url = "/v1/ideas/near?lng=127.9&lat=36.1&within_m=2000&limit=2" + (f"&after={after}" if after else "")
        page = client.get(url).get_json()
        seen += page["items"]
        after = page["next"]
        if not after:
            break
    assert [line["id"] for line in seen] == [*same, away]
    assert 540 < seen[-1]["distance_m"] < 570
    assert client.get("/v1/ideas/near?lng=127.9&lat=36.1&after=eyJhIjoxfQ").get_json()["code"] == "core.bad-cursor"


def test_search_filters_and_finds_through_particles(client, make_idea):
    word = "솔바람숲" + random_id()[-6:].translate(
        str.maketrans("0123456789abcdefghjkmnpqrstvwxyz", "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로")
    )
    idea = make_idea(title=f"{word}에 쉼터를 지어 주세요", category="environment", district="11440")
    for query in (word, f"{word}을", f"{word} 쉼터", f"q {word}"[2:]):
        assert [line["id"] for line in client.get(f"/v1/ideas?q={query}").get_json()["items"]] == [idea["_id"]], query
    assert client.get(f"/v1/ideas?q={word}&category=safety").get_json()["items"] == []
    assert client.get("/v1/ideas?q=...").get_json() == {"items": [], "next": None}


def test_retiring_keeps_the_page_with_its_reason(client, make_idea, person_headers):
    author = random_id()
    idea = make_idea(author)
    url = f"/v1/ideas/{idea['_id']}"
    assert client.post(f"{url}/retirement", json={"reason": "이미 설치됐어요"}, headers=person_headers()).status_code == 403
    assert (
        client.post(f"{url}/retirement", json={"reason": "이미 설치됐어요"}, headers=person_headers(author)).get_json()["state"]
        == "retired"
    )
    assert client.get(url).get_json()["timeline"][-1]["reason"] == "이미 설치됐어요"
    assert client.put(f"{url}/endorsement", headers=person_headers()).get_json()["code"] == "proposals.not-collecting"


def test_events_come_in_one_order_without_gaps_under_simultaneous_relays(make_idea, db):
    from concurrent.futures import ThreadPoolExecutor

    from proposals import events

    before = max((e["position"] for e in db.proposal_events.find()), default=0)
    with ThreadPoolExecutor(8) as pool:
        ideas = list(pool.map(lambda _: make_idea(title=f"{random_id()} 제안")["_id"], range(16)))
        list(pool.map(lambda _: events.relay(), range(8)))
    events.relay()
    after = events.events_since(before)
    assert [e["position"] for e in after] == list(range(before + 1, before + 1 + len(after)))
    assert {e["subject"]["id"] for e in after} >= set(ideas)
    assert len({e["_id"] for e in after}) == len(after)


def test_debates_need_a_sane_period(client, person_headers):
    body = {
        "title": "심야버스를 늘려야 할까요?",
        "body": "배차 간격이 너무 깁니다.",
        "closes_at": (now() + timedelta(days=400)).isoformat(),
    }
    assert client.post("/v1/debates", json=body, headers=person_headers()).get_json()["code"] == "proposals.debate-period"


def test_two_ideas_that_are_merged_into_each_other_at_once_make_no_ring(
    client, make_idea, endorse_many, person_headers, monkeypatch
):
    from proposals.ideas.services import joining

    authors = [random_id(), random_id()]
    one, two = (make_idea(author) for author in authors)
    (early,) = endorse_many(one["_id"], 1)
    asked = [
        joining.ask_merge(a["_id"], b["_id"], {"kind": "person", "id": who}, now=now())
        for a, b, who in ((one, two, authors[0]), (two, one, authors[1]))
    ]
    read = joining.get_idea

    def overtaken(idea_id, *viewer):
        """The other author's answer comes between the look at the target and the look at the source."""
        monkeypatch.setattr(joining, "get_idea", read)
        joining.answer_merge(two["_id"], asked[0]["_id"], authors[1], accepted=True, now=now())
        return read(idea_id, *viewer)

    monkeypatch.setattr(joining, "get_idea", overtaken)
    late = client.put(
        f"/v1/ideas/{one['_id']}/merges/{asked[1]['_id']}/answer", json={"is_accepted": True}, headers=person_headers(authors[0])
    )
    assert (late.status_code, late.get_json()["code"]) == (409, "proposals.merge-not-possible")
    moved = client.put(f"/v1/ideas/{one['_id']}/merge-consent", headers=person_headers(early)).get_json()
    assert (moved["id"], moved["endorsement_count"]) == (two["_id"], 1)
