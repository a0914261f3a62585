"""A time limit on request bodies: whoever sends one too slowly is told so and cut off.

granian gives a request to one of its few threads as soon as the head is there, and the thread waits for the body as long as
the sender likes: some dozens of connections that send a byte now and then would stop the service. granian has no limit for
that. So a watch answers in the waiting thread's place (408) and shuts the connection's reading side, which ends the wait; the
request was not processed, not even in part.

A large body gets time for its size, a register of 12 MB some minutes. So few of them are received at once, of one address
fewer: others are refused at once (503) before any of it is read, and most threads stay free for short requests.

Uses two things that granian (pinned in requirements.txt) does not promise: where it wraps the application, and that the first
answer to a request counts. Sockets are found by Linux's /proc and TCP_INFO; elsewhere the answer is sent and the thread waits.
"""

import contextlib
import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

from granian.server import mp
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import RequestTimeout
from werkzeug.http import parse_accept_header

from mvoting.core import log
from mvoting.core.language import LANGUAGES, speaking
from mvoting.core.problems import BodyTooSlow, TooManyUploads
from mvoting.core.refusals import PROBLEM_TYPE, written
from mvoting.core.settings import settings

ALLOWED_S = 10.0
BYTES_PER_S = 16 * 1024  # what larger bodies get beyond that
CROWDED_S = 1.0  # once most threads wait for bodies
CROWD = 0.75
LARGE_BYTES = 512 * 1024
LARGE_SHARE = 0.25  # of the threads may receive large bodies,
LARGE_PER_ADDRESS = 2  # of one address these many
LARGE_RETRY_AFTER_S = 10
LOOKED_AT_EVERY_S = 0.25
JUST_ANSWERED_MS = 250
LAST_DATA_SENT = 44  # where struct tcp_info holds the milliseconds since the last byte was sent


def watch(*, threads: int) -> None:
    """Let every worker that granian starts from now on watch its bodies; `threads` is how many it has."""
    wrap = mp._wsgi_call_wrap  # type: ignore[attr-defined]

    def watched(callback: Callable[..., Any], *options: Any) -> Callable[..., Any]:
        run, watching = wrap(callback, *options), _Watch(threads)

        def runner(proto: Any, scope: dict[str, Any]) -> Any:
            if "CONTENT_LENGTH" not in scope and "HTTP_TRANSFER_ENCODING" not in scope:
                return run(proto, scope)
            body = scope["wsgi.input"] = _Body(scope["wsgi.input"], proto, scope, watching)
            try:
                return run(proto, scope)
            finally:
                watching.done(body)

        return runner

    mp._wsgi_call_wrap = watched  # type: ignore[attr-defined, assignment]


