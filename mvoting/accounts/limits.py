"""Rate limits by network, person and device, counted in Redis; each process counts by itself while Redis is gone.

Casting a ballot and endorsing are left out: counting would cost a third of either, and one person has one ballot, and one
endorsement of an idea, anyway.
Many citizens share one address of a mobile network, so the network's limit is wide and the person's is the one that bites.
Reading is free, but for what is dear to answer: such routes say how often a network may ask (`reads_per_minute`), each by itself.
"""

import hashlib
import time
from collections.abc import Callable

from flask import Flask, Response, current_app, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded

from mvoting.accounts import tokens
from mvoting.core.problems import Problem, TooManyRequests
from mvoting.core.refusals import problem_response
from mvoting.core.settings import settings

READING = frozenset({"GET", "HEAD", "OPTIONS"})
UNCOUNTED = ("/v1/polls/<id:poll_id>/ballot", "/v1/ideas/<id:idea_id>/endorsement", "/health/live", "/health/ready")
NETWORK, PERSON, DEVICE = "1200/minute", "240/minute", "20/minute"
SEARCHES, FILES = 1200, 60  # a minute from one network: proofs and comparisons; archives and tables
LOOPBACK = ("127.0.0.1", "::1")


def configure(app: Flask) -> None:
    """Count changing and dear requests of `app` and refuse those that are too many (core.too-many-requests, 429)."""
    limiter = Limiter(
        _network,
        application_limits=[
            ApplicationLimit(NETWORK, key_function=_network, exempt_when=_unless(_is_counted_by_network)),
            ApplicationLimit(PERSON, key_function=_person, exempt_when=_unless(_person)),
            ApplicationLimit(DEVICE, key_function=_device, exempt_when=_unless(_device)),
            ApplicationLimit(_reading_limit, key_function=_reading, exempt_when=_unless(_reading)),
        ],
        strategy="fixed-window",
        storage_uri=settings().redis_url,
        storage_options={"socket_connect_timeout": 0.2, "socket_timeout": 0.2},  # type: ignore[dict-item]
        in_memory_fallback_enabled=True,
        key_prefix=f"{settings().mongodb_name}:limits",
    )
    limiter.init_app(app)
    # What is not counted does not even ask: evaluating its exemptions cost a cast a seventh of its time, a list a fifteenth.
    ask = app.before_request_funcs[None].pop()
    app.before_request(lambda: ask() if _is_counted() or _reads_per_minute() else None)  # type: ignore[type-var]
    app.register_error_handler(RateLimitExceeded, _refuse)


def _is_counted() -> bool:
    return request.method not in READING and request.url_rule is not None and request.url_rule.rule not in UNCOUNTED


def _network() -> str:
    return f"network:{request.remote_addr}"


def _is_counted_by_network() -> bool:
    return _is_counted() and _is_told_apart()


def _is_told_apart() -> bool:
    # On a developer's machine everybody comes from one address: tests, replays, benchmarks.
    return settings().is_production or request.remote_addr not in LOOPBACK


def _reads_per_minute() -> int | None:
    return getattr(current_app.view_functions.get(request.endpoint or ""), "reads_per_minute", None)


def _reading_limit() -> str:
    allowed = _reads_per_minute()
    return f"{allowed}/minute" if allowed else ""


def _reading() -> str:
    """Name the network and what it reads; empty where reading is free."""
    is_limited = request.method in READING and _reads_per_minute() and _is_told_apart()
    return f"reading:{request.remote_addr}:{request.endpoint}" if is_limited else ""


def _person() -> str:
    """Name the person who asks; empty when nobody does or the token is no good, which the guard will say."""
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    if not _is_counted() or "." not in token:
        return ""
    try:
        return f"person:{tokens.verify(token).person_id}"
    except Problem:
        return ""


def _device() -> str:
    """Name the session whose refresh token is tried: refreshing is what a thief or a broken phone repeats."""
    if not _is_counted() or request.path != "/v1/sessions/refresh":
        return ""
    try:
        sent = request.get_json(silent=True)
    except RecursionError:  # the view says what is wrong with it
        return ""
    token = sent.get("refresh_token") if isinstance(sent, dict) else None
    return f"device:{hashlib.sha256(str(token).partition('.')[0].encode(errors='replace')).hexdigest()[:32]}"


def _unless(counts: Callable[[], object]) -> Callable[[], bool]:
    return lambda: not counts()


def _refuse(error: RateLimitExceeded) -> Response:
    # `limit` tells the breached one; a fixed window ends with its minute.
    wait_s = 60 - int(time.time()) % 60
    return problem_response(TooManyRequests(retry_after_s=wait_s, headers={"Retry-After": str(wait_s)}))
