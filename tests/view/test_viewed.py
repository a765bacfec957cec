# SPDX-License-Identifier: GPL-2.0-only
"""What is needed of a packet's view: the view has it, and nobody below the view knows more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from perc_scapy import view
from perc_scapy.view.packets import PacketView
from perc_scapy.view.viewed import Viewed

FOLDER = Path(view.__file__).parent
NEEDED = [name for name in vars(Viewed) if not name.startswith("_")]


def test_a_view_has_all_of_it() -> None:
    packet = PacketView(1, 0.0, "a", "b", [])
    assert len(NEEDED) == 10
    assert all(hasattr(packet, name) for name in NEEDED)


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("root", ["perc_scapy.view.packets"])
def test_what_a_view_calls_upon_does_not_know_it(root: str) -> None:
    """Imports inside functions and those for types count, too."""
    seen, waiting = set(), [root]
    while waiting:
        name = waiting.pop()
        path = FOLDER.parent.parent / (name.replace(".", "/"))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        found = {each for each in _imported(path) if each.startswith("perc_scapy.view.")}
        assert root not in found, name
        waiting += sorted(found - seen)
        seen |= found
    assert "perc_scapy.view.html.packet" in seen
