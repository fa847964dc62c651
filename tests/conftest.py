"""What the tests share besides the root's ``session``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder beside the project that holds data made by others.

    A machine without it skips the test; with ``CI=true`` the test fails, so that it cannot vanish.
    """
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        reason = "The folder ../shared is missing."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
