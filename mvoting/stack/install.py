"""Check what the machine lacks, make `.venv` and install the pinned requirements: `python3 mvoting/stack/install.py [--dev]`.

Runs before anything is installed, so: only the standard library, and syntax that an old Python 3 can read, to say that it is old.
An unchanged requirements file is not installed again.
"""

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
UV = "uv==0.13.9"


def main(arguments):
    """Install for running, or with `--dev` also for tests and checks; returns an exit status."""
    use_a_new_enough_python(arguments)
    missing = missing_parts()
    if missing:
        print("mVoting cannot be installed; this machine lacks:", file=sys.stderr)
        for part in missing:
            print("  - " + part, file=sys.stderr)
        return 1
    name = "requirements-dev.txt" if "--dev" in arguments else "requirements.txt"
    if is_installed(name):
        return 0
    return install(name)


def use_a_new_enough_python(arguments):
    """Go on with a newer Python when this one is too old and the machine has one."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        path = shutil.which(name)
        if path:
            os.execv(path, [path, os.path.abspath(__file__), *arguments])


def missing_parts():
    """Name everything that the machine lacks, with what brings it on Debian."""
    missing = []
    if sys.version_info < OLDEST:
        missing.append("Python 3.11 or newer (this is {}.{})".format(*sys.version_info[:2]))
    if not shutil.which("git"):
        missing.append("git (Debian: apt-get install git)")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        missing.append("Python's venv module (Debian: apt-get install python3-venv)")
    if needs_libcurl() and not has_libcurl():
        missing.append("libcurl 4 in its OpenSSL flavour, for mongod (Debian: apt-get install libcurl4)")
    return missing


def needs_libcurl():
    """Tell whether the mongod of the PyPI package will be used, which is linked with libcurl."""
    return sys.platform == "linux" and not os.environ.get("MVOTING_MONGODB_URI") and not shutil.which("mongod")


def has_libcurl():
    """Tell whether the loader finds the library."""
    try:
        ctypes.CDLL("libcurl.so.4")
    except OSError:
        return False
    return True


def fingerprint(name):
    """Hash a requirements file with the files it includes, and this Python's version."""
    digest = hashlib.sha256(sys.version.encode())
    for included in sorted({"requirements.txt", name}):
        with open(os.path.join(ROOT, included), "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def stamp_path(name):
    """Give the file that remembers what was installed from `name`."""
    return os.path.join(VENV, "installed-" + name)


def is_installed(name):
    """Tell whether `.venv` holds what `name` asks for."""
    try:
        with open(stamp_path(name), encoding="ascii") as file:
            return file.read() == fingerprint(name) and os.access(VENV_PYTHON, os.X_OK)
    except FileNotFoundError:
        return False


def install(name):
    """Make `.venv` if needed and install `name` with uv, or with pip where uv cannot; returns an exit status."""
    began = time.monotonic()
    if not os.access(VENV_PYTHON, os.X_OK):
        say("making .venv")
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    say("installing " + name + " (about half a minute the first time)")
    path = os.path.join(ROOT, name)
    uv = [os.path.join(VENV, "bin", "uv"), "pip", "install", "--python", VENV_PYTHON, "--no-progress", "-r", path]
    uv.append("--compile-bytecode")  # once, on all cores; else every process of the first start compiles the same files, in 7 s
    if os.environ.get("MVOTING_INSTALLER") == "pip" or not (run([*pip, UV]) and run(uv)):
        say("installing with pip, which takes longer")
        if not run([*pip, "-r", path], show=True):
            print("mVoting: the installation failed; what pip said stands above", file=sys.stderr)
            return 1
    with open(stamp_path(name), "w", encoding="ascii") as file:
        file.write(fingerprint(name))
    say(f"installed in {time.monotonic() - began:.0f} s")
    return 0


def run(command, show=False):
    """Run a command; its output is shown only when asked for. Tell whether it went well."""
    output = None if show else subprocess.DEVNULL
    return subprocess.run(command, stdout=output, stderr=output, check=False).returncode == 0


def say(what):
    """Show progress at once, also into a pipe."""
    print("mVoting: " + what, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
