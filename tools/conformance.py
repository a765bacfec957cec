# SPDX-License-Identifier: GPL-2.0-only
"""Writes docs/conformance.md: every requirement id with the tests that name it, or the reason why none does."""

from __future__ import annotations

import contextlib
import io
import sys
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
PAGE = ROOT / "docs" / "conformance.md"


def requirements() -> dict[str, dict[str, str]]:
    """The table of perc_scapy/requirements.toml: id -> level, source, statement, open."""
    return tomllib.loads((ROOT / "perc_scapy" / "requirements.toml").read_text())


class Collector:
    """A pytest plugin that notes which test file names which requirement id."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Called once, after collection."""
        for item in items:
            for mark in item.iter_markers("req"):
                for name in mark.args:
                    self.found[name].add(str(item.path.relative_to(TESTS)))


@cache
def marked_ids() -> dict[str, set[str]]:
    """Requirement ids named by `@pytest.mark.req(...)`, with the test files that name them."""
    collector = Collector()
    options = ["--collect-only", "-p", "no:xdist", str(TESTS)]
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main(options, plugins=[collector])
    if code:
        raise SystemExit(f"the tests cannot be collected (pytest says {code})")
    return dict(collector.found)


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


def problems() -> list[str]:
    """What is wrong: ids that nobody knows, that no test names, that are named and yet called open."""
    marks, table = marked_ids(), requirements()
    found = [
        f"unknown id {name} in {sorted(marks[name])}" for name in sorted(set(marks) - set(table))
    ]
    for name, row in table.items():
        if name not in marks and "open" not in row:
            found.append(f"no test names {name}")
        if name in marks and "open" in row:
            found.append(f"{name} is called open but {sorted(marks[name])} names it")
    return found


def main() -> int:
    """Write the page, or with --check say whether it is current and the table complete."""
    wrong = problems()
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text() != page():
            wrong.append("docs/conformance.md is out of date: run python tools/conformance.py")
    else:
        PAGE.write_text(page())
        print(page().splitlines()[3])
    print("\n".join(wrong), file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
