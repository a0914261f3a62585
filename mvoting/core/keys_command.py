"""`python -m mvoting keys create`: make the next signing key of each use."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def create_keys(folder: Path, uses: list[str]) -> list[Path]:
    """Write a new key file, readable by its owner only, for each use; the kid is the UTC time, so the newest sorts last."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for use in uses:
        private = generate_private_key(65537, 2048) if use == "token" else Ed25519PrivateKey.generate()
        path = folder / f"{use}-{datetime.now(UTC):%Y%m%d%H%M%S}.pem"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        made.append(path)
    return made


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="mvoting keys", description=__doc__)
    parser.add_argument("action", choices=["create"])
    parser.add_argument("--use", choices=["token", "board"], action="append", help="default: both")
    parser.add_argument("--dir", type=Path, default=os.environ.get("MVOTING_KEYS_DIR"))
    options = parser.parse_args(argv)
    if options.dir is None:
        parser.error("--dir or MVOTING_KEYS_DIR is needed")
    for path in create_keys(options.dir, options.use or ["token", "board"]):
        print(path)
    return 0
