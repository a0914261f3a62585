"""pip-audit against an OSV service of our own: well, vulnerable, out of reach. Each is told apart."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mvoting.stack import vulnerabilities


@contextmanager
def osv(vulnerable=""):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]["name"]
            affected = [
                {
                    "package": {"name": name, "ecosystem": "PyPI"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999"}]}],
                }
            ]
            found = {"vulns": [{"id": "GHSA-planted", "summary": "planted", "affected": affected}]} if name == vulnerable else {}
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_vulnerable_package_fails_the_check_unless_it_is_a_known_exception(monkeypatch):
    with osv("flask") as url:
        is_well, shown = vulnerabilities.ask(osv_url=url)
        assert is_well is False
        assert "GHSA-planted" in shown
        monkeypatch.setitem(vulnerabilities.EXCEPTIONS, "GHSA-planted", "planted by this test")
        assert vulnerabilities.ask(osv_url=url) == (True, "")


def test_without_an_answer_it_is_neither():
    is_well, shown = vulnerabilities.ask(osv_url="http://127.0.0.1:9/")
    assert is_well is None
    assert shown


def test_every_exception_says_why():
    assert all(len(reason) > 20 for reason in vulnerabilities.EXCEPTIONS.values())


@pytest.mark.parametrize("skipped", ["B101", "B311", "B404", "B603", "B606"])
def test_every_test_that_bandit_leaves_out_has_its_reason(skipped):
    from mvoting.stack.environment import ROOT

    (line,) = [line for line in (ROOT / "pyproject.toml").read_text().splitlines() if f'"{skipped}"' in line]
    assert "#" in line
