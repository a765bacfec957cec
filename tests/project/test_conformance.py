# SPDX-License-Identifier: GPL-2.0-only
"""Every requirement id is named by a test, or says in the table why not; docs/conformance.md is true today."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.project.tree import ROOT


@pytest.mark.timeout(240)
def test_every_id_is_covered_or_explained_and_the_page_is_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "conformance.py"), "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
