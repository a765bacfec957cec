# SPDX-License-Identifier: GPL-2.0-only
"""What the long-running commands have in common: files opened first, then the process until a signal ends it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perc_scapy.net.driver import Shell
    from perc_scapy.net.report import Reporter

Make = Callable[["Reporter", Any, Any], "Shell"]
"""(reporter, keylog or None, tap or None) -> the process."""


def run_process(args: argparse.Namespace, role: str, make: Make) -> int:
    """Run a shell with the options of `add_process_options`; returns its exit code."""
    from perc_scapy.net.driver import Driver
    from perc_scapy.net.report import Reporter

    reporter = Reporter(sys.stdout, as_json=args.json, role=role)
    with ExitStack() as files:
        keylog = tap = None
        if args.keylog is not None:
            from perc_scapy.net.keylog import KeyLogFile

            keylog = KeyLogFile(args.keylog)
            files.callback(keylog.close)
        if args.capture is not None:
            from perc_scapy.pcap.tap import Tap

            tap = files.enter_context(Tap(args.capture, interface=role))
        return Driver(make(reporter, keylog, tap)).run()


def run_server(args: argparse.Namespace, role: str, settings: Any, process: Any) -> int:
    """Run `KmfProcess` or `MddProcess` with its settings; returns its exit code."""
    return run_process(
        args, role, lambda report, keylog, tap: process(settings, report, keylog=keylog, tap=tap)
    )
