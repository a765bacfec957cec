# SPDX-License-Identifier: GPL-2.0-only
"""Run an MDD (RFC 8871: Media Distributor): relays DTLS to the KMF and media between participants.

Ends at SIGTERM (0) or Ctrl-C (130). `perc config mdd` prints an example configuration.
"""

from __future__ import annotations

import argparse

from perc_scapy.cli.options import add_server_options as configure
from perc_scapy.cli.process import run_server

__all__ = ["configure", "run"]


def run(args: argparse.Namespace) -> int:
    from perc_scapy.net.config import load_mdd

    settings = load_mdd(args.config)
    from perc_scapy.net.mdd import MddProcess

    return run_server(args, "mdd", settings, MddProcess)
