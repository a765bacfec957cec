# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from tests.net.processes import Place


@pytest.fixture
def place(tmp_path):
    """A folder with certificates for kmf, mdd and a few people; its processes are gone after the test."""
    made = Place(tmp_path)
    made.certificate("kmf", "mdd", "alice", "bob", "carol", "stranger")
    yield made
    made.clean()
