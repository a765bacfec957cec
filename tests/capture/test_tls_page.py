# SPDX-License-Identifier: GPL-2.0-only
"""docs/tls.md says what the code does: its table of suites is made from the code, its notes are those of the code."""

from __future__ import annotations

import re
import sys
from collections import defaultdict

from perc_scapy.codes import CipherSuite
from perc_scapy.crypto.tls12_reading import suite_row
from tests.project.tree import ROOT

PAGE = ROOT / "docs" / "tls.md"
START = "<!-- table of suites: tests/capture/test_tls_page.py -->\n"
END = "<!-- end of table -->"
NOTES = ("session_notes.py", "tls_notes.py")


def table() -> str:
    """A row for each record protection, with the key exchanges that there are for it."""
    rows: dict[str, list[str]] = defaultdict(list)
    for suite in CipherSuite:
        if suite_row(suite, 0xFEFD):
            exchange, _, protection = suite.name.removeprefix("TLS_").partition("_WITH_")
            rows[protection].append(exchange)
    lines = ["| protection | key exchange | DTLS 1.0, TLS 1.1 |", "|---|---|---|"]
    for protection in sorted(rows):
        old = "yes" if re.search("CBC|NULL", protection) else ""
        lines.append(f"| {protection} | {', '.join(sorted(rows[protection]))} | {old} |")
    return "\n".join(lines) + "\n"


def test_the_table_is_made_from_the_code() -> None:
    text = PAGE.read_text()
    assert text[text.index(START) + len(START) : text.index(END)] == table()


def test_the_notes_are_those_of_the_code() -> None:
    """At least three words in a row of each note stand in the code that says it."""
    code = "".join((ROOT / "perc_scapy" / "capture" / name).read_text() for name in NOTES)
    section = PAGE.read_text().partition("## What `analysis.notes` says")[2].partition("\n## ")[0]
    notes = re.findall(r"^\| `(.+?)` \|", section, re.MULTILINE)
    assert len(notes) == 15
    for note in notes:
        words = note.split()
        rows = [" ".join(words[n : n + 3]) for n in range(len(words) - 2)]
        assert any(row in code for row in rows), note


if __name__ == "__main__":
    page = PAGE.read_text()
    begin = page.index(START) + len(START)
    PAGE.write_text(page[:begin] + table() + page[page.index(END) :])
    sys.exit(0)
