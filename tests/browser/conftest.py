"""A real Chromium and a real HTTP server in front of the application."""

import shutil
import threading

import pytest
from werkzeug.serving import make_server

# The same engine without the windows and tabs around it, as Playwright itself uses: a page takes a third of the CPU.
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def live_url(app):
    """Address of the application behind a real socket."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def chromium():
    """A browser for each file; it fails, and is not skipped, where Chromium is missing.

    Not for the whole run: Playwright keeps an event loop running in this thread, and later tests need their own.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_panel(chromium, live_url):
    """Give a page of a signed-in staff member: `open_panel("moderator")`; its `problems` are what the browser complained of."""
    from tests.browser.panel_scene import session_token

    contexts = []

    def make(*roles, language="ko-KR", size=(1280, 800), javascript=True, token=None):
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale=language, base_url=live_url, java_script_enabled=javascript
        )
        context.add_cookies([{"name": "staff", "value": token or session_token(*roles), "url": live_url, "httpOnly": True}])
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda told: page.problems.append(told.text) if told.type == "error" else None)
        return page

    yield make
    for context in contexts:
        context.close()
