"""What waits for me."""

from flask import render_template

from admin.pages import panel
from admin.panel import blueprint


@blueprint.page("", guard=panel())
def today() -> str:
    """Show what waits for whoever asks, by role."""
    return render_template("admin/today.html", waiting=[])