class _Body:
    """A request's body (`wsgi.input`) that is watched while somebody waits for it."""

    def __init__(self, inner: Any, proto: Any, scope: dict[str, Any], watching: "_Watch") -> None:
        self._inner, self._watching = inner, watching
        self.proto, self.scope = proto, scope
        self.began = 0.0
        self.is_cut = False

    @property
    def length(self) -> int:
        told = self.scope.get("CONTENT_LENGTH", "")
        return int(told) if told.isascii() and told.isdecimal() else 0

    @property
    def allowed_s(self) -> float:
        return ALLOWED_S + self.length / BYTES_PER_S

    @property
    def peer(self) -> str:
        return str(self.scope.get("REMOTE_ADDR", ""))

    @property
    def sender(self) -> str:
        """Whose body it is: the peer's, or whom the trusted proxies before us name."""
        proxies = settings().trusted_proxies
        named = self.scope.get("HTTP_X_FORWARDED_FOR", "").split(",") if proxies else []
        return named[-proxies].strip() if proxies and len(named) >= proxies else self.peer

    def read(self, size: int = -1) -> bytes:
        return self._waited(self._inner.read, size)

    def readline(self, size: int = -1) -> bytes:
        return self._waited(self._inner.readline, size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return self._waited(self._inner.readlines, hint)

    def __iter__(self) -> Any:
        return iter(self.readlines())

    def _waited(self, read: Callable[[int], Any], size: int) -> Any:
        if not self.began:
            self._watching.begin(self)
            self.began = time.monotonic()
        self._watching.add(self)
        try:
            data = read(size)
        finally:
            self._watching.remove(self)
        if self.is_cut:
            raise RequestTimeout
        return data


class _Watch:
    """The bodies that threads of this process wait for, and one thread that looks at them."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._waiting: dict[int, _Body] = {}
        self._large: dict[int, str] = {}  # whose each is
        self._lock = threading.Lock()
        self._process = 0

    def begin(self, body: _Body) -> None:
        """Take in a large body while there is room.

        Raises: TooManyUploads (core.too-many-uploads, 503).
        """
        if body.length < LARGE_BYTES:
            return
        with self._lock:
            present = list(self._large.values())
            if len(present) < max(1, self._threads * LARGE_SHARE) and present.count(body.sender) < LARGE_PER_ADDRESS:
                self._large[id(body)] = body.sender
                return
        log.event("stack.upload_put_off", path=body.scope.get("PATH_INFO", ""))
        raise TooManyUploads(retry_after_s=LARGE_RETRY_AFTER_S, headers={"Retry-After": str(LARGE_RETRY_AFTER_S)})

    def done(self, body: _Body) -> None:
        """Let go of a body whose request is answered."""
        with self._lock:
            self._large.pop(id(body), None)

    def add(self, body: _Body) -> None:
        with self._lock:
            self._waiting[id(body)] = body
            if self._process != os.getpid():  # granian forks its workers
                self._process = os.getpid()
                threading.Thread(target=self._look, name="slow-bodies", daemon=True).start()

    def remove(self, body: _Body) -> None:
        with self._lock:
            self._waiting.pop(id(body), None)

    def _look(self) -> None:
        while True:
            time.sleep(LOOKED_AT_EVERY_S)
            for body in self._overdue():
                try:
                    _answer(body)
                except Exception:  # the next one is answered all the same
                    log.event("stack.body_not_cut_off", level=logging.ERROR, exc_info=True)

    def _overdue(self) -> list[_Body]:
        at = time.monotonic()
        with self._lock:  # a body is either cut off or handed on, never both
            is_crowded = len(self._waiting) >= self._threads * CROWD
            late = [b for b in self._waiting.values() if at - b.began > (CROWDED_S if is_crowded else b.allowed_s)]
            late = [body for body in late if not body.is_cut]
            for body in late:
                body.is_cut = True
        return late


def _answer(body: _Body) -> None:
    asked = parse_accept_header(body.scope.get("HTTP_ACCEPT_LANGUAGE"), LanguageAccept)
    with speaking(asked.best_match(LANGUAGES, default="ko") or "ko"):
        document = written(BodyTooSlow()).encode()
    headers = [("Content-Type", PROBLEM_TYPE), ("Connection", "close"), ("Cache-Control", "no-store")]
    body.proto.response_bytes(BodyTooSlow.status, headers, document)
    log.event("stack.body_cut_off", path=body.scope.get("PATH_INFO", ""))
    time.sleep(JUST_ANSWERED_MS / 1000 / 5)
    _shut_just_answered(body.peer)


def _shut_just_answered(address: str) -> None:
    """Stop reading from connections of an address that were answered a moment ago.

    granian does not tell which socket is whose. Another connection of that address that happens to be among them has its
    answer, too, and is closed as if it had been idle for long.
    """
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        with contextlib.suppress(OSError), _duplicate(int(name)) as connection:
            peer = connection.getpeername()
            if not isinstance(peer, tuple) or peer[0] != address:  # a socket between processes, somebody else
                continue
            told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
            if struct.unpack_from("I", told, LAST_DATA_SENT)[0] < JUST_ANSWERED_MS:
                connection.shutdown(socket.SHUT_RD)


def _duplicate(number: int) -> socket.socket:
    """Give a socket of this process once more; what is none is not kept open."""
    duplicate = os.dup(number)
    try:
        return socket.socket(fileno=duplicate)
    except OSError:
        os.close(duplicate)
        raise
