"""The HTTP composition root."""

from flask import Flask

from mvoting import parts
from mvoting.accounts import limits
from mvoting.core import database, http, log
from mvoting.core.settings import settings


def create_app() -> Flask:
    """Put the application together: settings, database, blueprints.

    Raises: SettingsError naming every wrong setting; pymongo.errors.PyMongoError when the database does not answer.
    """
    settings()
    log.configure_logging()
    app = Flask("mvoting", static_folder=None)
    api = http.configure(app)
    limits.configure(app)
    for path in parts.BLUEPRINTS:
        api.register_blueprint(parts.load(path))
    for path in parts.PAGES:
        app.register_blueprint(parts.load(path))
    database.connect()
    database.prepare(parts.load(path) for path in parts.DOCUMENTS)
    database.claim_alert_mode()
    parts.load("mvoting.worker:create_worker")()  # so that hints know their broker
    return app
