# SPDX-License-Identifier: GPL-2.0-only
"""Options that several commands share, so that they look and mean the same everywhere."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.capture.keyring import Keyring

KEY_LOG_VARIABLE = "SSLKEYLOGFILE"
"""Names the key log that browsers, curl and other programs of this person write."""


def add_process_options(parser: argparse.ArgumentParser) -> None:
    """What every long-running process takes."""
    parser.add_argument("--keylog", type=Path, metavar="FILE",
                        help="append DTLS secrets (NSS key log, mode 0600)")  # fmt: skip
    parser.add_argument("--capture", type=Path, metavar="FILE",
                        help="write this process's UDP traffic (pcapng, mode 0600)")  # fmt: skip
    add_json(parser)


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """What a process takes that is told everything by its configuration."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE.toml")
    add_process_options(parser)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line on stdout")


def add_keys(parser: argparse.ArgumentParser) -> None:
    """`-k FILE`, for every command that reads captures."""
    parser.add_argument("-k", "--keys", type=Path, action="append", default=[], metavar="FILE",
                        help="key log, key tables (TOML) or a capture with secrets in it; may be given several "
                        f"times; without it, ${KEY_LOG_VARIABLE} is asked where a capture has none")  # fmt: skip


def open_keys(args: argparse.Namespace, secrets: Iterable[bytes] = ()) -> Keyring:
    """The keys of `add_keys` and the `secrets` of the capture, if they are known already. Raises `ConfigError`.

    With neither, the key log that the environment names is taken, and a line on stderr says so.
    """
    from perc_scapy.capture.keyring import Keyring

    ring = Keyring.of(args.keys)
    for text in secrets:
        ring.keylog.add_text(text)
    if not args.keys and not ring:
        _add_environment(ring)
    return ring


def _add_environment(ring: Keyring) -> None:
    """Most programs have the variable for writing, so a file that is not there yet, or holds nothing, is no mistake."""
    path = os.environ.get(KEY_LOG_VARIABLE, "")
    if not path or not Path(path).is_file():
        return
    try:
        ring.add_file(path)
    except ConfigError:
        return
    print(f"keys from ${KEY_LOG_VARIABLE}: {path}", file=sys.stderr)


@contextmanager
def naming(option: str) -> Iterator[None]:
    """What is found wrong inside is wrong with this option's value."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{option}: {error}") from None


def number_in(low: float, high: float) -> Callable[[str], float]:
    """An argparse type: a number within limits, and a message that names them."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return number
