"""The app's own files: packed for whoever takes them so, all of them known to the service worker and asked for at once."""

import gzip
import re

import pytest

from app import assets

BASE = f"/app/{assets.version()}"
SCRIPTS = {f"{BASE}/{path.name}" for path in assets.STATIC.glob("*.js") if path.name != "sw.js"} | {f"{BASE}/mvoting.mjs"}


@pytest.mark.parametrize("path", ["/", "/sw.js", "/app/words.js", "/app/mvoting.mjs", "/app/app.css", "/app/icon.svg"])
def test_a_file_comes_packed_or_plain_and_only_once(client, path):
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.content_length == len(packed.data) <= len(plain.data)
    assert packed.content_type == plain.content_type
    assert packed.headers["ETag"] != plain.headers["ETag"]
    for answer, asked in ((plain, {}), (packed, {"Accept-Encoding": "gzip"})):
        assert "Accept-Encoding" in answer.headers["Vary"]
        again = client.get(path, headers={**asked, "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["/app/none.js", "/app/../pages.py", "/app/..%2fpages.py"])
def test_what_is_no_file_of_the_app_is_not_given(client, path):
    assert client.get(path, headers={"Accept-Encoding": "gzip"}).status_code == 404


def test_the_first_page_asks_at_once_for_what_it_needs_and_the_worker_keeps_everything(client):
    index = client.get("/").get_data(as_text=True)
    asked = set(re.findall(r'(?:modulepreload" href|module" src)="([^"]+)"', index))
    assert asked == {f"{BASE}/app.js", *(f"{BASE}/{name}" for name in assets.needed_first())}
    assert {f"{BASE}/polls.js", f"{BASE}/mvoting.mjs"} < asked < SCRIPTS
    kept = set(re.findall(r'"(/app/[\w./]+)"', client.get("/sw.js").get_data(as_text=True)))
    assert kept == SCRIPTS | {f"{BASE}/{name}" for name in ("app.css", "icon.svg", "manifest.json")}
    for address in re.findall(r'"(/[\w./]+)"', index):
        assert client.get(address).status_code == 200, address


def test_a_file_is_asked_for_once_and_never_stale(client):
    """Under the hash of what it holds for ever; the two files that name the others are looked after each time."""
    for_ever = client.get(f"{BASE}/words.js").headers["Cache-Control"]
    assert ("immutable" in for_ever, "max-age=31536000" in for_ever) == (True, True)
    for address in ("/", "/sw.js", f"/app/{'0' * 16}/words.js"):
        assert client.get(address).headers["Cache-Control"] == "no-cache", address
    assert client.get(f"/app/{'0' * 16}/words.js").data == client.get(f"{BASE}/words.js").data, "a page of another release"


def test_the_app_stays_small(client):
    def packed(addresses):
        return sum(len(client.get(address, headers={"Accept-Encoding": "gzip"}).data) for address in addresses)

    first = {f"{BASE}/{name}" for name in ("app.js", "app.css", *assets.needed_first())}
    assert packed({"/", *first}) < 45_000
    assert packed({"/", f"{BASE}/app.css", *SCRIPTS}) < 90_000


def test_every_page_that_the_frame_loads_later_is_there(client):
    frame = client.get(f"{BASE}/app.js").get_data(as_text=True)
    named = set(re.search(r"const MODULES = \[(.*?)\]", frame).group(1).replace('"', "").split(", "))
    used = set(re.findall(r'later\("(\w+)", "(\w+)"\)', frame))
    assert {module for module, _ in used} == named
    for module, page in used:
        text = client.get(f"{BASE}/{module}.js").get_data(as_text=True)
        assert re.search(rf"export (async )?function {page}\(", text), (module, page)
