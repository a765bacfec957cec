# SPDX-License-Identifier: GPL-2.0-only
"""Writes docs/conformance.md: every requirement id with the tests that name it, or the reason why none does."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "conformance.md"


def requirements() -> dict[str, dict[str, str]]:
    """The table of perc_scapy/requirements.toml: id -> level, source, statement, open."""
    return tomllib.loads((ROOT / "perc_scapy" / "requirements.toml").read_text())


def marked_ids(tests: Path = ROOT / "tests") -> dict[str, set[str]]:
    """Requirement ids named by `@pytest.mark.req(...)`, with the test files that name them."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(tests.rglob("test_*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.req")):
                continue
            for argument in call.args:
                for name in (
                    ast.literal_eval(argument) if _is_tuple(argument) else [_text(argument)]
                ):
                    found[name].add(str(path.relative_to(tests)))
    return found


def _is_tuple(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple | ast.List)


def _text(node: ast.expr) -> str:
    node = node.value if isinstance(node, ast.Starred) else node
    return str(ast.literal_eval(node)) if isinstance(node, ast.Constant) else ast.unparse(node)


def page() -> str:
    """The whole page as Markdown."""
    marks, table = marked_ids(), requirements()
    covered = sum(1 for name in table if marks.get(name))
    lines = [
        "<!-- SPDX-License-Identifier: GPL-2.0-only -->",
        "# Conformance",
        "",
        f"{covered} of {len(table)} requirement ids are covered by a test that names them. "
        "Written by `python tools/conformance.py`; a test fails when this page is out of date.",
        "Level: the document's own word; *is* = stated as fact, *imp* = implied, *flow* = a step of the message flows.",
        "",
        "| id | level | source | statement | tests, or why there is none |",
        "|---|---|---|---|---|",
    ]
    for name, row in table.items():
        proof = ", ".join(f"`{path}`" for path in sorted(marks.get(name, ())))
        statement = row["statement"].replace("|", "\\|")
        lines.append(
            f"| {name} | {row['level']} | {row['source']} | {statement} "
            f"| {proof or '*' + row.get('open', 'NOT COVERED') + '*'} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text() != page())
    PAGE.write_text(page())
    print(page().splitlines()[3])
