# SPDX-License-Identifier: GPL-2.0-only
"""Each source file carries its SPDX line, and the Scapy-free parts really are free of Scapy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.tree import PACKAGE, ROOT, imports, module_name, sources, tracked_files

BSD_ROOMS = ("codes", "errors", "wire", "crypto", "dtls")
GPL, BSD = "GPL-2.0-only", "BSD-3-Clause"
SUFFIXES = {".py", ".sh", ".toml", ".md", ".lua"}
EXEMPT = {"CHANGELOG.md", "README.md"}


def declared(path: Path) -> str:
    head = path.read_text(errors="replace")[:400]
    return (
        head.split("SPDX-License-Identifier: ", 1)[1].split()[0] if "SPDX-License" in head else ""
    )


@pytest.mark.parametrize(
    "path",
    [p for p in tracked_files() if p.suffix in SUFFIXES and p.name not in EXEMPT],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_each_file_names_its_licence(path: Path) -> None:
    assert declared(path) in (GPL, BSD)


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_licence_fits_the_room(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    expected = BSD if parts[0] in (*BSD_ROOMS, "__init__") else GPL
    assert declared(path) == expected


def test_bsd_files_reach_no_scapy_or_boofuzz_through_any_import() -> None:
    modules = {module_name(path): path for path in sources()}
    for name, path in modules.items():
        if declared(path) != BSD:
            continue
        seen, todo = set(), [name]
        while todo:
            current = todo.pop()
            if current in seen or current not in modules:
                continue
            seen.add(current)
            used = imports(modules[current])
            bad = {u for u in used if u.split(".")[0] in ("scapy", "boofuzz")}
            assert not bad, f"{name} reaches {bad} through {current}"
            todo += used


def test_licence_texts_are_there() -> None:
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSES" / f"{GPL}.txt").read_text()
    assert "Redistribution and use" in (ROOT / "LICENSES" / f"{BSD}.txt").read_text()
