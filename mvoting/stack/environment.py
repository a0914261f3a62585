"""The settings of a development stack: secrets and keys made on the first run and kept under `var/`, ports counted from PORT."""

import argparse
import base64
import os
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mvoting.core.keys_command import create_keys
from mvoting.core.settings import SettingsError
from mvoting.stack.servers import HOST

ROOT = Path(__file__).resolve().parents[2]
SECRET_BYTES = 32


@dataclass(frozen=True)
class Ports:
    """Where the parts listen, one after the other from PORT."""

    api: int

    @property
    def sandbox(self) -> int:
        return self.api + 1

    @property
    def mongod(self) -> int:
        return self.api + 2

    @property
    def redis(self) -> int:
        return self.api + 3


def read_ports(environ: Mapping[str, str]) -> Ports:
    """Read PORT.

    Raises: SettingsError when it is no usable port.
    """
    text = environ.get("PORT", "8000")
    if not text.isdecimal() or not 1024 <= int(text) <= 65_532:
        raise SettingsError(f"PORT: must be a number from 1024 to 65532, not {text!r}")
    return Ports(int(text))


def development_environment(environ: Mapping[str, str], ports: Ports, var: Path) -> dict[str, str]:
    """Give the environment of the stack's processes; whatever `environ` sets already stays as it is."""
    keys = var / "keys"
    if "MVOTING_KEYS_DIR" not in environ and not list(keys.glob("*.pem")):
        create_keys(keys, ["token", "board"])
    address = f"http://{HOST}:{ports.api}"
    defaults = {
        "PORT": str(ports.api),
        "MVOTING_VAR": str(var),
        "MVOTING_ENV": "development",
        "MVOTING_MONGODB_URI": f"mongodb://{HOST}:{ports.mongod}/?replicaSet=rs0",
        "MVOTING_REDIS_URL": f"redis://{HOST}:{ports.redis}/0",
        "MVOTING_SECRET": development_secret(var / "secret"),
        "MVOTING_KEYS_DIR": str(keys),
        "MVOTING_PUBLIC_URL": address,
        "MVOTING_FCM_URL": f"http://{HOST}:{ports.sandbox}",
        "PYTHONUNBUFFERED": "1",
    }
    return {**defaults, **environ}


def development_secret(path: Path) -> str:
    """Read the root secret of this folder, made at random on the first call and readable by its owner only."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(SECRET_BYTES)))
    except FileExistsError:
        pass
    return path.read_text()


def use_development_environment() -> Ports:
    """Give this process the settings of the stack that `make run` runs here, as commands beside it need."""
    ports = read_ports(os.environ)
    os.environ.update(development_environment(os.environ, ports, var_folder(os.environ)))
    return ports


def var_folder(environ: Mapping[str, str]) -> Path:
    """Give the folder that keeps data, logs and secrets, made if need be."""
    folder = Path(environ.get("MVOTING_VAR", ROOT / "var")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main(argv: list[str]) -> int:
    """Print the settings of this folder's `make run` as a shell reads them: `eval "$(python -m mvoting environment)"`."""
    argparse.ArgumentParser(prog="mvoting environment", description=main.__doc__).parse_args(argv)
    settled = development_environment(os.environ, read_ports(os.environ), var_folder(os.environ))
    for name, value in settled.items():
        if name.startswith("MVOTING_"):
            print(f"export {name}={shlex.quote(value)}")
    return 0
