"""How often a public page asks the database: a few times, and as often for many lines as for one."""

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id


@pytest.fixture
def asked(client, db):
    """Count the commands that one request sends: `asked("/v1/ideas")`. It is sent once before, so that caches are full."""

    def count(url, headers=None):
        assert client.get(url, headers=headers).status_code == 200
        db.command("profile", 0)
        db.drop_collection("system.profile")
        db.command("profile", 2)
        try:
            assert client.get(url, headers=headers).status_code == 200
        finally:
            db.command("profile", 0)
        return db["system.profile"].count_documents({"command.profile": {"$exists": False}})

    return count


@pytest.fixture
def fill(make_idea, make_debate):
    """Add four of everything to the lists, and four opinions to a debate. Gives the ids of an idea and a debate."""
    from proposals.debates import services

    def more(debate=None):
        ideas = [make_idea() for _ in range(4)]
        debates = [make_debate(sides="none") for _ in range(4)]
        debate = debate or debates[0]
        for _ in range(4):
            services.add_comment(debate["_id"], {"body": f"의견 {random_id()}"}, now=now(), author_id=random_id())
        return ideas[0], debate

    return more


LISTS = {
    "/v1/ideas?limit=100": 1,
    "/v1/ideas?sort=hot&limit=100": 1,
    "/v1/debates?limit=100": 1,
    "/v1/debates/{debate}/comments?limit=100": 2,
    "/v1/polls?limit=100": 1,
    "/v1/alerts/active": 1,
}


@pytest.mark.parametrize(("url", "most"), LISTS.items())
def test_a_public_list_asks_a_few_times_however_long_it_is(asked, fill, url, most):
    _, debate = fill()
    url = url.format(debate=debate["_id"])
    short = asked(url)
    fill(debate)
    assert (short <= most, asked(url)) == (True, short), short


def test_a_page_of_an_idea_and_of_a_debate_ask_a_few_times(asked, fill, person_headers):
    idea, debate = fill()
    assert asked(f"/v1/ideas/{idea['_id']}") <= 1
    assert asked(f"/v1/debates/{debate['_id']}") <= 2
    assert asked(f"/v1/ideas/{idea['_id']}", person_headers()) <= 3
