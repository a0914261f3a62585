"""Slow senders on the real server: cut off with an answer, while everybody else is served."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from mvoting.stack.servers import HOST, free_port

START = """
from mvoting.stack import serve, slow_bodies
slow_bodies.ALLOWED_S = 3.0
serve.main(["--port", "{port}", "--workers", "1", "--threads", "16"])
"""
PATH = "/v1/sign-in/development"
FORM = "multipart/form-data; boundary=limit"


@pytest.fixture(scope="module")
def port(environment, app):
    """Port of a server with as many threads as in production, which waits three seconds for a body."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", START.format(port=port)], env={**os.environ, **environment})
    try:
        deadline = time.monotonic() + 240
        while not is_alive(port):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def is_alive(port):
    try:
        return httpx.get(f"http://{HOST}:{port}/health/live", timeout=10).status_code == 200
    except httpx.HTTPError:
        return False


def begin(port, *, length=200, head="", path=PATH, kind="application/json"):
    """Send the head of a request and the first byte of its body."""
    connection = socket.create_connection((HOST, port))
    connection.settimeout(60)
    sent = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{head}"
    connection.sendall(f"{sent}Content-Length: {length}\r\n\r\n{{".encode())
    return connection


def everything(connection):
    """Read until the server closes the connection."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def send_slowly(connection, until):
    """Send a byte now and then, as a slow-loris does, as long as the server takes them."""
    try:
        while time.monotonic() < until:
            connection.sendall(b" ")
            time.sleep(0.05)
    except OSError:
        return


@pytest.mark.parametrize("how", ["a byte now and then", "nothing more"])
def test_a_slow_sender_is_told_and_cut_off(port, db, how):
    codes, began = db.sign_in_codes.count_documents({}), time.monotonic()
    with begin(port, head="Accept-Language: en\r\n") as connection:
        if how == "a byte now and then":
            threading.Thread(target=send_slowly, args=(connection, began + 60), daemon=True).start()
        head, _, body = everything(connection).partition(b"\r\n\r\n")
    assert b" 408 " in head.splitlines()[0]
    assert b"content-type: application/problem+json" in head.lower()
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == ("core.body-too-slow", 408)
    assert "Nothing was processed" in problem["title"]
    assert time.monotonic() - began > 2.9, "not before its time"
    assert db.sign_in_codes.count_documents({}) == codes
    assert is_alive(port)


def test_many_slow_senders_keep_nobody_out(port):
    slow = [begin(port) for _ in range(48)]  # three times as many as there are threads
    try:
        for connection in slow:
            threading.Thread(target=send_slowly, args=(connection, time.monotonic() + 60), daemon=True).start()
        answer = httpx.post(f"http://{HOST}:{port}{PATH}", json={"phone": "010-2020-2020"}, timeout=60)
        assert answer.status_code == 200, answer.text
        assert all(b" 408 " in everything(connection) for connection in slow)
    finally:
        for connection in slow:
            connection.close()


def test_a_large_body_gets_its_time_and_a_late_one_that_is_whole_counts(port):
    padded = (json.dumps({"phone": "010-2020-2021"}) + " " * 100_000).encode()
    assert httpx.post(f"http://{HOST}:{port}{PATH}", content=padded, headers={"Content-Type": "application/json"}).is_success
    rest = b'"phone": "010-2020-2022"}'
    with begin(port, length=len(rest) + 1, head="Connection: close\r\n") as connection:
        time.sleep(0.3)
        connection.sendall(rest)
        assert b" 200 " in everything(connection).splitlines()[0]


def test_whoever_hangs_up_is_not_waited_for(port):
    for _ in range(8):
        begin(port).close()
    assert httpx.post(f"http://{HOST}:{port}{PATH}", json={"phone": "010-2020-2023"}, timeout=60).status_code == 200


def test_large_bodies_hold_few_threads_and_of_one_address_fewer(port, staff_headers):
    """Twelve uploads of twelve megabytes, each allowed minutes: two are waited for, the others are told to come back."""
    allowed = staff_headers("administrator")["Authorization"]
    head = f"Authorization: {allowed}\r\nConnection: close\r\n"
    uploads = [begin(port, length=12_000_000, head=head, path="/v1/people/registers?reason=2026", kind=FORM) for _ in range(12)]
    try:
        waits = [measured(port) for _ in range(5)]
        assert sorted(waits)[2] < 2, waits
        put_off = [upload for upload in uploads if is_answered(upload)]
        assert len(put_off) == 10
        refused = everything(put_off[0])
        assert b" 503 " in refused.splitlines()[0]
        assert b"retry-after: 10" in refused.lower()
        assert b"core.too-many-uploads" in refused
        held = [upload for upload in uploads if upload not in put_off]
        for upload in held:
            upload.close()
        deadline = time.monotonic() + 30
        while True:  # their places are free again
            with begin(port, length=12_000_000, head=head, path="/v1/people/registers?reason=2026", kind=FORM) as again:
                if not is_answered(again):
                    break
            assert time.monotonic() < deadline
    finally:
        for upload in uploads:
            upload.close()


def measured(port):
    began = time.monotonic()
    assert httpx.post(f"http://{HOST}:{port}{PATH}", json={"phone": "010-2020-2024"}, timeout=60).status_code == 200
    return time.monotonic() - began


def is_answered(connection):
    """Tell whether an answer is there, or comes within a second."""
    return bool(select.select([connection], [], [], 1)[0])
