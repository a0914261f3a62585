"""A database of their own for tests that ask every route, so that neither they nor other tests find half-made things."""

import os

import pytest


@pytest.fixture(scope="module")
def own_database(app):
    """Put a fresh database under the application for one file; the other tests' one comes back after it."""
    from mvoting.core.database import database

    shared = os.environ["MVOTING_MONGODB_NAME"]
    with pytest.MonkeyPatch.context() as patch:
        _move_to(f"{shared}_own", patch)
        database().client.drop_database(database().name)
        _move_to(f"{shared}_own", patch)
        yield database()
        database().client.drop_database(database().name)
    with pytest.MonkeyPatch.context() as patch:
        _move_to(shared, patch)
    os.environ["MVOTING_MONGODB_NAME"] = shared


def _move_to(name, patch):
    """Connect this process to another database, the clients that casting and endorsing keep for themselves included."""
    from mvoting import parts
    from mvoting.accounts import sessions
    from mvoting.core import database
    from mvoting.core.settings import settings
    from mvoting.voting.ballots import services as ballots
    from proposals.ideas.services import collections

    patch.setenv("MVOTING_MONGODB_NAME", name)
    settings.cache_clear()
    patch.setattr(ballots, "_connected", None)
    patch.setattr(collections, "_own", None)
    sessions._revocations.forget()
    database.disconnect()
    database.connect()
    database.prepare(parts.load(path) for path in parts.DOCUMENTS)
    database.claim_alert_mode()
