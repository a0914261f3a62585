"""Two hundred megabytes sent to the API as it is served: refused, and the serving processes grow by next to nothing."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from mvoting.stack import servers
from mvoting.stack.environment import ROOT
from tests import workers

MEGABYTE = 1 << 20
LARGE = 200 * MEGABYTE
GROWTH_LIMIT = 40 * MEGABYTE
BLOCK = b"01012345678\n" * 5461  # a little less than 64 KiB


@contextmanager
def serving(environment, log):
    port = servers.free_port()
    command = [sys.executable, "-m", "mvoting", "serve", "--port", str(port), "--workers", "1"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        workers.wait_until(lambda: servers.port_is_taken(port), seconds=60)
        httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=30).raise_for_status()
        yield port, process
    finally:
        workers.stop(process)


@pytest.fixture(scope="module")
def server(app, environment, tmp_path_factory):
    """Give (port, process) of the API with one worker."""
    with serving(environment, tmp_path_factory.mktemp("serve") / "log") as running:
        yield running


def peak(process):
    """Give the largest resident memory so far, of a process and its children, in bytes. Source: proc(5), VmHWM."""
    family = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
    lines = [line for pid in family for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def send(port, path, headers, blocks):
    """Send a POST until the server answers or hangs up. Returns: what it said, how many bytes it let in."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        try:
            for block in blocks:
                connection.sendall(block)
                sent += len(block)
        except OSError:
            pass  # refused before everything was sent; the answer may be there to be read
        try:
            return connection.recv(65536), sent
        except OSError:
            return b"", sent


def multipart(begin, size):
    head = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="roll.csv"\r\n\r\n' + begin
    yield head
    yield from (BLOCK for _ in range(size // len(BLOCK)))
    yield b"\r\n--limit--\r\n"


def chunked(blocks):
    for block in blocks:
        yield b"%x\r\n%b\r\n" % (len(block), block)
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("is_chunked", [False, True], ids=["with its length", "without its length"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/polls/00000000000000000000000000/roll", "multipart/form-data; boundary=limit"),
        ("/v1/polls", "application/json"),
        ("/v1/people/registers", "multipart/form-data; boundary=limit"),
    ],
)
def test_a_large_body_is_refused_in_flat_memory(server, staff_headers, path, kind, is_chunked):
    port, process = server
    headers = staff_headers("poll_officer", "administrator") | {"Content-Type": kind}
    blocks = list(multipart(b"phone\n", MEGABYTE))  # everything is loaded once before the measure
    headers_once = headers | {"Content-Length": str(sum(map(len, blocks)))}
    send(port, path, headers_once, blocks)
    before = peak(process)

    size = sum(map(len, multipart(b"phone\n", 0))) + LARGE // len(BLOCK) * len(BLOCK)
    length = {"Transfer-Encoding": "chunked"} if is_chunked else {"Content-Length": str(size)}
    body = multipart(b"phone\n", LARGE)
    answer, _ = send(port, path, headers | length, chunked(body) if is_chunked else body)

    # A body without its length is not read at all, so it may also be refused as one that is missing.
    refused = (b"HTTP/1.1 413 ", b"HTTP/1.1 400 ", b"HTTP/1.1 422 ") if is_chunked else b"HTTP/1.1 413 "
    assert answer == b"" or answer.startswith(refused), answer[:500]
    assert peak(process) - before < GROWTH_LIMIT
    assert httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=10).status_code == 200
