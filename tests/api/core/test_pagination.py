"""Keyset pages show each item once, in order, also where the sort key repeats and items arrive in between."""

import base64
import json

import pytest

from mvoting.core.pagination import keyset_page


@pytest.fixture
def items(db):
    db.page_items.delete_many({})
    db.page_items.insert_many({"_id": f"{n:03}", "rank": n // 7} for n in range(50))
    yield db.page_items
    db.page_items.drop()


def read_all(items, sort, limit):
    seen, after = [], None
    while True:
        page, after = keyset_page(items, {}, sort=sort, after=after, limit=limit)
        seen += [item["_id"] for item in page]
        assert len(page) <= limit
        if after is None:
            return seen


@pytest.mark.parametrize("limit", [1, 3, 7, 49, 50, 51])
@pytest.mark.parametrize("direction", [1, -1])
def test_every_item_once_in_order(items, limit, direction):
    expected = [d["_id"] for d in items.find().sort([("rank", direction), ("_id", -1)])]
    assert read_all(items, [("rank", direction), ("_id", -1)], limit) == expected


def test_an_item_that_arrives_in_between_shifts_nothing(items):
    page, after = keyset_page(items, {}, sort=[("_id", -1)], after=None, limit=10)
    items.insert_one({"_id": "999", "rank": 0})
    following, _ = keyset_page(items, {}, sort=[("_id", -1)], after=after, limit=10)
    assert not {d["_id"] for d in page} & {d["_id"] for d in following}
    assert following[0]["_id"] == "039"


@pytest.mark.parametrize("projection", [{"title": 1}, {"title": 1, "_id": 0}, {"sub.at": 0}, {"sub": 0, "_id": 0}, {"sub": 1}])
def test_a_projection_without_the_sort_keys_still_pages_whole(items, projection):
    """The cursor is made of the sort keys: read without them it would name nothing, and the second page be refused."""
    items.delete_many({})
    items.insert_many({"_id": f"{n:02}", "title": "t", "sub": {"at": n % 3}} for n in range(7))
    seen, after = [], None
    while True:
        page, after = keyset_page(items, {}, sort=[("sub.at", 1), ("_id", 1)], after=after, limit=2, projection=projection)
        seen += [item["_id"] for item in page]
        if after is None:
            break
    assert seen == ["00", "03", "06", "01", "04", "02", "05"]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**80, "\ud800", True, None, [], {"t": "today"}])
def test_a_cursor_of_somebodys_own_making_is_refused_or_finds_nothing(client, value):
    cursor = base64.urlsafe_b64encode(json.dumps([value, value]).encode()).decode()
    answer = client.get(f"/v1/polls?after={cursor}")
    assert answer.status_code in (200, 422), answer.text
    assert answer.status_code == 422 or answer.json == {"items": [], "next": None}
