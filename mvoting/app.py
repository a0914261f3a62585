"""The HTTP composition root."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from mvoting import parts
from mvoting.accounts import limits
from mvoting.core import database, http, log, time_limit
from mvoting.core.settings import settings

OPEN_FILES = {"/admin/static/<path:filename>", "/v1/openapi.json"}  # the libraries' own routes


def create_app() -> Flask:
    """Put the application together: settings, database, blueprints.

    Raises: SettingsError naming every wrong setting; pymongo.errors.PyMongoError when the database does not answer.
    """
    settings()
    log.configure_logging()
    app = Flask("mvoting", static_folder=None)
    # No view here is async; Flask would ask each function of each request.
    app.ensure_sync = lambda function: function  # type: ignore[method-assign, assignment]
    api = http.configure(app)
    limits.configure(app)
    believe_proxies(app)
    app.wsgi_app = time_limit.limited(app.wsgi_app)  # type: ignore[method-assign]
    for path in parts.BLUEPRINTS:
        api.register_blueprint(parts.load(path))
    for path in parts.PAGES:
        app.register_blueprint(parts.load(path))
    refuse_unguarded(app)
    database.connect()
    database.prepare(parts.load(path) for path in parts.DOCUMENTS)
    database.claim_alert_mode()
    parts.load("mvoting.worker:create_worker")()  # so that hints know their broker
    return app


def refuse_unguarded(app: Flask) -> None:
    """Refuse to start with a route that no guard stands before.

    Raises: RuntimeError naming every such route.
    """
    bare = {rule.rule for rule in app.url_map.iter_rules() if not hasattr(app.view_functions[rule.endpoint], "guard")}
    if bare - OPEN_FILES:
        raise RuntimeError(f"no guard stands before {', '.join(sorted(bare - OPEN_FILES))}")


def believe_proxies(app: Flask) -> None:
    """Take the client's address from what our own proxies appended, each of them one at the end; from nothing else."""
    if hops := settings().trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
