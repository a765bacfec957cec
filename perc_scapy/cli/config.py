# SPDX-License-Identifier: GPL-2.0-only
"""Print a commented example configuration; redirect it to a file and edit it. docs/configuration.md has the rest."""

from __future__ import annotations

import argparse
from pathlib import Path

from perc_scapy.cli.terminal import writing_stdout

EXAMPLES = Path(__file__).parent / "examples"
ROLES = ("kmf", "mdd", "endpoint")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=ROLES)


def run(args: argparse.Namespace) -> int:
    with writing_stdout():
        print(example(args.role), end="")
    return 0


def example(role: str) -> str:
    """The example of a role, without the line on the licence of this project's own files."""
    text = (EXAMPLES / f"{role}.toml").read_text(encoding="utf-8")
    return "".join(line for line in text.splitlines(keepends=True) if "SPDX" not in line)
