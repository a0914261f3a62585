from tools import proposals_docs


def test_the_page_shows_the_transitions_that_hold():
    page = proposals_docs.PAGE.read_text(encoding="utf-8")
    assert page == proposals_docs.drawn(page), "run python tools/proposals_docs.py"
    assert "| collecting | reach | system | debating |" in page
    assert "collecting --> reviewing: reach (system)" in page
