# SPDX-License-Identifier: GPL-2.0-only
"""Run a KMF (RFC 8871: Key Distributor): authenticates participants through MDDs and gives out keys.

Ends at SIGTERM (0) or Ctrl-C (130). `perc config kmf` prints an example configuration.
"""

from __future__ import annotations

import argparse

from perc_scapy.cli.options import add_server_options as configure
from perc_scapy.cli.process import run_server

__all__ = ["configure", "run"]


def run(args: argparse.Namespace) -> int:
    from perc_scapy.net.config import load_kmf

    settings = load_kmf(args.config)
    from perc_scapy.net.kmf import KmfProcess

    return run_server(args, "kmf", settings, KmfProcess)
