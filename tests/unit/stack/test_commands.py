"""`python -m mvoting`: every command can be asked what it does, and wrong settings end it with one message."""

import os
import subprocess
import sys

import pytest

from mvoting import cli

BARE = {"PATH": os.environ["PATH"], "MVOTING_ENV": "production"}


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_tells_what_it_does_and_does_nothing(command, capsys, monkeypatch):
    monkeypatch.setattr("mvoting.core.database.connect", lambda: pytest.fail("connected"))
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert f"mvoting {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "mvoting", "audit", "verify"],
        [sys.executable, "-m", "mvoting", "watch-alerts"],
        [sys.executable, "-m", "mvoting", "serve"],
        [sys.executable, "-m", "celery", "-A", "mvoting.worker", "beat"],
    ],
    ids=lambda command: " ".join(command[2:]),
)
def test_wrong_settings_end_it_with_one_message_that_names_them_all(command):
    ended = subprocess.run(command, env=BARE, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    assert "MVOTING_MONGODB_URI" in ended.stderr
    assert "MVOTING_SECRET" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_the_settings_of_make_run_are_printed_for_a_shell(tmp_path):
    script = f'eval "$({sys.executable} -m mvoting environment)" && echo "$MVOTING_MONGODB_URI $MVOTING_ENV"'
    environ = {"PATH": os.environ["PATH"], "PORT": "9100", "MVOTING_VAR": str(tmp_path)}
    told = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.split() == ["mongodb://127.0.0.1:9102/?replicaSet=rs0", "development"]
