# SPDX-License-Identifier: GPL-2.0-only
"""Run a KMF (RFC 8871: Key Distributor): authenticates participants through MDDs and gives out keys.

Ends at SIGTERM (0) or Ctrl-C (130). `perc config kmf` prints an example configuration.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from perc_scapy.cli.options import add_process_options
from perc_scapy.cli.process import run_process


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE.toml")
    add_process_options(parser)


def run(args: argparse.Namespace) -> int:
    from perc_scapy.net.config import load_kmf

    settings = load_kmf(args.config)
    from perc_scapy.net.kmf import KmfProcess

    return run_process(
        args,
        "kmf",
        lambda report, keylog, tap: KmfProcess(settings, report, keylog=keylog, tap=tap),
    )
