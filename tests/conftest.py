# SPDX-License-Identifier: GPL-2.0-only
"""Shared test set-up: tests that need a foreign program are skipped by name, visibly and counted, when it is absent."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

# No deadline: a test must not fail because the machine was busy. Hangs are caught by pytest-timeout.
settings.register_profile("perc", deadline=None, print_blob=True)
settings.load_profile("perc")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn `@pytest.mark.tool("tshark")` into a skip that says which program is missing."""
    for item in items:
        for mark in item.iter_markers("tool"):
            absent = [name for name in mark.args if shutil.which(name) is None]
            if absent:
                item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(absent)}"))
