"""An application on servers that live as long as a block: for tools that look at it."""

import base64
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from mvoting.core.keys_command import create_keys
from mvoting.stack import servers


@contextmanager
def temporary_app() -> Iterator[Flask]:
    """Make the application on an empty database that is thrown away; sets this process's settings."""
    with tempfile.TemporaryDirectory(prefix="mvoting-") as name:
        folder = Path(name)
        with servers.mongodb(folder) as replica_set, servers.redis_server(folder) as redis_url:
            create_keys(folder / "keys", ["token", "board"])
            os.environ.update(
                MVOTING_ENV="test",
                MVOTING_MONGODB_URI=replica_set.uri,
                MVOTING_REDIS_URL=redis_url,
                MVOTING_SECRET=base64.b64encode(secrets.token_bytes(32)).decode(),
                MVOTING_KEYS_DIR=str(folder / "keys"),
            )
            from mvoting.app import create_app

            yield create_app()
