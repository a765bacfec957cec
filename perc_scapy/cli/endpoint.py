# SPDX-License-Identifier: GPL-2.0-only
"""Join a conference: send a WAV file as G.711, record everybody heard.

Either --config FILE, or --mdd, --cert, --key and --kmf-fingerprint. Stays until --duration is over, SIGTERM (0) or
Ctrl-C (130). Exit code 1: the KMF refused; 3: nobody answered. `perc config endpoint` prints an example configuration.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.cli.options import add_process_options, naming, number_in
from perc_scapy.cli.process import run_process
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.net.config import EndpointSettings
    from perc_scapy.net.endpoint import EndpointProcess

_INSTEAD_OF_FILE = ("mdd", "cert", "key", "kmf_fingerprint")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE.toml")
    parser.add_argument("--mdd", metavar="HOST:PORT", help="the conference's address at the MDD")
    parser.add_argument("--cert", type=Path, metavar="FILE.pem", help="own certificate")
    parser.add_argument("--key", type=Path, metavar="FILE.key", help="its private key")
    parser.add_argument("--kmf-fingerprint", metavar="sha-256:…",
                        help="the only KMF accepted; also the name of its certificate .pem")  # fmt: skip
    parser.add_argument("--send", type=Path, metavar="FILE.wav", help="audio to send")
    parser.add_argument("--loop", action="store_true", default=None, help="send it again and again")
    parser.add_argument("--record", type=Path, metavar="DIR", help="a WAV for each sender heard")
    parser.add_argument("--duration", type=number_in(0, 86400 * 365), metavar="SECONDS",
                        help="leave after so long in the conference")  # fmt: skip
    add_process_options(parser)


def run(args: argparse.Namespace) -> int:
    settings = _settings(args)
    from perc_scapy.net.endpoint import EndpointProcess

    made: list[EndpointProcess] = []

    def make(report, keylog, tap):  # type: ignore[no-untyped-def]
        made.append(EndpointProcess(settings, report, keylog=keylog, tap=tap))
        return made[0]

    code = run_process(args, "endpoint", make)
    if made[0].problem is not None:
        print(f"perc endpoint: {made[0].problem}", file=sys.stderr)
    return code


def _settings(args: argparse.Namespace) -> EndpointSettings:
    given = [name for name in _INSTEAD_OF_FILE if getattr(args, name) is not None]
    if args.config is not None:
        if given:
            raise ConfigError(f"--config and {_option(given[0])} exclude each other")
        from perc_scapy.net.config import load_endpoint

        settings = load_endpoint(args.config)
    else:
        missing = [name for name in _INSTEAD_OF_FILE if name not in given]
        if missing:
            raise ConfigError(f"{_option(missing[0])} is missing (or --config)")
        settings = _from_options(args)
    names = ("send", "record", "loop", "duration")
    changes = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    settings = dataclasses.replace(settings, **changes)
    if args.loop and settings.send is None:
        raise ConfigError("--loop needs --send (or send in the configuration)")
    return settings


def _from_options(args: argparse.Namespace) -> EndpointSettings:
    from perc_scapy.net.address import parse_address
    from perc_scapy.net.config import EndpointSettings
    from perc_scapy.net.values import fingerprint_or_file, load_identity
    from perc_scapy.roles.endpoint.config import EndpointConfig

    with naming("--mdd"):
        mdd = parse_address(args.mdd, zero=False)
    identity = load_identity(args.cert, args.key)
    with naming("--kmf-fingerprint"):
        kmf = fingerprint_or_file(args.kmf_fingerprint)
    return EndpointSettings(EndpointConfig(identity=identity, kmf_fingerprint=kmf), mdd)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
