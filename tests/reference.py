"""Reference data of elections and alerts that nobody here made; not part of the repository."""

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_BESIDE = (_ROOT.parent / "shared" / "data", _ROOT.parents[1] / "shared" / "data")


def reference_folder() -> Path | None:
    """Find the folder: MVOTING_REFERENCE_DATA, else `shared/data` beside the repository."""
    named = os.environ.get("MVOTING_REFERENCE_DATA")
    places = (Path(named),) if named else _BESIDE
    return next((place for place in places if place.is_dir()), None)


def reference_data(path: str) -> Path:
    """Give a reference file's path, in a test that asks for the fixture of the same name."""
    folder = reference_folder()
    if folder is None:
        raise FileNotFoundError("the reference data is absent; tests that need it use the fixture reference_data")
    return folder / path
