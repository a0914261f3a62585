"""What signing in and being signed in cost: verifying tokens, exchanging sign-ins, and authentication's share of a cast.

The share compares CPU of this thread in one process: a cast through the whole application (test client) and, in the same
alternating rounds, the guard alone with a token it has not seen (`auth.share_of_cast`) and one it has (`…_repeated`). A guard
needs a request around it, which Flask makes for every route, guarded or not: what an empty request costs is measured in the
same rounds too (`auth.request_us`) and taken off.
"""

import base64
import logging
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mvoting.core.keys_command import create_keys
from mvoting.stack import servers
from tests.load.runner import Bench

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
TOKENS = int(os.environ.get("BENCH_TOKENS", "1000"))
CASTS = int(os.environ.get("BENCH_AUTH_CASTS", "200"))
SIGN_INS = int(os.environ.get("BENCH_SIGN_INS", "200"))


def run(bench: Bench) -> None:
    """Measure verification by algorithm, sign-in and refresh exchanges, and the share of a cast."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with servers.mongodb(folder) as replica_set, servers.redis_server(folder / "redis") as redis_url:
            _settle(replica_set.uri, redis_url, folder)
            from mvoting.app import create_app

            app = create_app()
            with Path(os.devnull).open("w") as nowhere:
                _write_events_to(nowhere)
                _algorithms(bench)
                _exchanges(bench, app)
                _share_of_cast(bench, app)


def _write_events_to(stream: TextIO) -> None:
    """Keep the terminal for figures; a sign-in still pays for its lines in the log."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)


def _settle(uri: str, redis_url: str, folder: Path) -> None:
    create_keys(folder / "keys", ["token", "board"])
    os.environ.update(
        MVOTING_ENV="test",
        MVOTING_MONGODB_URI=uri,
        MVOTING_REDIS_URL=redis_url,
        MVOTING_KEYS_DIR=str(folder / "keys"),
        MVOTING_SECRET=base64.b64encode(os.urandom(32)).decode(),
    )


def _algorithms(bench: Bench) -> None:
    """Verify with PyJWT alone by each algorithm that came into question, in alternating rounds."""
    keys: dict[str, Any] = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    signed = {name: jwt.encode({"sub": "x" * 26, "sid": "y" * 26}, key, algorithm=name) for name, key in keys.items()}
    times: dict[str, list[float]] = {name: [] for name in keys}
    for _ in range(ROUNDS):
        for name, key in keys.items():
            public = key.public_key()
            times[name].append(_cpu(lambda name=name, public=public: jwt.decode(signed[name], public, algorithms=[name]), TOKENS))
    for name, values in times.items():
        bench.record_rounds(f"auth.pyjwt_{name.lower()}_us", [value * 1e6 for value in values], "µs")


def _exchanges(bench: Bench, app: Any) -> None:
    """Sign in with a code and refresh, over the application, one after the other in one process."""
    client = app.test_client()
    sign_ins, refreshes = [], []
    for number in range(ROUNDS):
        codes = [_code(client, f"+8210{number:02d}{n:06d}") for n in range(SIGN_INS)]
        began = time.perf_counter()
        grants = [client.post("/v1/sign-in/development/code", json=body).get_json() for body in codes]
        sign_ins.append(SIGN_INS / (time.perf_counter() - began))
        began = time.perf_counter()
        for grant, body in zip(grants, codes, strict=True):
            sent = {"refresh_token": grant["refresh_token"], "device_id": body["device"]["id"]}
            if client.post("/v1/sessions/refresh", json=sent).status_code != 200:
                raise RuntimeError("a refresh was refused")
        refreshes.append(SIGN_INS / (time.perf_counter() - began))
    bench.record_rounds("auth.sign_ins_per_s", sign_ins, "/s")
    bench.record_rounds("auth.refreshes_per_s", refreshes, "/s")


def _code(client: Any, phone: str) -> dict[str, Any]:
    code = client.post("/v1/sign-in/development", json={"phone": phone}).get_json()["code"]
    consents = {"terms": 1, "privacy": 1, "is_fourteen": True}
    return {"phone": phone, "code": code, "device": {"id": secrets.token_hex(16)}, "consents": consents}


