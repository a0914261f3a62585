"""The reference data is here, or one skip says that it is not; in CI that is a failure."""

import os

import pytest

from tests.reference import reference_folder


def test_the_reference_data_is_here():
    if reference_folder() is not None:
        return
    absent = "reference data is absent: set MVOTING_REFERENCE_DATA or put it at ../shared/data; what needs it is left out"
    pytest.fail(absent) if os.environ.get("CI") == "true" else pytest.skip(absent)
