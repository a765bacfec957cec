# SPDX-License-Identifier: GPL-2.0-only
"""Rules that hold for every file: a test beside each source, sizes, and no trace of any one machine."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.project.tree import PACKAGE, ROOT, module_name, sources, tracked_files

WITHOUT_OWN_TEST = {
    # file: why no test file carries its name
    "__main__.py": "one line; every command test runs it",
}
HARD_LIMIT = 400
PURE_TABLES = {"codes.py"}


def has_code(path: Path) -> bool:
    body = ast.parse(path.read_text()).body
    return any(
        not isinstance(n, ast.Expr | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign)
        for n in body
    )


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_every_source_file_has_a_test_file(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    if str(relative) in WITHOUT_OWN_TEST or not has_code(path):
        return
    folder = ROOT / "tests" / relative.parent
    package = relative.name == "__init__.py"
    stems = [relative.parent.name, "init"] if package else [relative.stem.strip("_")]
    names = [place / f"test_{stem}.py" for stem in stems for place in (folder, folder.parent)]
    assert any(name.is_file() for name in names), f"{relative} has no {names[0].relative_to(ROOT)}"


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_no_file_outgrows_its_room(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert path.name in PURE_TABLES or lines <= HARD_LIMIT, f"{lines} lines"


HOSTS = {"www.w3.org"}
"""Hosts of URLs in tracked files: the namespace of SVG. A registry's address belongs to whoever installs."""
URL = re.compile(r"https?://([A-Za-z0-9._-]+)")


def places() -> set[str]:
    """Folders of this machine that no tracked file should know of."""
    found = {str(folder) for folder in (ROOT, ROOT.parent, Path.home(), sys.prefix)}
    return {f"{place}/" for place in found if len(place) > 1}


def test_nothing_names_this_machine_or_a_registry_host() -> None:
    for path in tracked_files():
        if path.suffix in {".pcapng", ".wav", ".png"}:
            continue
        text = path.read_text(errors="replace")
        assert set(URL.findall(text)) <= HOSTS, path.relative_to(ROOT)
        named = [place for place in places() if place in text]
        assert not named, f"{path.relative_to(ROOT)} names {named}"


def test_openssl_facing_dependencies_have_upper_bounds() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for name in ("cryptography", "pyOpenSSL"):
        assert re.search(rf'"{name}>=[\d.]+,<\d+"', text), name
