"""Real servers for the tests: one mongod (a one-member replica set) and one Redis for each process of a run, at free ports."""

import asyncio
import base64
import os
import shutil
import threading
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from mvoting.core import memory
from mvoting.core.keys_command import create_keys
from mvoting.stack import servers
from notifications.sandbox.server import Sandbox
from notifications.sandbox.server import start as start_sandbox
from tests import audited, reference

# A busy machine is no failure; what must not hang sets its own, generous limit.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# Where every `tmp_path` lies: in memory, where there is plenty of it. On a disk each confirmed write waits for that disk, and
# the suite for all of them; processes that are killed lose nothing in either place.
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 8 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES < psutil.virtual_memory().available:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

LONGEST = (
    "test_panel_screens",  # the browser at work without a pause; beside it what mostly waits
    "test_stack",
    "test_sequencer_killed",
    "test_schemathesis",
    "test_push_kills",
    "test_panel",
    "test_replica_set",
    "test_alerts",
    "test_limits",
    "test_large_files",
    "test_properties",
)


def pytest_addoption(parser):
    parser.addoption("--write-permissions", action="store_true", help="write tests/contract/permissions.csv anew")


@pytest.fixture(scope="session")
def mongod_uri(tmp_path_factory):
    """Address of a real mongod; a test that needs one fails when it cannot start."""
    with servers.mongodb(tmp_path_factory.mktemp("mongodb"), parameters=["enableTestCommands=1"]) as replica_set:
        yield replica_set.uri


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    """Address of a real Redis."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def sandbox_server():
    """Give (address, Sandbox) of a phone sandbox that stands in for FCM."""
    loop, sandbox, port = asyncio.new_event_loop(), Sandbox(), servers.free_port()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    runner = asyncio.run_coroutine_threadsafe(start_sandbox(sandbox, servers.HOST, port), loop).result(10)
    yield f"http://{servers.HOST}:{port}", sandbox
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)


@pytest.fixture
def sandbox(sandbox_server):
    """The phone sandbox, with nothing received and no faults."""
    address, sandbox = sandbox_server
    sandbox.clear()
    sandbox.address = address
    return sandbox


@pytest.fixture(scope="session")
def environment(mongod_uri, redis_url, sandbox_server, tmp_path_factory):
    """The settings of the tests, in the environment as a process would get them."""
    keys = tmp_path_factory.mktemp("keys")
    create_keys(keys, ["token", "board"])
    values = {
        "MVOTING_ENV": "test",
        "MVOTING_MONGODB_URI": mongod_uri,
        "MVOTING_MONGODB_NAME": "mvoting_test",
        "MVOTING_REDIS_URL": redis_url,
        "MVOTING_SECRET": base64.b64encode(os.urandom(32)).decode(),
        "MVOTING_KEYS_DIR": str(keys),
        "MVOTING_FCM_URL": sandbox_server[0],
    }
    os.environ.update(values)
    return values


@pytest.fixture(scope="session")
def app(environment):
    """The Flask application on the real servers."""
    from mvoting.app import create_app

    app = create_app()
    memory.settle()  # as a worker does
    audited.watch(app)
    return app


@pytest.fixture(scope="session")
def emptied(app):
    """Give a function that takes away what tests stored; what the application itself stores at its start stays."""
    from mvoting.core.database import database

    of_the_start = {name: database()[name].distinct("_id") for name in database().list_collection_names()}

    def empty():
        db = database()  # anew: some tests connect the process again
        for name in db.list_collection_names():
            if not name.startswith("system.") and db[name].estimated_document_count() > len(of_the_start.get(name, ())):
                db[name].delete_many({"_id": {"$nin": of_the_start.get(name, [])}})

    return empty


@pytest.fixture(scope="module", autouse=True)
def _files_leave_nothing_to_each_other(request):
    """Begin every file with an empty database: which files a process of a parallel run had before differs from run to run."""
    if any("app" in item.fixturenames for item in request.session.items if item.path == request.path):
        request.getfixturevalue("emptied")()


@pytest.fixture(autouse=True)
def _every_act_of_staff_is_audited():
    """Fail a test whose staff request wrote something without its entry in the audit log."""
    yield
    found, audited.findings[:] = sorted(set(audited.findings)), []
    assert found == []


@pytest.fixture
def client(app):
    """A test client."""
    return app.test_client()


@pytest.fixture
def db(app):
    """The database under the application; tests clear the collections they touch."""
    from mvoting.core.database import database

    return database()


@pytest.fixture
def person_headers(app):
    """Give headers of a signed-in citizen by a bare token: `person_headers("person-id", trust="resident", district="11440")`."""
    from mvoting.accounts.tokens import issue
    from mvoting.core.clock import now
    from mvoting.core.ids import random_id

    def make(person_id=None, *, trust="member", **facts):
        return {"Authorization": f"Bearer {issue(person_id or random_id(), random_id(), trust, facts, at=now())}"}

    return make


@pytest.fixture
def sign_in(app):
    """Give headers of a citizen who signed in by phone, joining at need: `sign_in("010-1234-5678")`."""
    from mvoting.accounts.services import sign_in_with_phone

    def make(phone):
        return {"Authorization": f"Bearer {sign_in_with_phone(phone).access_token}"}

    return make


@pytest.fixture
def staff_headers(app):
    """Give headers of a signed-in staff member who holds roles: `staff_headers("poll_officer")`."""
    from mvoting.accounts import staff_sessions
    from mvoting.accounts.models import Staff
    from mvoting.core.clock import now
    from mvoting.core.ids import new_id

    def make(*roles, staff_id=None):
        member = staff_id or new_id()
        stored = {
            "email": f"{member}@city.example",
            "name": "test",
            "roles": list(roles),
            "state": "active",
            "password_hash": "",
            "passkeys": [],
            "recovery_keys": [],
            "created_at": now(),
        }
        Staff._get_collection().update_one({"_id": member}, {"$set": stored}, upsert=True)
        return {"Authorization": f"Bearer {staff_sessions.begin(member, stage='full')}"}

    return make


@pytest.fixture(scope="session")
def reference_data():
    """Give paths in the shared reference data: `reference_data("merkle/inclusion")`. Absent, the test is left out (below)."""
    return reference.reference_data


def pytest_collection_modifyitems(config, items):
    """Begin with the files that take longest, so that no process of a parallel run is left with one at the end.

    Then those with a browser or the whole product; the emulator's last of them, because `.ci/run` installs it meanwhile.
    """
    items.sort(key=_turn)
    _leave_out_what_needs_absent_data(config, items)


def _turn(item):
    name = item.path.name.removesuffix(".py")
    if name in LONGEST:
        return LONGEST.index(name)
    is_large = {"integration", "browser"} & set(item.path.parts)
    return len(LONGEST) + (1 if name == "test_auth_emulator" else 0 if is_large else 2)


def _leave_out_what_needs_absent_data(config, items):
    """Without the reference data leave out what needs it; one skip, a failure in CI, says so (contract/test_reference_data)."""
    if reference.reference_folder() is not None:
        return
    absent = [item for item in items if "reference_data" in item.fixturenames]
    config.hook.pytest_deselected(items=absent)
    items[:] = [item for item in items if "reference_data" not in item.fixturenames]
