# SPDX-License-Identifier: GPL-2.0-only
"""Make a private key (mode 0600) and a self-signed certificate, and print the fingerprint that others pin.

NAME is written as the certificate's common name; files are DIR/NAME.key and DIR/NAME.pem.
With --show FILE.pem nothing is made: the fingerprint of that certificate is printed.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from perc_scapy.cli.options import add_json
from perc_scapy.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("name", nargs="?", metavar="NAME", help="letters, digits, . _ -")
    what.add_argument("--show", type=Path, metavar="FILE", help="print a certificate's fingerprint")
    parser.add_argument("--dir", type=Path, default=Path("."), help="where (default: here)")
    parser.add_argument("--kind", choices=("ecdsa", "rsa"), default="ecdsa",
                        help="ecdsa P-256 (default) or rsa 2048")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    if args.show is not None:
        from perc_scapy.net.values import certificate_fingerprint

        _print(args.json, {"fingerprint": certificate_fingerprint(args.show)})
        return 0
    if not re.fullmatch(r"[\w.-]{1,60}", args.name) or args.name.startswith("."):
        raise ConfigError(f"{args.name!r} is no usable name: letters, digits, . _ - only")
    from perc_scapy.dtls.identity import Identity
    from perc_scapy.pcap.private import write_private

    identity = Identity.generate(args.name, kind=args.kind)
    args.dir.mkdir(parents=True, exist_ok=True)
    key, certificate = args.dir / f"{args.name}.key", args.dir / f"{args.name}.pem"
    for path in (key, certificate):
        if path.exists() and not args.force:
            raise ConfigError(f"{path} exists; --force replaces it")
    write_private(key, identity.private_key_pem())
    certificate.write_bytes(identity.certificate_pem())
    fields = {
        "certificate": str(certificate),
        "private_key": str(key),
        "fingerprint": identity.fingerprint,
    }
    _print(args.json, fields)
    return 0


def _print(as_json: bool, fields: dict[str, str]) -> None:
    if as_json:
        print(json.dumps({"schema": 1, **fields}))
        return
    for name, value in fields.items():
        print(f"{name + ':':<13}{value}" if len(fields) > 1 else value)
