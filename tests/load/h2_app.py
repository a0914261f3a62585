"""An ASGI application that answers every push as FCM does, after H2_DELAY_MS; for firebase-admin's HTTP/2 sender."""

import asyncio
import os

DELAY_S = float(os.environ.get("H2_DELAY_MS", "0")) / 1000
HEADERS = [(b"content-type", b"application/json")]


async def app(scope, receive, send):
    """Read the request, wait, answer."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    if DELAY_S:
        await asyncio.sleep(DELAY_S)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b'{"name": "projects/demo/messages/1"}'})
