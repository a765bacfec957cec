# SPDX-License-Identifier: GPL-2.0-only
"""Shared test set-up: tests that need a foreign program are skipped by name, visibly and counted, when it is absent."""

from __future__ import annotations

import shutil

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn `@pytest.mark.tool("tshark")` into a skip that says which program is missing."""
    for item in items:
        for mark in item.iter_markers("tool"):
            absent = [name for name in mark.args if shutil.which(name) is None]
            if absent:
                item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(absent)}"))
