# SPDX-License-Identifier: GPL-2.0-only
"""Options that several commands share, so that they look and mean the same everywhere."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from perc_scapy.errors import ConfigError


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
