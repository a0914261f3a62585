"""The sandbox's HTTP server: FCM's send address, a token endpoint, a control address and the page of phones.

Handlers stay light, because benchmarks measure senders against it: one low-level aiohttp server, no routing layer.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import msgspec
from aiohttp import web

from notifications.sandbox.faults import ANSWERS, CONNECTION_FAULTS, FAULTS, Answer, bad_field, fault_in_name
from notifications.sandbox.phones import Phones

PAYLOAD_LIMIT_BYTES = 4096
TIMEOUT_FAULT_S = 120.0
DRIP_FAULT_S = 60.0
SHOWN_PHONES = 24
ASSETS = {
    "/": ("page.html", "text/html"),
    "/sandbox.css": ("sandbox.css", "text/css"),
    "/sandbox.js": ("sandbox.js", "text/javascript"),
}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


@dataclass
class FaultRule:
    """Make a share of the messages fail: `fault`, for targets that start with `prefix`, at most `count` times."""

    fault: str
    share: float = 1.0
    prefix: str = ""
    count: int | None = None
    retry_after_s: int | None = None


class Sandbox:
    """One simulated FCM project: its phones, its faults, its counts."""

    def __init__(self, *, random_source: random.Random | None = None) -> None:
        self.phones = Phones()
        self.delay_s = 0.0
        self.outcomes: Counter[str] = Counter()
        self.rules: list[FaultRule] = []
        self.issued_tokens = 0
        self.revoked_tokens: set[str] = set()
        self._random = random_source or random.Random()
        self._controls: dict[tuple[str, str], Callable[[web.BaseRequest], Awaitable[Any]]] = {
            ("GET", "/control/state"): self._state,
            ("POST", "/control/delay"): self._set_delay,
            ("POST", "/control/faults"): self._add_fault,
            ("DELETE", "/control/faults"): self._clear_faults,
            ("POST", "/control/revoke"): self._revoke,
            ("POST", "/control/phones"): self._name_phone,
            ("POST", "/control/reset"): self._reset,
            ("GET", "/control/deliveries"): self._deliveries,
            ("GET", "/control/messages"): self._messages,
            ("GET", "/phones.json"): self._phones_json,
        }

    def clear(self) -> None:
        """Forget what was received, every fault and the delay."""
        self.phones.reset()
        self.outcomes.clear()
        self.rules.clear()
        self.revoked_tokens.clear()
        self.delay_s = 0.0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.path
        if path.endswith("/messages:send") and request.method == "POST":
            return await self._send(request)
        control = self._controls.get((request.method, path))
        if control is not None:
            try:
                return _json(await control(request))
            except (ValueError, TypeError, KeyError) as error:
                return _json({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)
        if path == "/token" and request.method == "POST":
            return self._issue_token()
        if path in ASSETS and request.method == "GET":
            name, content_type = ASSETS[path]
            text = files("notifications.sandbox").joinpath(name).read_text("utf-8")
            return web.Response(text=text, content_type=content_type, headers=PAGE_HEADERS)
        return web.Response(status=HTTPStatus.NOT_FOUND, text="not found")

    # FCM's own addresses

    async def _send(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        token = request.headers.get("Authorization", "")[7:]
        if not token or token in self.revoked_tokens:
            return self._refuse("unauthenticated", ANSWERS["unauthenticated"])
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        try:
            message = _decode(body)["message"]
        except (msgspec.DecodeError, KeyError, TypeError):
            return self._refuse("invalid-request", bad_field("message", "not a message"))
        target = message.get("token") or message.get("fid")
        wrong = _payload_refusal(message, target, len(body))
        if wrong is not None:
            return self._refuse("invalid-request", wrong)
        fault, retry_after_s = self._fault_for(target)
        if fault is not None:
            return await self._fail(request, fault, retry_after_s)
        number = self.phones.receive(target, message)
        self.outcomes["accepted"] += 1
        return web.Response(body=b'{"name": "projects/sandbox/messages/%d"}' % number, content_type="application/json")

    def _issue_token(self) -> web.Response:
        self.issued_tokens += 1
        token = {"access_token": f"sandbox-{self.issued_tokens}", "expires_in": 3600}
        return _json({**token, "token_type": "Bearer"})  # the scheme's name, no secret  # nosec B105

    # Faults

    def _fault_for(self, target: str) -> tuple[str | None, int | None]:
        named = fault_in_name(target)
        if named is not None or not self.rules:
            return named, None
        for rule in self.rules:
            if target.startswith(rule.prefix) and rule.count != 0 and self._random.random() < rule.share:
                if rule.count is not None:
                    rule.count -= 1
                return rule.fault, rule.retry_after_s
        return None, None

    def _refuse(self, fault: str, answer: Answer, retry_after_s: int | None = None) -> web.Response:
        self.outcomes[fault] += 1
        headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
        return _json(answer.document(), status=answer.status, headers=headers)

    async def _fail(self, request: web.BaseRequest, fault: str, retry_after_s: int | None) -> web.StreamResponse:
        if fault not in CONNECTION_FAULTS:
            return self._refuse(fault, ANSWERS[fault], retry_after_s)
        self.outcomes[fault] += 1
        if fault == "timeout":
            await asyncio.sleep(TIMEOUT_FAULT_S)
        if fault == "drip":
            return await _drip(request)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)

    # Control

    async def _state(self, _: web.BaseRequest) -> dict[str, Any]:
        return {
            "delay_ms": self.delay_s * 1000,
            "outcomes": dict(self.outcomes),
            "faults": [asdict(rule) for rule in self.rules],
            "messages": self.phones.summaries(),
        }

    async def _set_delay(self, request: web.BaseRequest) -> dict[str, Any]:
        delay_ms = float(_decode(await request.read())["ms"])
        if not 0 <= delay_ms <= 60_000:
            raise ValueError("ms must be from 0 to 60000")
        self.delay_s = delay_ms / 1000
        return {"delay_ms": delay_ms}

    async def _add_fault(self, request: web.BaseRequest) -> dict[str, Any]:
        rule = FaultRule(**_decode(await request.read()))
        if rule.fault not in FAULTS:
            raise ValueError(f"fault must be one of {', '.join(sorted(FAULTS))}")
        self.rules.append(rule)
        return asdict(rule)

    async def _clear_faults(self, _: web.BaseRequest) -> dict[str, Any]:
        self.rules.clear()
        return {"faults": []}

    async def _revoke(self, request: web.BaseRequest) -> dict[str, Any]:
        self.revoked_tokens.add(str(_decode(await request.read())["access_token"]))
        return {"revoked": len(self.revoked_tokens)}

    async def _name_phone(self, request: web.BaseRequest) -> dict[str, Any]:
        phone = _decode(await request.read())
        self.phones.name(str(phone["target"])[:200], str(phone["name"])[:60])
        return {"target": phone["target"]}

    async def _reset(self, _: web.BaseRequest) -> dict[str, Any]:
        self.clear()
        return {"reset": True}

    async def _deliveries(self, request: web.BaseRequest) -> dict[str, Any]:
        found = self.phones.deliveries(request.query["message_id"])
        if found is None:
            return {"received": 0, "phones": 0, "repeats": 0, "targets": {}}
        return {**found.summary(), "targets": found.targets if "targets" in request.query else {}}

    async def _messages(self, request: web.BaseRequest) -> dict[str, Any]:
        return {"messages": self.phones.messages(request.query["target"])}

    async def _phones_json(self, request: web.BaseRequest) -> dict[str, Any]:
        search = request.query.get("search", "").strip().lower()
        return {
            "accepted": self.outcomes["accepted"],
            "refused": sum(self.outcomes.values()) - self.outcomes["accepted"],
            "phones": self.phones.newest(SHOWN_PHONES, search),
        }


def _payload_refusal(message: dict[str, Any], target: Any, body_bytes: int) -> Answer | None:
    if not isinstance(target, str) or not target:
        return bad_field("message", "Recipient of the message is not set.")
    data = message.get("data") or {}
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        return bad_field("message.data", "values must be strings")
    # The whole body bounds what FCM counts (notification and data), and costs nothing to measure.
    if body_bytes > PAYLOAD_LIMIT_BYTES and len(_encode([data, message.get("notification")])) > PAYLOAD_LIMIT_BYTES:
        return Answer(400, "Message is too big", "INVALID_ARGUMENT", ANSWERS["invalid-token"].details)
    return None


async def _drip(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(int(DRIP_FAULT_S)):
        await response.write(b" ")
        await asyncio.sleep(1)
    return response


def _json(document: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=_encode(document), status=status, content_type="application/json", headers=headers)


async def start(sandbox: Sandbox, host: str, port: int) -> web.ServerRunner:
    """Serve `sandbox` in the running loop; `await runner.cleanup()` ends it."""
    # Cancelled handlers: a sender that gave up must not leave a sleeping answer behind.
    server = web.Server(sandbox.handle, access_log=None, handler_cancellation=True)
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=1024, reuse_address=True).start()
    return runner


def run(host: str, port: int) -> None:
    """Serve a sandbox until interrupted."""

    async def serve() -> None:
        runner = await start(Sandbox(), host, port)
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        return
