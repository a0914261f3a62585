"""`board verify` of an address that has no archive yet: the server's own words, not a number."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mvoting.voting.board import command


class NotYet(BaseHTTPRequestHandler):
    """Refuses as the API does before a poll has ended, or as some other server would."""

    def do_GET(self):
        body = b"no" if "other" in self.path else json.dumps({"title": "The result is not out yet."}).encode()
        self.send_response(409)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.mark.parametrize(("path", "said"), [("polls/x", "The result is not out yet."), ("other", "HTTP Error 409")])
def test_a_refusal_is_told_in_the_server_s_words(capsys, path, said):
    server = HTTPServer(("127.0.0.1", 0), NotYet)
    threading.Thread(target=server.handle_request, daemon=True).start()
    assert command.main(["verify", f"http://127.0.0.1:{server.server_port}/{path}"]) == 2
    server.server_close()
    assert said in capsys.readouterr().err
