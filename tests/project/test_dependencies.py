# SPDX-License-Identifier: GPL-2.0-only
"""The dependency direction of docs/architecture.md, read from the imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.tree import PACKAGE, imports, module_name, sources

BASE = {"codes", "errors", "wire"}
CORE = BASE | {"layers", "crypto", "dtls", "tunnel"}
READ = CORE | {"pcap", "capture"}

MAY_IMPORT = {
    "errors": set(),
    "codes": set(),
    "wire": {"codes", "errors"},
    "layers": BASE,
    "crypto": BASE,
    "dtls": BASE | {"crypto"},
    "tunnel": BASE | {"crypto", "dtls", "layers"},
    "roles": CORE,
    "media": {"errors"},
    "sim": CORE | {"roles", "media"},
    "pcap": BASE,
    "capture": CORE | {"pcap"},
    "view": READ,
    "plain": READ | {"media"},
    "keys": READ,
    "explain": READ,
    "compare": READ | {"view"},
    "conform": READ,
    "golden": READ | {"view", "conform"},
    "wireshark": BASE | {"layers"},
    "tables": READ | {"view", "conform"},
    "net": CORE | {"roles", "media", "pcap", "capture"},
}
MAY_IMPORT["workbench"] = set(MAY_IMPORT) - {"roles", "sim", "net"}
MAY_IMPORT["cli"] = set(MAY_IMPORT)
ROOM_SENTENCE = PACKAGE.parent / "docs" / "architecture.md"


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "perc_scapy" else ""


def own_imports(path: Path) -> set[str]:
    return {room(name) for name in imports(path)} - {""}


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_direction(path: Path) -> None:
    here = room(module_name(path))
    if here in ("", "__main__"):
        assert own_imports(path) <= {"cli", "__version__"}
        return
    forbidden = own_imports(path) - MAY_IMPORT[here] - {here, "__version__"}
    assert not forbidden, f"{module_name(path)} may not import {sorted(forbidden)}"


def test_no_import_circle() -> None:
    modules = {module_name(path): path for path in sources()}
    graph = {
        name: {used for used in imports(path) if used in modules and used != name}
        for name, path in modules.items()
    }
    # A package's __init__ re-exports its modules: it counts as above them, so edges up to an ancestor are no circle.
    graph = {n: {u for u in used if not n.startswith(u + ".")} for n, used in graph.items()}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for used in graph[name]:
                walk(used, (*trail, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def test_scapy_all_is_never_imported() -> None:
    for path in sources():
        assert not {n for n in imports(path) if n.startswith("scapy.all")}, path


SANS_IO = ("codes", "errors", "wire", "layers", "crypto", "dtls", "tunnel", "roles", "sim", "view")
DRAWS = {
    "sim",  # a seeded generator is what the simulated network is made of
    "layers",  # fuzz() draws values the way Scapy does
}
WORLD = {"socket", "asyncio", "selectors", "time", "random", "secrets", "subprocess", "threading"}


def test_the_core_touches_no_socket_clock_or_uninjected_randomness() -> None:
    for path in sources():
        here = room(module_name(path))
        if here not in SANS_IO:
            continue
        touched = imports(path) & WORLD
        if here in DRAWS:
            touched -= {"random"}
        assert not touched, f"{module_name(path)} imports {sorted(touched)}"


def test_every_room_is_described() -> None:
    text = ROOM_SENTENCE.read_text()
    for folder in sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py")):
        assert f"`{folder}/`" in text, f"docs/architecture.md does not say what {folder}/ is for"
