"""The app's own files under an address that names their content, so that a phone asks for each once and never for a stale one."""

import hashlib
import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
CLIENTS = Path(__file__).parents[1] / "docs" / "clients"
# At the root, under addresses that stay: they name everything else and are asked for anew each time.
AT_ROOT = {"index.html", "sw.js"}
MODULES = "<!-- modules -->"
FILES = '"/app/*"'
_IMPORTED = re.compile(r'^import .* from "\./([\w.]+)";$', re.M)


def path_of(name: str) -> Path:
    """Give where a file of the app lies; the reference client is the very file that is published for everybody."""
    return (CLIENTS if name == "mvoting.mjs" else STATIC) / name


@cache
def names() -> tuple[str, ...]:
    """List the app's files beside those at the root."""
    return (*sorted(path.name for path in STATIC.iterdir() if path.name not in AT_ROOT), "mvoting.mjs")


@cache
def version() -> str:
    """Give the hash of all files together: modules name each other by relative addresses, so they change as one."""
    digest = hashlib.sha256()
    for name in (*names(), *sorted(AT_ROOT)):
        content = path_of(name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


@cache
def needed_first() -> tuple[str, ...]:
    """List the modules without which the first page does not stand: asked for at once, and not one after the other."""
    found, to_read = set(), ["app.js"]
    while to_read:
        for name in _IMPORTED.findall(path_of(to_read.pop()).read_text(encoding="utf-8")):
            if name not in found:
                found.add(name)
                to_read.append(name)
    return tuple(sorted(found))


@cache
def at_root(name: str) -> bytes:
    """Give a file of the root with the addresses of all others in it."""
    base = f"/app/{version()}/"
    preloads = "\n".join(f'<link rel="modulepreload" href="/app/{one}">' for one in needed_first())
    text = path_of(name).read_text(encoding="utf-8").replace(MODULES, preloads)
    text = text.replace(FILES, ", ".join(f'"/app/{one}"' for one in names()))
    return text.replace('"/app/', f'"{base}').encode()
