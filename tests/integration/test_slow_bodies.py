"""Slow senders on the real server: cut off with an answer, while everybody else is served."""

import json
import os
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
serve.main(["--port", "{port}", "--workers", "1", "--threads", "4"])
"""
PATH = "/v1/sign-in/development"


@pytest.fixture(scope="module")
def port(environment, app):
    """Port of a server with four threads, which waits three seconds for a body."""
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


def begin(port, *, length=200, head="", path=PATH):
    """Send the head of a request and the first byte of its body."""
    connection = socket.create_connection((HOST, port))
    connection.settimeout(60)
    sent = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}"
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
    slow = [begin(port) for _ in range(12)]  # three times as many as there are threads
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
