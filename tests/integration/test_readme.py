"""README's commands by hand, run as they stand there."""

import json
import re
import subprocess
import time

import httpx
import pytest

from mvoting.stack.environment import ROOT


@pytest.mark.slow
def test_the_story_by_hand_with_curl_works_as_written(stack):
    (block,) = re.findall(r"## By hand\n\n```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    deadline = time.monotonic() + 30
    while len(httpx.get(f"{stack.address}/v1/polls?state=open").json()["items"]) < 2:
        assert time.monotonic() < deadline, "the seeded polls open"
        time.sleep(0.2)
    script = block.replace("http://127.0.0.1:8000", stack.address)
    done = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    decoder, text, answers = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        answer, end = decoder.raw_decode(text)
        answers.append(answer)
        text = text[end:].lstrip()
    voted, refused = answers
    assert voted["revision"] == 1
    assert voted["receipt"]["signature"]
    assert refused["code"] == "voting.revision-conflict"
    assert refused["title"].isascii()  # English was asked for
