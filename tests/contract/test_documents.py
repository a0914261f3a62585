"""Derived documents are current: docs/MAP.md, docs/openapi.json, README's settings, PROPOSALS.md's transitions. `make map` writes them."""

import difflib

import pytest

from mvoting.stack import documents


@pytest.fixture(scope="module")
def current(app):
    """The documents as they would be written now."""
    return documents.documents(app)


@pytest.mark.parametrize(
    "path", [documents.MAP, documents.OPENAPI, documents.README, documents.PROPOSALS], ids=lambda path: path.name
)
def test_the_document_is_current(current, path):
    wanted, present = current[path], path.read_text()
    if wanted != present:
        changes = difflib.unified_diff(present.splitlines(), wanted.splitlines(), "present", "wanted", lineterm="", n=1)
        pytest.fail(f"run `make map`; {path.name} is not current:\n" + "\n".join(list(changes)[:60]))


def test_the_map_follows_the_cast_to_its_service_and_collection(current):
    (line,) = [line for line in current[documents.MAP].splitlines() if "PUT `/v1/polls/<id:poll_id>/ballot`" in line]
    for part in ("member", "voting.ballots.api.put_ballot", "voting.ballots.services.cast_ballot", "`ballots`"):
        assert part in line


def test_every_address_is_on_the_map(app, current):
    text = current[documents.MAP]
    missing = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/") and rule.rule != "/v1/openapi.json" and f"`{rule.rule}`" not in text
    ]
    assert missing == []


def test_the_page_on_proposals_shows_the_transitions_that_hold(current):
    page = current[documents.PROPOSALS]
    assert "| collecting | reach | system | debating |" in page
    assert "collecting --> reviewing: reach (system)" in page


def test_every_setting_is_in_the_table():
    from dataclasses import fields

    from mvoting.core.settings import Settings

    table = documents.settings_table()
    assert all(f"`{setting.metadata['name']}`" in table for setting in fields(Settings))
