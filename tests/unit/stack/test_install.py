"""The installer, which runs before anything is installed: what it demands, and what it does not do twice."""

import ast
import subprocess
import sys

import pytest

from mvoting.stack import install
from mvoting.stack.environment import ROOT


@pytest.fixture
def machine(monkeypatch):
    """A machine with everything; tests take parts away."""
    monkeypatch.setattr(install.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(install, "has_libcurl", lambda: True)
    monkeypatch.delenv("MVOTING_MONGODB_URI", raising=False)
    return monkeypatch


def test_a_machine_that_has_everything_lacks_nothing(machine):
    assert install.missing_parts() == []


def test_everything_that_is_missing_is_named_at_once_with_what_brings_it(machine):
    machine.setattr(install.sys, "version_info", (3, 9, 2))
    machine.setattr(install.shutil, "which", lambda name: None)
    machine.setattr(install.importlib.util, "find_spec", lambda name: None)
    machine.setattr(install, "has_libcurl", lambda: False)
    text = "\n".join(install.missing_parts())
    for word in ("Python 3.11 or newer (this is 3.9)", "git", "python3-venv", "libcurl4"):
        assert word in text


@pytest.mark.parametrize("reason", ["a mongod on PATH", "an address"])
def test_libcurl_is_not_asked_for_where_the_packaged_mongod_is_not_used(machine, reason):
    machine.setattr(install, "has_libcurl", lambda: False)
    assert len(install.missing_parts()) == 0  # `which` finds a mongod
    machine.setattr(install.shutil, "which", lambda name: None if name == "mongod" else name)
    assert "libcurl4" in install.missing_parts()[0]
    if reason == "an address":
        machine.setenv("MVOTING_MONGODB_URI", "mongodb://db/?replicaSet=rs0")
        assert install.missing_parts() == []


def test_nothing_is_installed_on_a_machine_that_lacks_something(machine, capsys):
    machine.setattr(install, "has_libcurl", lambda: False)
    machine.setattr(install.shutil, "which", lambda name: None if name == "mongod" else name)
    machine.setattr(install, "install", lambda name: pytest.fail("it installs"))
    assert install.main([]) == 1
    assert "libcurl4" in capsys.readouterr().err


def test_an_unchanged_requirements_file_is_not_installed_again(monkeypatch, tmp_path):
    monkeypatch.setattr(install, "VENV", str(tmp_path))
    monkeypatch.setattr(install, "VENV_PYTHON", sys.executable)
    name = "requirements-dev.txt"
    assert not install.is_installed(name)
    (tmp_path / f"installed-{name}").write_text(install.fingerprint(name))
    assert install.is_installed(name)
    monkeypatch.setattr(install, "ROOT", str(tmp_path))
    (tmp_path / "requirements.txt").write_text("flask==0\n")
    (tmp_path / name).write_text((ROOT / name).read_text())
    assert not install.is_installed(name), "a change of an included file counts"


def test_every_process_computes_the_same_fingerprint():
    """The second `make setup` of one CI run installed everything again: the order of a set differs between processes."""
    command = [sys.executable, "-c", "from mvoting.stack import install; print(install.fingerprint('requirements-dev.txt'))"]
    processes = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": str(seed)})
        for seed in range(5)
    )
    assert len({process.stdout for process in processes}) == 1


def test_it_uses_nothing_but_the_standard_library_and_old_syntax():
    source = (ROOT / "mvoting/stack/install.py").read_text()
    tree = ast.parse(source, feature_version=(3, 6))
    imported = {alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= sys.stdlib_module_names


def test_child_ends_with_its_parent_and_refuses_to_start_without_it():
    done = subprocess.run(
        [sys.executable, "mvoting/stack/child.py", "1", "echo", "started"], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"")
    done = subprocess.run(
        [sys.executable, "mvoting/stack/child.py", "0", "echo", "started"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.stdout == b"started\n"
