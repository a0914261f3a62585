"""Reference data of elections and alerts that nobody here made; not part of the repository."""

import os
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent.parent
_CANDIDATES = (_HERE.parent / "shared" / "data", _HERE.parent.parent / "shared" / "data")


def reference_folder() -> Path | None:
    """Find the folder: MVOTING_REFERENCE_DATA, else `shared/data` beside the repository."""
    named = os.environ.get("MVOTING_REFERENCE_DATA")
    places = (Path(named),) if named else _CANDIDATES
    return next((place for place in places if place.is_dir()), None)


def reference_data(path: str) -> Path:
    """Give a reference file's path. Absent, the test is skipped by name; in CI (`CI=true`) it fails."""
    folder = reference_folder()
    if folder is not None and (folder / path).exists():
        return folder / path
    reason = f"reference data {path} is not on this machine"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
