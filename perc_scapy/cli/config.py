# SPDX-License-Identifier: GPL-2.0-only
"""Print a commented example configuration; redirect it to a file and edit it. docs/configuration.md has the rest."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = Path(__file__).parent / "examples"
ROLES = ("kmf", "mdd", "endpoint")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=ROLES)


def run(args: argparse.Namespace) -> int:
    print((EXAMPLES / f"{args.role}.toml").read_text(encoding="utf-8"), end="")
    return 0
