"""The HTTP composition root."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

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
    believe_proxies(app)
    for path in parts.BLUEPRINTS:
        api.register_blueprint(parts.load(path))
    for path in parts.PAGES:
        app.register_blueprint(parts.load(path))
    database.connect()
    database.prepare(parts.load(path) for path in parts.DOCUMENTS)
    database.claim_alert_mode()
    parts.load("mvoting.worker:create_worker")()  # so that hints know their broker
    return app


def believe_proxies(app: Flask) -> None:
    """Take the client's address from what our own proxies appended, each of them one at the end; from nothing else."""
    if hops := settings().trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
