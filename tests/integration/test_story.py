"""The product's heartbeat on a real stack: README's commands by hand as they stand there, and the story of `mvoting demo`."""

import json
import re
import subprocess
import sys
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


@pytest.mark.slow
def test_the_story_is_told_to_its_end(stack):
    demo = [sys.executable, "-m", "mvoting", "demo"]
    done = subprocess.run(demo, cwd=ROOT, env=stack.env, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "the audit trail names" in done.stdout.replace("\n", " ")


@pytest.mark.slow
def test_an_election_file_voted_anew_counts_as_it_does_from_the_file(stack, tmp_path):
    path = tmp_path / "park.csv"
    path.write_text("rank1,rank2,rank3\n" + "Forest,River,\n" * 10 + "River,Forest,Hill\n" * 8 + "Hill,River,\n" * 6)

    def told(command):
        python = [sys.executable, "-m", "mvoting", command, str(path), "--method", "irv"]
        done = subprocess.run(python, cwd=ROOT, env=stack.env, capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    replayed, counted = told("replay"), told("tally")
    assert replayed["winners"] == counted["winners"] == ["River"]
    assert [closed["totals"] for closed in replayed["rounds"]] == [closed["totals"] for closed in counted["rounds"]]
    assert replayed["ballots"] == 24
