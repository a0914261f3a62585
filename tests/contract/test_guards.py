"""No route without a guard."""

import pytest
from flask import Blueprint, Flask

from mvoting.app import OPEN_FILES, refuse_unguarded
from mvoting.core.pages import PublicPages


def test_every_route_has_a_guard(app):
    """The product refuses to start otherwise; here once more, so that the refusal itself cannot go unnoticed."""
    bare = {rule.rule for rule in app.url_map.iter_rules() if not hasattr(app.view_functions[rule.endpoint], "guard")}
    assert bare == OPEN_FILES


def test_the_product_does_not_start_with_a_route_nobody_guards():
    small, pages = Flask("small", static_folder=None), Blueprint("pages", __name__)
    pages.get("/forgotten")(lambda: "everybody reads this")
    small.register_blueprint(pages)
    with pytest.raises(RuntimeError, match="/forgotten"):
        refuse_unguarded(small)


def test_a_public_page_changes_nothing():
    with pytest.raises(ValueError, match="only answers GET"):
        PublicPages("pages", __name__).post("/changing")
