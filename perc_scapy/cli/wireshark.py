# SPDX-License-Identifier: GPL-2.0-only
"""Teach Wireshark and tshark PERC: tunnel messages and the DTLS inside them, ekt_key, EKT fields, OHB.

install    put the dissector where Wireshark loads a person's Lua plugins (--uninstall takes it out again)
path       print where the dissector is, for tshark -X lua_script:FILE
show       print the dissector itself
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from perc_scapy.cli import ExitCode
from perc_scapy.cli.options import add_json
from perc_scapy.errors import ConfigError

NEXT = """\
Start Wireshark again, or in a running one: Analyze > Reload Lua Plugins.
Then open a capture that has its secrets inside, or set Preferences > Protocols > TLS > (Pre)-Master-Secret log file.
Help > About Wireshark > Plugins lists perc.lua when it was loaded."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("install", "path", "show"))
    parser.add_argument("--dir", type=Path, metavar="FOLDER",
                        help="plugin folder, instead of the one that tshark -G folders names")  # fmt: skip
    parser.add_argument("--uninstall", action="store_true", help="with install: take it out again")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    if args.action != "install" and (args.uninstall or args.dir):
        raise ConfigError("--dir and --uninstall go with install")
    if args.action == "install":
        return _install(args)
    from perc_scapy.wireshark.generate import SCRIPT

    if args.action == "show":
        print(SCRIPT.read_text(encoding="utf-8"), end="")
    else:
        print(json.dumps({"schema": 1, "path": str(SCRIPT)}) if args.json else SCRIPT)
    return ExitCode.OK


def _install(args: argparse.Namespace) -> int:
    from perc_scapy.wireshark.generate import SCRIPT
    from perc_scapy.wireshark.install import install, plugin_folder, uninstall

    folder = args.dir or plugin_folder()
    outcome = uninstall(folder) if args.uninstall else install(folder)
    target = folder / SCRIPT.name
    if args.json:
        print(json.dumps({"schema": 1, "path": str(target), "outcome": outcome}))
    else:
        print(f"{target}: {outcome}")
        if not args.uninstall:
            print(NEXT)
    return ExitCode.OK
