"""The fast sender: FCM HTTP v1 over a pool of kept-alive connections, one event loop per worker process."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from mvoting.core.log import event
from notifications.channels.fcm.breaker import Breaker
from notifications.channels.fcm.credentials import AccessTokens, CredentialsUnavailable
from notifications.channels.fcm.verdicts import classify
from notifications.channels.gateway import ACCEPTED, Outcome, Push, Report, Throttle, Verdict

# Shorter makes duplicates: FCM may have accepted what was given up on (no idempotency key exists).
TIMEOUT_S = 15.0
CONNECTIONS = 256
PERMITS_AT_ONCE = 250
# More are asked for when so many are left, so that no push waits for the shared bucket's answer.
PERMITS_IN_HAND = 125
# A wait up to this long is slept through; a longer one gives the worker back.
SHORT_WAIT_S = 1.0
CREDENTIAL_WAIT_S = 60.0
REFUSALS_TO_SLOW_DOWN = 3


@dataclass(slots=True)
class _Run:
    """One call of `send` in progress. `left` counts the pushes for which no permit was taken yet."""

    group: asyncio.TaskGroup
    queue: Iterator[tuple[int, Push]]
    report: Report
    throttle: Throttle
    token: str
    left: int
    permits: int = 0
    is_stopped: bool = False
    wait_s: float = 0.0
    quota_refusals: int = 0
    has_new_token: bool = False
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def stop(self, wait_s: float) -> None:
        self.is_stopped = True
        self.wait_s = max(self.wait_s, wait_s)


class PooledGateway:
    """Send pushes concurrently; `PushGateway`."""

    def __init__(
        self, base_url: str, project: str, tokens: AccessTokens, *, connections: int = CONNECTIONS, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._url = URL(f"{base_url}/v1/projects/{project}/messages:send")
        self._tokens = tokens
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._breaker = Breaker()
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._pid = 0

    def send(self, pushes: Sequence[Push], report: Report, throttle: Throttle) -> float:
        """Send until done or stopped; give the seconds to wait before the rest is tried."""
        try:
            token = self._tokens.current()
        except CredentialsUnavailable as error:
            event("push.credentials_unavailable", reason=str(error))
            return CREDENTIAL_WAIT_S
        return asyncio.run_coroutine_threadsafe(self._run(pushes, report, throttle, token), self._running_loop()).result()

    def close(self) -> None:
        """Close the connections and end the loop of this process."""
        if self._loop is None or self._pid != os.getpid():
            return
        if self._session is not None:
            asyncio.run_coroutine_threadsafe(self._session.close(), self._loop).result(timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop, self._session = None, None

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        # A forked child must not use its parent's loop, so the loop is bound to the process that made it.
        with self._starting:
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._session, self._pid = asyncio.new_event_loop(), None, os.getpid()
                threading.Thread(target=self._loop.run_forever, name="fcm", daemon=True).start()
            return self._loop

    async def _run(self, pushes: Sequence[Push], report: Report, throttle: Throttle, token: str) -> float:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar())
        async with asyncio.TaskGroup() as group:
            run = _Run(group, iter(enumerate(pushes)), report, throttle, token, len(pushes))
            for _ in range(min(self._connections, len(pushes))):
                group.create_task(self._work(run, self._session))
        return run.wait_s

    async def _work(self, run: _Run, session: aiohttp.ClientSession) -> None:
        while not run.is_stopped:
            if self._breaker.open_s and (wait_s := self._breaker.wait_s(time.monotonic())):
                run.stop(wait_s)
                return
            if not run.permits and not await self._ask(run, enough=1):
                return
            run.permits -= 1
            if run.permits == PERMITS_IN_HAND:
                run.group.create_task(self._ask(run, enough=PERMITS_IN_HAND + 1))
            index_push = next(run.queue, None)
            if index_push is None:
                return
            index, push = index_push
            token = run.token
            outcome = await self._post(session, push, token)
            if outcome is not ACCEPTED:
                outcome = await self._refused(run, session, push, token, outcome)
            if not run.report(index, outcome):
                run.stop(0.0)

    async def _ask(self, run: _Run, *, enough: int) -> bool:
        """Ask the shared throttle for many permits at once until there are `enough`; False when there will be none."""
        async with run.asking:
            while run.permits < enough:
                if run.is_stopped or run.left <= 0:
                    return False
                wanted = min(PERMITS_AT_ONCE, run.left)
                # In a thread: while the shared bucket answers, pushes that are under way go on.
                wait_s = await asyncio.to_thread(run.throttle.take, wanted)
                if not wait_s:
                    run.permits += wanted
                    run.left -= wanted
                elif wait_s > SHORT_WAIT_S:
                    run.stop(wait_s)
                    return False
                else:
                    await asyncio.sleep(wait_s)
        return True

    async def _refused(self, run: _Run, session: aiohttp.ClientSession, push: Push, token: str, outcome: Outcome) -> Outcome:
        """Do what a refusal asks of the whole run; give how the push ended."""
        if outcome.verdict is Verdict.NOT_AUTHORISED and await self._renew(run, token):
            outcome = await self._post(session, push, run.token)
        if outcome.verdict is Verdict.NOT_AUTHORISED:
            event("push.not_authorised", code=outcome.code)
            run.stop(CREDENTIAL_WAIT_S)
        elif outcome.verdict is Verdict.SLOW_DOWN:
            # One phone may be over its own quota; several refusals mean the project is.
            run.quota_refusals += 1
            if run.quota_refusals >= REFUSALS_TO_SLOW_DOWN and not run.is_stopped:
                run.throttle.slow_down(outcome.retry_after_s or 0.0)
                run.stop(outcome.retry_after_s or 0.0)
        return outcome

    async def _renew(self, run: _Run, refused: str) -> bool:
        """Get a new access token once for each run; tell whether there is one."""
        async with run.asking:
            if run.token != refused:
                return True
            if run.has_new_token:
                return False
            run.has_new_token = True
            self._tokens.discard(refused)
            try:
                run.token = await asyncio.to_thread(self._tokens.current)
            except CredentialsUnavailable:
                return False
            return True

    async def _post(self, session: aiohttp.ClientSession, push: Push, token: str) -> Outcome:
        body = push.payload.addressed(push.kind, push.value)
        try:
            async with session.post(self._url, data=body, headers=_headers(token), allow_redirects=False) as answer:
                text = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._breaker.failed(time.monotonic())
            return Outcome(Verdict.RETRY, type(error).__name__)
        if answer.status >= 500:
            self._breaker.failed(time.monotonic())
        else:
            self._breaker.succeeded()
        if answer.status == 200:
            return ACCEPTED
        return classify(answer.status, text, answer.headers.get("Retry-After"), now=datetime.now(UTC))


@lru_cache(maxsize=4)
def _headers(token: str) -> CIMultiDict[str]:
    """Give the headers of every request with this access token; aiohttp copies them, and works out none of its own."""
    named = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "mVoting"}
    return CIMultiDict({"Authorization": f"Bearer {token}", "Content-Type": "application/json", **named})