def _share_of_cast(bench: Bench, app: Any) -> None:
    """Compare a whole cast with its guard, which verifies a token, opens its facts, and asks for revocation."""
    from mvoting.accounts import guards, tokens
    from mvoting.core.clock import now
    from mvoting.core.ids import random_id
    from mvoting.voting.polls import services as polls

    facts = {"district": "11440", "birth_year": 1961, "gender": "female", "tags": []}

    def headers() -> dict[str, str]:
        return {"Authorization": f"Bearer {tokens.issue(random_id(), random_id(), 'resident', facts, at=now())}"}

    poll_id, definition_hash = _poll(polls, now())
    client = app.test_client()
    request_times, fresh_times, seen_times, cast_times, shares, seen_shares = [], [], [], [], [], []
    for _ in range(ROUNDS):
        voters = [headers() for _ in range(CASTS)]
        casts = [_cast(client, poll_id, definition_hash, voter) for voter in voters]
        cast_s = _cpu_each(casts)
        strangers = [headers() for _ in range(CASTS)]
        requests = [[app.test_request_context(headers=voter) for voter in strangers] for _ in range(3)]
        request_s = _cpu_each([_around(context, lambda: None) for context in requests[0]])
        fresh_s = _cpu_each([_around(context, guards.member.check) for context in requests[1]]) - request_s
        seen_s = _cpu_each([_around(context, guards.member.check) for context in requests[2]]) - request_s
        request_times.append(request_s * 1e6)
        cast_times.append(cast_s * 1e6)
        fresh_times.append(fresh_s * 1e6)
        seen_times.append(seen_s * 1e6)
        shares.append(fresh_s / cast_s)
        seen_shares.append(seen_s / cast_s)
    bench.record_rounds("auth.request_us", request_times, "µs")
    bench.record_rounds("auth.verify_us", fresh_times, "µs")
    bench.record_rounds("auth.verify_repeated_us", seen_times, "µs")
    bench.record_rounds("auth.cast_cpu_us", cast_times, "µs")
    bench.record_rounds("auth.share_of_cast", shares, "ratio")
    bench.record_rounds("auth.share_of_cast_repeated", seen_shares, "ratio")


def _poll(polls: Any, at: Any) -> tuple[str, str]:
    from mvoting.core.database import database

    question = {"id": "q1", "title": {"ko": "심야버스"}, "method": "plurality", "seats": 1}
    question["options"] = [{"id": f"o{n}", "title": {"ko": f"{n}번"}} for n in (1, 2)]
    content = {"title": {"ko": "투표"}, "secrecy": "open", "figures": "live", "changeable": True, "k": 20}
    content |= {"audience": {"kind": "everyone"}, "questions": [question]}
    poll = polls.create_poll(content, at + timedelta(seconds=5), at + timedelta(days=1), {"kind": "staff", "id": "s"}, now=at)
    database().polls.update_one({"_id": poll["_id"]}, {"$set": {"state": "open", "opens_at": at - timedelta(seconds=60)}})
    return poll["_id"], poll["definition_hash"]


def _cast(client: Any, poll_id: str, definition_hash: str, headers: dict[str, str]) -> Callable[[], None]:
    body = {"definition_hash": definition_hash, "revision": 0, "cast_id": secrets.token_hex(16), "nonce": secrets.token_hex(16)}
    body["choices"] = {"q1": ["o1"]}

    def cast() -> None:
        answer = client.put(f"/v1/polls/{poll_id}/ballot", json=body, headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(answer.text)

    return cast


def _around(context: Any, call: Callable[[], None]) -> Callable[[], None]:
    """Give a call inside a request."""

    def inside() -> None:
        with context:
            call()

    return inside


def _cpu(call: Callable[[], Any], count: int) -> float:
    began = time.thread_time()
    for _ in range(count):
        call()
    return (time.thread_time() - began) / count


def _cpu_each(calls: list[Callable[[], Any]]) -> float:
    """Give the mean CPU seconds of these calls on this thread."""
    began = time.thread_time()
    for call in calls:
        call()
    return (time.thread_time() - began) / len(calls)
