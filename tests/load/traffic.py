"""Load: keep-alive connections from one process, prepared requests, latencies. Costs about 40 µs a request."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Outcome:
    """What came of a burst of requests."""

    seconds: float
    statuses: Counter[int]
    latencies_s: list[float]

    @property
    def per_s(self) -> float:
        return len(self.latencies_s) / self.seconds

    def quantile_ms(self, q: float) -> float:
        """Give a latency quantile, in ms."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] * 1000


def request(method: str, path: str, body: Mapping[str, Any], token: str) -> bytes:
    """Prepare one request."""
    data = json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def burst(port: int, requests: Sequence[bytes], connections: int = 32) -> Outcome:
    """Send all requests, each connection one after the other."""
    return asyncio.run(_burst(port, requests, connections))


async def _burst(port: int, requests: Sequence[bytes], connections: int) -> Outcome:
    waiting = iter(requests)
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for one in waiting:
            began = time.perf_counter()
            writer.write(one)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:"))
            await reader.readexactly(length)
            latencies.append(time.perf_counter() - began)
            statuses[int(head[9:12])] += 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(work(*line) for line in lines))
    return Outcome(time.perf_counter() - began, statuses, latencies)
