# SPDX-License-Identifier: GPL-2.0-only
"""Notebooks are stored without outputs, and are all run by `make test` (with nbmake)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.project.tree import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, object]]:
    return list(json.loads(path.read_text())["cells"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_outputs_are_stored(path: Path) -> None:
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_licence_is_named(path: Path) -> None:
    assert "SPDX-License-Identifier: GPL-2.0-only" in "".join(cells(path)[0]["source"])  # type: ignore[arg-type]


def test_make_test_runs_them() -> None:
    assert "--nbmake" in (ROOT / "Makefile").read_text()
    assert len(NOTEBOOKS) >= 3
